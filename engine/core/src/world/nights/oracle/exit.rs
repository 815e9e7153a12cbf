//! Which exit code fits what is true.

use super::{Check, Oracle};
use crate::plan::StepPath;
use crate::run::ExitCode;
use crate::world::nights::facts::{Facts, Role};

impl Oracle {
    /// The exit code must fit what is true; of several the first of DESIGN's order.
    pub(super) fn check_exit(&self, facts: &Facts, exit: ExitCode, is_drained: bool) -> Check {
        let fail = |why: &str| Err(format!("the run ended with {exit} although {why}"));
        if exit == ExitCode::BUG {
            return fail("nothing is wrong but the run itself: it got stuck");
        }
        let is_whole = self.started && facts.of_step.keys().all(|step| self.step_is_over(facts, *step));
        if let Some(path) = self.unknown.first() {
            return if exit == ExitCode::UNKNOWN { Ok(()) } else { fail(&format!("{path} is unknown")) };
        }
        if exit == ExitCode::UNKNOWN {
            // A gate or a reading command may be what nobody could see; what changes never is.
            let is_read = facts.tasks.values().any(|f| !f.effect.changes());
            return if is_read { Ok(()) } else { fail("every outcome is known") };
        }
        if !self.stuck.is_empty() {
            return if exit == ExitCode::UNDO_FAILED { Ok(()) } else { fail("an undo failed") };
        }
        if self.aborted {
            return if exit == ExitCode::ABORTED { Ok(()) } else { fail("it was aborted") };
        }
        let is_broken = |p: &&StepPath| {
            !facts.tasks[*p].is_gate && !facts.tasks[*p].is_approve && !matches!(facts.tasks[*p].role, Role::Undo(_))
        };
        if let Some(path) = self.failed.iter().filter(|p| facts.tasks[*p].role != Role::Precondition).find(is_broken) {
            return if exit == ExitCode::FAILED { Ok(()) } else { fail(&format!("{path} failed")) };
        }
        if is_drained {
            return Ok(());
        }
        match (is_whole, self.exceptions + self.excluded.len() as u32) {
            (true, 0) if exit == ExitCode::DONE => Ok(()),
            (true, 1..) if exit == ExitCode::DONE_WITH_EXCEPTIONS => Ok(()),
            (true, n) if !self.stopped => fail(&format!("everything is over, with {n} exceptions")),
            (false, _) if !self.stopped && self.started && !self.rechecking => {
                fail("steps are left and nobody stopped it")
            }
            (false, _) if matches!(exit, ExitCode::DONE | ExitCode::DONE_WITH_EXCEPTIONS) => fail("steps are left"),
            _ => Ok(()),
        }
    }
}
