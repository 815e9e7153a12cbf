//! `banister runs`: lists runs.

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_runtime::state::{RunState, RunSummary};
use chrono::SecondsFormat;
use serde::Serialize;

use crate::cli::{Format, RunsArgs};
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn runs(args: &RunsArgs) -> Result<ExitCode, Failure> {
    let state = select::state(&args.state)?;
    let list = state.list()?;
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
    match &run.state {
        RunState::Running(Some(holder)) => {
            let since = holder.since.format("%Y-%m-%d %H:%M:%SZ");
            ("running", None, format!("running since {since}, process {}{by}", holder.pid))
        }
        RunState::Running(None) => ("running", None, format!("running{by}")),
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
        }
    }
}

#[cfg(test)]
mod tests {
    use banister_runtime::state::{Holder, RunId};

    use super::*;

    fn run(id: &str, runbook: Option<&str>, state: RunState) -> RunSummary {
        let id = RunId::parse(&format!("{id:0<32}")).unwrap();
        let began = runbook.map(|_| "2026-05-01T12:00:00Z".parse().unwrap());
        let environment = runbook.map(|_| "local".to_owned());
        let by = runbook.map(|_| "alice".to_owned());
        RunSummary { id, began, runbook: runbook.map(str::to_owned), environment, by, state }
    }

    #[test]
    fn one_line_a_run() {
        let holder = Holder { pid: 42, since: "2026-05-01T12:00:01Z".parse().unwrap() };
        let list = [
            run("aaaaaaaa1", Some("restart-nginx"), RunState::Interrupted),
            run("aaaaaaaa2", Some("first"), RunState::Finished(ExitCode::DONE)),
            run("b", None, RunState::NeverStarted),
            run("c", Some("first"), RunState::Drained(ExitCode::DRAINED)),
            run("d", Some("first"), RunState::Running(Some(holder))),
        ];
        let expect = "\
aaaaaaaa1  2026-05-01 12:00:00Z  local  restart-nginx  interrupted: its engine died, resume it
aaaaaaaa2  2026-05-01 12:00:00Z  local  first          done
b00000000  -                     -      -              never started: its engine died first
c00000000  2026-05-01 12:00:00Z  local  first          drained (51), can be resumed
d00000000  2026-05-01 12:00:00Z  local  first          running since 2026-05-01 12:00:01Z, process 42, started by alice
";
        assert_eq!(table(&list), expect);
    }
}
