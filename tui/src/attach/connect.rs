//! Reaching the engine of a run.

use std::time::{Duration, Instant};

use banister_runtime::control::{Client, ControlError};
use banister_runtime::state::{RunDir, RunState, RunSummary};

use crate::exit_code;
use crate::failure::Failure;

/// How long an engine that holds the run may take to make its socket.
const STARTING: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Connects; an engine that has just begun is waited for.
pub(super) fn connect(run: &RunDir) -> Result<Client, Failure> {
    let deadline = Instant::now() + STARTING;
    loop {
        match Client::connect(run) {
            Ok(client) => return Ok(client),
            Err(ControlError::NotLive(_)) if run.is_running()? && Instant::now() < deadline => {
                std::thread::sleep(LOOK_EVERY);
            }
            Err(ControlError::NotLive(_)) => return Err(not_live(run)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What can be done with a run that has no engine.
fn not_live(run: &RunDir) -> Failure {
    let id = run.id();
    let (how, hint) = match RunSummary::of(run).state {
        RunState::Running(_) => ("its engine holds it and cannot be reached".to_owned(), "try again".to_owned()),
        RunState::Interrupted => ("its engine is gone".to_owned(), format!("resume it: banister resume {id}")),
        RunState::Drained(exit) => (format!("its engine ended ({exit})"), format!("resume it: banister resume {id}")),
        RunState::Finished(exit) => {
            (format!("it is over, and ended with {exit}"), format!("`banister timeline {id}` shows it"))
        }
        RunState::NeverStarted => {
            ("its engine died before it began".to_owned(), format!("resume it: banister resume {id}"))
        }
        RunState::Unreadable(why) => (format!("it cannot be read: {why}"), String::new()),
    };
    Failure::new(exit_code::UNAVAILABLE, format!("run {id} is not live: {how}")).hint(hint)
}
