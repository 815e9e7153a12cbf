//! Attempts and their outcomes, and hosts that are left out.

use std::collections::BTreeSet;

use super::{Check, Oracle, Verdict};
use crate::plan::{Plan, StepPath};
use crate::run::{Actor, Purpose, Record};
use crate::runbook::HostName;
use crate::world::nights::facts::{Facts, Role};

impl Oracle {
    pub(super) fn see_intended(
        &mut self,
        facts: &Facts,
        plan: &Plan,
        record: &Record,
        path: &StepPath,
        purpose: Purpose,
        attempt: u32,
    ) -> Check {
        // A preview for an approval to come leaves the step itself where it is.
        let is_right_before = facts.tasks[path].allowed_by.iter().all(|a| self.approvals.contains_key(a));
        if purpose == Purpose::Main || (purpose == Purpose::Preview && is_right_before) {
            self.retrying.remove(path);
        }
        match purpose {
            Purpose::Main => {
                let fact = &facts.tasks[path];
                // A reading command whose engine was gone is read again: it had begun.
                let is_read_again = !fact.effect.changes() && attempt > 1;
                if !is_read_again || self.aborted {
                    self.check_begin(facts, plan, path)?;
                    self.check_trouble(facts, path)?;
                }
                self.check_repeat(facts, path, attempt)?;
                if fact.effect.changes() && fact.host.as_ref().is_some_and(|host| self.locked.contains(host)) {
                    return Err(format!("{path} is sent to a host that another run has"));
                }
                if let Some(times) = self.lost_starts.get(path).filter(|times| **times > 2) {
                    return Err(format!("{path} is sent once more although {times} starts of it never came"));
                }
                self.check_destroy(facts, path, record)?;
                if self.retries.remove(path) {
                    self.automatic.insert(path.clone(), 0);
                }
                *self.automatic.entry(path.clone()).or_default() += 1;
                self.failed.remove(path);
                self.last.insert(path.clone(), (attempt, Verdict::Unknown));
                if fact.effect.changes()
                    && let Some(top) = fact.top
                {
                    for (approve, granted) in &mut self.approvals {
                        if facts.allows(*approve, top) {
                            granted.used = true;
                        }
                    }
                }
                Ok(())
            }
            Purpose::Preview if self.aborted => Err(format!("{path} is previewed after an abort")),
            Purpose::Verify | Purpose::Preview | Purpose::Sample => Ok(()),
        }
    }

    pub(super) fn see_succeeded(
        &mut self,
        facts: &Facts,
        path: &StepPath,
        purpose: Purpose,
        attempt: u32,
        digest: &str,
    ) {
        match purpose {
            Purpose::Main => {
                self.outcomes.insert((path.clone(), attempt));
                self.unknown.remove(path);
                self.failed.remove(path);
                self.last.insert(path.clone(), (attempt, Verdict::Succeeded));
                if !facts.tasks[path].has_verify {
                    self.see_over(path, true);
                }
            }
            Purpose::Verify if self.unknown.contains(path) => {}
            Purpose::Verify => self.see_over(path, true),
            Purpose::Preview => {
                self.previews.insert(path.clone(), digest.to_owned());
            }
            Purpose::Sample => {}
        }
    }

    pub(super) fn see_failed(&mut self, facts: &Facts, path: &StepPath, attempt: u32, verdict: Verdict) {
        let fact = &facts.tasks[path];
        self.outcomes.insert((path.clone(), attempt));
        self.unknown.remove(path);
        let is_out = fact.host.as_ref().is_some_and(|h| self.excluded.contains(h));
        if is_out && matches!(fact.role, Role::Top | Role::Inner { .. }) {
            self.failed.remove(path);
        } else {
            self.failed.insert(path.clone());
        }
        self.resumable.remove(path);
        if fact.effect.changes()
            && let Some(last) = self.last.get_mut(path)
        {
            last.1 = verdict;
        }
    }

    pub(super) fn see_over(&mut self, path: &StepPath, refunds: bool) {
        self.unknown.remove(path);
        self.failed.remove(path);
        self.stuck.remove(path);
        self.granted.remove(path);
        if refunds {
            self.counted.remove(path);
        }
        self.done.insert(path.clone());
    }

    pub(super) fn see_excluded(&mut self, facts: &Facts, record: &Record, in_roll: bool, host: &HostName) -> Check {
        if in_roll && matches!(record.actor, Actor::Engine {}) {
            // The engine leaves a host out by itself only within the budget.
            let rolls: BTreeSet<u32> = self
                .failed
                .iter()
                .filter(|p| facts.tasks[*p].host.as_ref() == Some(host))
                .filter_map(|p| facts.tasks[p].roll())
                .collect();
            if rolls.is_empty() {
                return Err(format!("{host} was left out although nothing failed there"));
            }
            for path in &self.failed {
                if facts.tasks[path].host.as_ref() == Some(host) && facts.tasks[path].roll().is_some() {
                    self.counted.insert(path.clone());
                }
            }
            for roll in rolls {
                let counted: BTreeSet<&HostName> = self
                    .counted
                    .iter()
                    .filter(|p| facts.tasks[*p].roll() == Some(roll))
                    .filter_map(|p| facts.tasks[p].host.as_ref())
                    .collect();
                let budget = facts.budgets[&roll];
                if counted.len() > budget as usize {
                    return Err(format!("{host} was left out with a budget of {budget}, {counted:?} count"));
                }
            }
        }
        self.excluded.insert(host.clone());
        self.retrying.retain(|path| facts.tasks[path].host.as_ref() != Some(host));
        let is_here = |path: &StepPath| facts.tasks[path].host.as_ref() == Some(host);
        self.failed.retain(|path| !is_here(path) || self.stopped_by.contains(path));
        Ok(())
    }
}
