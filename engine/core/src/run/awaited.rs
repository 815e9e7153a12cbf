//! What a run waits for a person for: what a list of runs says, where there is no room for the run itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, AskKind, Stamp, State};
use crate::plan::StepPath;

/// A hold that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who holds the run: a person, or the engine for want of something, which a note before it names.
    pub by: Actor,
    /// Since when.
    pub since: Stamp,
}

/// One thing that a run waits for a person for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// Since when.
    pub since: DateTime<Utc>,
    /// What it is.
    pub kind: AwaitedKind,
}

/// What a person must do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwaitedKind {
    /// Answer an ask.
    Ask {
        /// The instance that asks; for a lock the host itself.
        path: StepPath,
        /// What kind of ask.
        kind: AskKind,
    },
    /// Let a held run go on.
    Continue {
        /// Who holds it. A person's name comes from outside: pass it through `visible`.
        held_by: Actor,
    },
}

impl State {
    /// What the run waits for a person for, what has waited longest first. Other steps may run meanwhile: an ask that
    /// nobody answers is one that the run comes to in the end. A hold is left out where the run ends without a `continue`.
    #[must_use]
    pub fn awaited(&self) -> Vec<Awaited> {
        // Whoever goes on with these must resume the run, and is then asked again.
        if self.finished.is_some() || self.drained.is_some() {
            return Vec::new();
        }
        let ends_by_itself = self.aborted.is_some() || self.draining.is_some();
        let hold = self
            .held
            .iter()
            .filter(|_| !ends_by_itself)
            .map(|hold| Awaited { since: hold.since.wall, kind: AwaitedKind::Continue { held_by: hold.by.clone() } });
        let asks = self.asks.values().map(|ask| Awaited {
            since: ask.since.wall,
            kind: AwaitedKind::Ask { path: ask.id.path.clone(), kind: ask.kind },
        });
        let mut all: Vec<Awaited> = hold.chain(asks).collect();
        all.sort_by_key(|awaited| awaited.since);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Command, DrainReason, Input, RunningAtAbort, Word};
    use super::*;

    /// `PATH (Kind)` or `continue (who)`, each with the second since when.
    fn awaited(bench: &Bench) -> Vec<String> {
        let says = |awaited: Awaited| {
            let since = awaited.since.format("%H:%M:%S");
            match awaited.kind {
                AwaitedKind::Ask { path, kind } => format!("{since} {path} ({kind:?})"),
                AwaitedKind::Continue { held_by } => format!("{since} continue ({held_by})"),
            }
        };
        bench.run.state().awaited().into_iter().map(says).collect()
    }

    fn command(bench: &mut Bench, command: Command) {
        bench.say(Input::Commanded { actor: operator(), command }).expect("it is taken");
    }

    fn failing() -> Bench {
        let mut bench = Bench::start(rolling(3, 0));
        assert_eq!(awaited(&bench), [""; 0], "a run that goes on waits for nobody");
        bench.run_all(|request| ended(i32::from(request.key.path.to_string() == "roll/@web-1/restart"), ""));
        bench
    }

    #[test]
    fn an_ask_is_waited_at_until_it_is_answered() {
        let mut bench = failing();
        let since = bench.ask().since.wall.format("%H:%M:%S").to_string();
        assert_eq!(awaited(&bench), [format!("{since} roll/@web-1/restart (Failure)")]);
        bench.answer(Word::Retry).expect("it is taken");
        assert_eq!(awaited(&bench), [""; 0]);
    }

    #[test]
    fn a_hold_is_waited_at_until_somebody_continues_and_stands_behind_what_waits_longer() {
        let mut bench = failing();
        command(&mut bench, Command::Hold);
        let both = awaited(&bench);
        assert!(both[0].ends_with(" roll/@web-1/restart (Failure)"), "{both:?}");
        assert!(both[1].ends_with(" continue (alice)"), "{both:?}");
        assert!(both[0] < both[1], "{both:?}");
        command(&mut bench, Command::Continue);
        assert_eq!(awaited(&bench), both[..1]);
    }

    #[test]
    fn a_hold_of_the_engine_is_the_engines() {
        let mut bench = Bench::start(rolling(1, 0));
        bench.say(Input::Halted { why: "web-1 waits for an ssh agent".to_owned() }).expect("it is taken");
        let all = awaited(&bench);
        assert!(all.len() == 1 && all[0].ends_with(" continue (engine)"), "{all:?}");
    }

    #[test]
    fn what_ends_by_itself_waits_for_no_continue_and_what_is_over_for_nobody() {
        for end in [
            Input::Drain { reason: DrainReason::Signal },
            Input::Commanded { actor: operator(), command: Command::Abort { running: RunningAtAbort::Wait } },
        ] {
            let mut bench = Bench::start(rolling(1, 0));
            command(&mut bench, Command::Hold);
            assert_eq!(awaited(&bench).len(), 1);
            bench.say(end.clone()).expect("it is taken");
            assert_eq!(awaited(&bench), [""; 0], "{end:?}");
            bench.run_all(|_| ended(0, ""));
            let state = bench.run.state();
            assert!(state.finished().or(state.drained()).is_some(), "{end:?}");
        }
        let mut bench = failing();
        bench.say(Input::Drain { reason: DrainReason::Signal }).expect("it is taken");
        assert!(bench.run.state().drained().is_some());
        assert_eq!(bench.run.state().asks().count(), 1, "it is asked again after a resume");
        assert_eq!(awaited(&bench), [""; 0]);
    }
}
