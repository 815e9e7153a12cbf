//! `banister output`: prints what a step wrote.

use banister_core::plan::{Segment, StepPath};
use banister_core::run::{EffectKey, ExitCode, Purpose, Record, RecordKind, StreamInfo};
use banister_runtime::journal;
use banister_runtime::output::{StoredStream, StreamKind};

use crate::cli::OutputArgs;
use crate::exit_code;
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn output(args: &OutputArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    let step = StepPath::parse(&args.step).map_err(|error| Failure::new(exit_code::USAGE, error.to_string()))?;
    let records = journal::read(&run.journal_path())?.records;
    let key = choose(&records, &step, args.host.as_deref(), args.attempt, run.id().as_str())?;
    let stream = if args.stderr { StreamKind::Stderr } else { StreamKind::Stdout };
    let recorded = recorded(&records, &key, stream);
    match StoredStream::open(&run.out_path(), &key, stream)? {
        Some(mut stored) => {
            terminal::printed(&mut stored)?;
            if let Some(info) = recorded.filter(|info| info.cut) {
                let bytes = info.bytes;
                terminal::talk(&format!("note: {bytes} bytes in all, only the first and the last part is kept"));
            }
        }
        None => match recorded {
            Some(info) if info.bytes > 0 => {
                let message = format!("{} bytes of {stream} were printed, none of them is kept", info.bytes);
                return Err(Failure::new(exit_code::NO_INPUT, message));
            }
            _ => terminal::talk(&format!("note: nothing on {stream}")),
        },
    }
    Ok(ExitCode::DONE)
}

/// The attempt that is meant: the last of the step's own command, or of a gate's samples, where it has none.
fn choose(
    records: &[Record],
    step: &StepPath,
    host: Option<&str>,
    attempt: Option<u32>,
    run: &str,
) -> Result<EffectKey, Failure> {
    let intents: Vec<EffectKey> = records
        .iter()
        .filter_map(|record| match &record.kind {
            RecordKind::StepIntended { path, host, purpose, attempt, .. } => Some(EffectKey {
                run: run.to_owned(),
                path: path.clone(),
                host: host.clone(),
                purpose: *purpose,
                attempt: *attempt,
            }),
            _ => None,
        })
        .collect();
    let mut meant: Vec<&EffectKey> = intents
        .iter()
        .filter(|key| key.path == *step || without_hosts(&key.path) == *step.segments())
        .filter(|key| host.is_none_or(|host| key.host.as_str() == host))
        .collect();
    if meant.iter().any(|key| key.purpose == Purpose::Main) {
        meant.retain(|key| key.purpose == Purpose::Main);
    }
    let mut places: Vec<String> = meant.iter().map(|key| format!("{} on {}", key.path, key.host)).collect();
    places.sort();
    places.dedup();
    if places.len() > 1 {
        let message = format!("`{step}` ran in {} places: {}", places.len(), places.join(", "));
        return Err(Failure::new(exit_code::USAGE, message).hint("give its host, or the whole path"));
    }
    meant.retain(|key| attempt.is_none_or(|attempt| key.attempt == attempt));
    meant.last().copied().cloned().ok_or_else(|| {
        let which = attempt.map_or_else(String::new, |n| format!(", attempt {n}"));
        let place = host.map_or_else(String::new, |host| format!(" on {host}"));
        let message = format!("this run has sent no command for `{step}`{place}{which}");
        Failure::new(exit_code::NO_INPUT, message).hint("`banister log RUN` shows every step with its path")
    })
}

fn without_hosts(path: &StepPath) -> Vec<Segment> {
    path.segments().iter().filter(|segment| !matches!(segment, Segment::Host(_))).cloned().collect()
}

/// What the records say about a stream.
fn recorded<'a>(records: &'a [Record], key: &EffectKey, stream: StreamKind) -> Option<&'a StreamInfo> {
    records.iter().rev().find_map(|record| {
        let (path, purpose, attempt, stdout, stderr) = match &record.kind {
            RecordKind::StepSucceeded { path, purpose, attempt, stdout, stderr, .. } => {
                (path, purpose, attempt, Some(stdout), Some(stderr))
            }
            RecordKind::StepFailed { path, purpose, attempt, stdout, stderr, .. } => {
                (path, purpose, attempt, stdout.as_ref(), stderr.as_ref())
            }
            _ => return None,
        };
        let same = *path == key.path && *purpose == key.purpose && *attempt == key.attempt;
        same.then_some(if stream == StreamKind::Stdout { stdout } else { stderr }).flatten()
    })
}

#[cfg(test)]
mod tests {
    use banister_core::run::{Actor, BootId};
    use banister_core::runbook::HostName;
    use chrono::DateTime;

    use super::*;

    fn intended(path: &str, host: &str, purpose: Purpose, attempt: u32) -> Record {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        let kind = RecordKind::StepIntended {
            path: StepPath::parse(path).unwrap(),
            host: HostName::new(host).unwrap(),
            purpose,
            attempt,
            digest: String::new(),
            values: Default::default(),
        };
        let (boot, actor) = (BootId("b".into()), Actor::Engine {});
        Record { v: 1, seq: 1, batch: 1, at, recorded: at, boot, elapsed: 0, actor, kind }
    }

    fn check(step: &str, host: Option<&str>, attempt: Option<u32>, expect: &str) {
        let records = [
            intended("make/@a", "a", Purpose::Main, 1),
            intended("make/@a", "a", Purpose::Verify, 1),
            intended("make/@a", "a", Purpose::Main, 2),
            intended("roll/@a/stop", "a", Purpose::Main, 1),
            intended("roll/@b/stop", "b", Purpose::Main, 1),
            intended("roll/#1/gate", "a", Purpose::Sample, 1),
            intended("roll/#1/gate", "a", Purpose::Sample, 2),
        ];
        let found = choose(&records, &StepPath::parse(step).unwrap(), host, attempt, "r");
        assert_eq!(found.map_or_else(|failure| failure.message, |key| key.to_string()), expect);
    }

    #[test]
    fn the_last_attempt_of_the_steps_own_command() {
        check("make", None, None, "r/make/@a:main#2");
        check("make/@a", None, None, "r/make/@a:main#2");
        check("make", None, Some(1), "r/make/@a:main#1");
        check("roll/@b/stop", None, None, "r/roll/@b/stop:main#1");
        check("roll/stop", Some("a"), None, "r/roll/@a/stop:main#1");
        check("roll/#1/gate", None, None, "r/roll/#1/gate/@a:sample#2");
    }

    #[test]
    fn what_is_not_there_or_not_clear_is_said() {
        check("make", None, Some(3), "this run has sent no command for `make`, attempt 3");
        check("make", Some("b"), None, "this run has sent no command for `make` on b");
        check("roll/stop", None, None, "`roll/stop` ran in 2 places: roll/@a/stop on a, roll/@b/stop on b");
    }
}
