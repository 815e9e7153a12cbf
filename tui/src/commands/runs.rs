//! `banister runs`: lists runs.

use banister_core::run::{Awaited, ExitCode};
use banister_core::source::visible;
use banister_runtime::control::survey;
use banister_runtime::state::{RunState, RunSummary};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::awaited::awaited;
use crate::cli::{Format, RunsArgs};
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn runs(args: &RunsArgs) -> Result<ExitCode, Failure> {
    let state = select::state(&args.state)?;
    let list = survey(&state)?;
    match args.format {
        Format::Human if list.is_empty() => terminal::talk(&format!("no runs yet in {}", state.path().display())),
        Format::Human => terminal::data(&table(&list))?,
        Format::Json => {
            let rows: Vec<Row> = list.iter().map(Row::of).collect();
            let text = serde_json::to_string_pretty(&rows)
                .map_err(|error| Failure::new(ExitCode::BUG, format!("cannot write the list as JSON: {error}")))?;
            terminal::data(&format!("{text}\n"))?;
        }
    }
    Ok(ExitCode::DONE)
}

/// How a run stands: a word for programs, the code where it has one, and a sentence for people.
fn standing(run: &RunSummary) -> (&'static str, Option<u8>, String) {
    let by = run.by.as_ref().map_or_else(String::new, |by| format!(", started by {}", visible(by)));
    let moment = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%SZ").to_string();
    match &run.state {
        RunState::Running(holder) => {
            let process = holder.as_ref().map_or_else(String::new, |holder| format!(", process {}", holder.pid));
            if let Some((since, what)) = awaited(run) {
                return ("waits", None, format!("waits for a person since {}: {what}{process}{by}", moment(since)));
            }
            let since = holder.as_ref().map_or_else(String::new, |holder| format!(" since {}", moment(holder.since)));
            let silent = if run.awaited.is_none() { "; it does not say whether it waits for a person" } else { "" };
            ("running", None, format!("running{since}{process}{by}{silent}"))
        }
        RunState::Interrupted => ("interrupted", None, "interrupted: its engine died, resume it".to_owned()),
        RunState::Drained(exit) => ("drained", Some(exit.0), format!("drained ({exit}), can be resumed")),
        RunState::Finished(ExitCode::DONE) => ("finished", Some(0), "done".to_owned()),
        RunState::Finished(exit) => ("finished", Some(exit.0), format!("ended with {exit}")),
        RunState::NeverStarted => ("never_started", None, "never started: its engine died first".to_owned()),
        RunState::Unreadable(why) => ("unreadable", None, format!("cannot be read: {why}")),
    }
}

/// Ids are cut to what still names one run, at least eight digits.
fn table(list: &[RunSummary]) -> String {
    let clash = |len: usize| {
        let mut heads: Vec<&str> = list.iter().filter_map(|run| run.id.as_str().get(..len)).collect();
        heads.sort_unstable();
        heads.windows(2).any(|pair| pair[0] == pair[1])
    };
    let len = (8..32).find(|len| !clash(*len)).unwrap_or(32);
    let width = |of: fn(&RunSummary) -> Option<&str>| list.iter().filter_map(of).map(str::len).max().unwrap_or(1);
    let (runbooks, environments) = (width(|run| run.runbook.as_deref()), width(|run| run.environment.as_deref()));
    let line = |run: &RunSummary| {
        let began = run.began.map_or_else(|| "-".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string());
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        format!(
            "{}  {began:<20}  {:<environments$}  {:<runbooks$}  {}\n",
            run.id.as_str().get(..len).unwrap_or_default(),
            text(&run.environment),
            text(&run.runbook),
            standing(run).2
        )
    };
    list.iter().map(line).collect()
}

#[derive(Serialize)]
struct Row<'a> {
    run: &'a str,
    began: Option<String>,
    environment: Option<&'a str>,
    runbook: Option<&'a str>,
    by: Option<&'a str>,
    state: &'static str,
    exit: Option<u8>,
    says: String,
    awaited: Option<&'a [Awaited]>,
}

impl<'a> Row<'a> {
    fn of(run: &'a RunSummary) -> Self {
        let (state, exit, says) = standing(run);
        Self {
            run: run.id.as_str(),
            began: run.began.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            environment: run.environment.as_deref(),
            runbook: run.runbook.as_deref(),
            by: run.by.as_deref(),
            state,
            exit,
            says,
            awaited: run.awaited.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use banister_core::plan::StepPath;
    use banister_core::run::{Actor, AskKind, AwaitedKind};
    use banister_runtime::state::{Holder, RunId};

    use super::*;

    fn run(id: &str, runbook: Option<&str>, state: RunState) -> RunSummary {
        let id = RunId::parse(&format!("{id:0<32}")).unwrap();
        let began = runbook.map(|_| "2026-05-01T12:00:00Z".parse().unwrap());
        let environment = runbook.map(|_| "local".to_owned());
        let by = runbook.map(|_| "alice".to_owned());
        RunSummary { id, began, runbook: runbook.map(str::to_owned), environment, by, state, awaited: None }
    }

    #[test]
    fn one_line_a_run() {
        let since = "2026-05-01T12:04:10Z".parse().unwrap();
        let ask =
            |path: &str, kind| Awaited { since, kind: AwaitedKind::Ask { path: StepPath::parse(path).unwrap(), kind } };
        let held_by = Actor::Person { uid: Some(1001), name: "al\u{1b}ce".to_owned(), groups: Vec::new() };
        let hold = Awaited { since, kind: AwaitedKind::Continue { held_by } };
        let holder = Holder { pid: 42, since: "2026-05-01T12:00:01Z".parse().unwrap() };
        let list = [
            run("aaaaaaaa1", Some("restart-nginx"), RunState::Interrupted),
            run("aaaaaaaa2", Some("first"), RunState::Finished(ExitCode::DONE)),
            run("b", None, RunState::NeverStarted),
            run("c", Some("first"), RunState::Drained(ExitCode::DRAINED)),
            RunSummary {
                awaited: Some(Vec::new()),
                ..run("d", Some("first"), RunState::Running(Some(holder.clone())))
            },
            run("e", Some("first"), RunState::Running(None)),
            RunSummary {
                awaited: Some(vec![
                    ask("restart/@web-2/nginx", AskKind::Failure),
                    ask("restart/@web-3/nginx", AskKind::Unknown),
                    ask("@web-1", AskKind::Lock),
                ]),
                ..run("f", Some("first"), RunState::Running(Some(holder.clone())))
            },
            RunSummary { awaited: Some(vec![hold]), ..run("9", Some("first"), RunState::Running(Some(holder))) },
        ];
        let expect = "\
aaaaaaaa1  2026-05-01 12:00:00Z  local  restart-nginx  interrupted: its engine died, resume it
aaaaaaaa2  2026-05-01 12:00:00Z  local  first          done
b00000000  -                     -      -              never started: its engine died first
c00000000  2026-05-01 12:00:00Z  local  first          drained (51), can be resumed
d00000000  2026-05-01 12:00:00Z  local  first          running since 2026-05-01 12:00:01Z, process 42, started by alice
e00000000  2026-05-01 12:00:00Z  local  first          running, started by alice; it does not say whether it waits for a person
f00000000  2026-05-01 12:00:00Z  local  first          waits for a person since 2026-05-01 12:04:10Z: ASK restart/@web-2/nginx +2 more, process 42, started by alice
900000000  2026-05-01 12:00:00Z  local  first          waits for a person since 2026-05-01 12:04:10Z: HELD by al\\x1bce, process 42, started by alice
";
        assert_eq!(table(&list), expect);
    }
}
