//! Reaching the engine of a run.

use std::time::{Duration, Instant};

use banister_runtime::control::{Client, ControlError, Welcome};
use banister_runtime::driver::Wanted;
use banister_runtime::state::{RunDir, RunState, RunSummary};

use crate::exit_code;
use crate::failure::Failure;

/// How long an engine that holds the run may take to make its socket.
const STARTING: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Connects and attaches; an engine that has just begun is waited for. `None`: no engine holds the run.
pub(super) fn connect(run: &RunDir, watch: bool, output: Wanted) -> Result<Option<(Welcome, Client)>, Failure> {
    let deadline = Instant::now() + STARTING;
    loop {
        let attached = Client::connect(run).and_then(|mut client| {
            let welcome = client.attach(0, watch, output.clone())?;
            Ok((welcome, client))
        });
        match attached {
            Ok(attached) => return Ok(Some(attached)),
            Err(ControlError::NotLive(_)) if !run.is_running()? => return Ok(None),
            // It comes, or it goes: its socket is there a moment later than its lock, and gone a moment earlier.
            Err(ControlError::NotLive(_) | ControlError::Io { .. }) if Instant::now() < deadline => {
                std::thread::sleep(LOOK_EVERY);
            }
            Err(ControlError::NotLive(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What can be done with a run that has no engine.
pub(super) fn not_live(run: &RunDir) -> Failure {
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
