//! What a gap makes stale: preconditions, and the gates before what is not over.

use std::collections::BTreeSet;

use super::Oracle;
use crate::plan::{Plan, StepPath};
use crate::world::nights::facts::{Facts, Role};

impl Oracle {
    /// The gates that held last before what is not over.
    pub(super) fn stale(&self, facts: &Facts, plan: &Plan) -> BTreeSet<StepPath> {
        let mut gates = BTreeSet::new();
        let mut open: Vec<(u32, bool)> = (0..plan.steps.len() as u32).map(|step| (step, true)).collect();
        while let Some((step, is_origin)) = open.pop() {
            let is_over = self.step_is_over(facts, step);
            if is_origin == is_over {
                continue;
            }
            // Its own gates: the last before the first that is not over, or the last of all.
            let of = &facts.of_step[&step];
            let own: Vec<&StepPath> = of.iter().filter(|path| facts.tasks[*path].is_gate).collect();
            let is_inner = |path: &StepPath| matches!(facts.tasks[path].role, Role::Inner { .. });
            let own: Vec<&StepPath> = own.into_iter().filter(|path| !is_inner(path)).collect();
            let passed: Vec<&StepPath> = own.iter().copied().filter(|path| self.is_over(facts, path)).collect();
            let is_roll = facts.budgets.contains_key(&step);
            match (is_roll, passed.last()) {
                (true, Some(last)) => drop(gates.insert((*last).clone())),
                (false, Some(_)) if !is_origin => gates.extend(passed.into_iter().cloned()),
                _ => open.extend(plan.steps[step as usize].needs.iter().map(|need| (need.0, false))),
            }
        }
        let is_left = |gate: &&StepPath| facts.gate_hosts(gate).iter().any(|host| !self.excluded.contains(host));
        gates.intersection(&self.held_gates).filter(is_left).cloned().collect()
    }

    pub(super) fn recheck(&mut self, facts: &Facts) {
        for path in &facts.preconditions {
            // A host that is left out is not looked at any more.
            if facts.tasks[path].host.as_ref().is_none_or(|h| !self.excluded.contains(h)) {
                self.done.remove(path);
            }
        }
    }
}
