//! What may begin now, and what may begin again: needs, batches, trouble beside it, attempts, approvals.

use super::{Check, Oracle, Verdict};
use crate::plan::{EffectClass, Plan, StepPath};
use crate::run::Record;
use crate::world::nights::facts::{Facts, Role};

impl Oracle {
    /// Whether an instance may begin now: its needs, its batch, the run's mood.
    pub(super) fn check_begin(&self, facts: &Facts, plan: &Plan, path: &StepPath) -> Check {
        let fact = facts.tasks.get(path).ok_or_else(|| format!("{path} is not in the plan"))?;
        let fail = |what: &str| Err(format!("{path} began {what}"));
        if self.aborted {
            return fail("after an abort");
        }
        if self.draining {
            return fail("after draining began");
        }
        if self.held {
            return fail("while the run was held");
        }
        if self.finished.is_some() {
            return fail("after the end");
        }
        if let Role::Undo(of) = &fact.role {
            return if self.undoing.contains(of) { Ok(()) } else { fail("although nothing is undone") };
        }
        if self.stopped {
            return fail("after a stop");
        }
        if fact.role != Role::Precondition && (!self.started || self.rechecking) {
            return fail("before the run's checks held");
        }
        if fact.host.as_ref().is_some_and(|h| self.excluded.contains(h)) && fact.role != Role::Precondition {
            return fail("on an excluded host");
        }
        if let Some(top) = fact.top {
            for need in &plan.steps[top as usize].needs {
                if !self.step_is_over(facts, need.0) {
                    return fail(&format!("before {} was over", plan.steps[need.0 as usize].id));
                }
            }
        }
        match &fact.role {
            Role::Inner { roll, batch, needs } => {
                for need in needs {
                    if !self.is_over(facts, need) {
                        return fail(&format!("before {need} was over"));
                    }
                }
                self.check_batches(facts, path, *roll, *batch)?;
            }
            Role::BatchGate { roll, batch } => {
                self.check_batches(facts, path, *roll, *batch)?;
                for other in facts.of_batch(*roll, *batch) {
                    if other != path && !self.is_over(facts, other) {
                        return fail(&format!("before {other} was over"));
                    }
                }
            }
            Role::Precondition | Role::Top | Role::Undo(_) => {}
        }
        Ok(())
    }

    fn check_batches(&self, facts: &Facts, path: &StepPath, roll: u32, batch: u32) -> Check {
        for earlier in 0..batch {
            for other in facts.of_batch(roll, earlier) {
                if !self.is_over(facts, other) {
                    return Err(format!("{path} began before {other} of an earlier batch was over"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_trouble(&self, facts: &Facts, path: &StepPath) -> Check {
        let Role::Inner { roll, .. } = facts.tasks[path].role else { return Ok(()) };
        if self.granted.contains(path) {
            return Ok(());
        }
        for other in self.unknown.iter().chain(&self.failed).chain(&self.stuck) {
            let is_beside = matches!(facts.tasks[other].role, Role::Inner { roll: r, .. } if r == roll);
            if is_beside && other != path {
                return Err(format!("{path} began beside {other}, which nobody has settled"));
            }
        }
        Ok(())
    }

    pub(super) fn check_repeat(&self, facts: &Facts, path: &StepPath, attempt: u32) -> Check {
        let fact = &facts.tasks[path];
        if !fact.effect.changes() {
            return Ok(());
        }
        let Some((before, verdict)) = self.last.get(path) else {
            return if attempt == 1 { Ok(()) } else { Err(format!("{path} began with attempt {attempt}")) };
        };
        if attempt != before + 1 {
            return Err(format!("{path}: attempt {attempt} after attempt {before}"));
        }
        if self.retries.contains(path) {
            return Ok(());
        }
        let is_declared = self.automatic.get(path).copied().unwrap_or(0) < fact.attempts;
        match (verdict, fact.effect) {
            (Verdict::NotStarted, _) => Ok(()),
            (Verdict::Failed, EffectClass::Repeatable) if is_declared => Ok(()),
            _ => Err(format!("{path} ran again after {verdict:?}, and nobody asked for it")),
        }
    }

    pub(super) fn check_destroy(&self, facts: &Facts, path: &StepPath, record: &Record) -> Check {
        let fact = &facts.tasks[path];
        if fact.effect != EffectClass::Destroy {
            return Ok(());
        }
        for approve in &fact.allowed_by {
            let Some(granted) = self.approvals.get(approve) else {
                return Err(format!("{path} destroys without its approval"));
            };
            let age_ms = if granted.boot == record.boot.0 {
                (record.elapsed - granted.elapsed) / 1_000_000
            } else {
                u64::try_from(record.recorded.timestamp_millis() - granted.wall_ms).unwrap_or(0)
            };
            if !granted.used && age_ms > 15 * 60 * 1000 {
                return Err(format!("{path} destroys {age_ms} ms after its approval"));
            }
            let now = self.previews.get(path);
            if now.is_none() || now != granted.previews.get(path) {
                return Err(format!("{path} destroys other things than were approved: {now:?}"));
            }
        }
        Ok(())
    }
}
