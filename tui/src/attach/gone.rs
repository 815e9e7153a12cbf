//! The connection has ended without a word: how does the run stand?

use std::time::{Duration, Instant};

use banister_core::run::ExitCode;
use banister_runtime::control::{Client, Hearer, Teller, Welcome};
use banister_runtime::driver::Wanted;
use banister_runtime::state::RunDir;

use crate::failure::Failure;

/// How long is looked before it is said that an engine holds the run and does not speak. One that is gone is known as soon
/// as the kernel has let go of its lock: milliseconds, or on a loaded machine seconds after its socket.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What became of the engine.
pub(super) enum Fate {
    /// Nobody holds the run any more; the journal says how it stands.
    Over,
    /// An engine holds it, and here is a new connection to it.
    Back(Teller, Hearer, Box<Welcome>),
    /// An engine holds it and does not speak.
    Mute,
}

/// Looks until it is clear. A killed engine lets go of socket and lock in one moment, in either order.
pub(super) fn fate(run: &RunDir, seq: u64, watch: bool) -> Fate {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // What cannot be looked at is not held.
        if !run.is_running().unwrap_or(false) {
            return Fate::Over;
        }
        let again = Client::connect(run).and_then(|mut client| {
            let welcome = client.attach(seq, watch, Wanted::All {})?;
            let (teller, hearer) = client.split()?;
            Ok(Fate::Back(teller, hearer, Box::new(welcome)))
        });
        if let Ok(back) = again {
            return back;
        }
        if Instant::now() > deadline {
            return Fate::Mute;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// An engine that was killed. Its run can be resumed, as after a drain.
pub(super) fn killed(run: &RunDir) -> Failure {
    let id = run.id();
    let message = format!("the engine of run {id} is gone (killed?); what it had started on hosts runs on");
    Failure::new(ExitCode::DRAINED, message).hint(format!("resume it: banister resume {id}"))
}

/// An engine that holds the run and does not answer.
pub(super) fn mute(run: &RunDir) -> Failure {
    let id = run.id();
    let who = run.holder().map_or_else(String::new, |holder| format!(" (process {})", holder.pid));
    let message = format!("the engine of run {id} does not answer any more, but still holds the run{who}");
    Failure::new(crate::exit_code::UNAVAILABLE, message).hint(format!("try again: banister attach {id}"))
}
