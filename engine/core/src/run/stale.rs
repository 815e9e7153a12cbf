//! What a long gap makes stale: the last gate before everything that has not begun.

use std::collections::BTreeSet;

use super::State;
use super::graph::Work;
use super::task::{TaskIndex, TaskState};
use crate::plan::{Action, StepIndex};

impl State {
    /// The gates that held right before what is still to do, one walk back from every step that is not over. A gate that a
    /// person overrode did not hold: looking again would only ask the same person the same thing.
    pub(super) fn stale_gates(&self) -> Vec<TaskIndex> {
        let (mut gates, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for step in (0..self.steps.len()).map(|i| StepIndex(u32::try_from(i).unwrap_or(u32::MAX))) {
            if self.steps[step.0 as usize].units_left == 0 {
                continue;
            }
            let before = self.rolls.get(&step).and_then(|roll| roll.current.checked_sub(1));
            match before.and_then(|batch| self.graph.batch_gate(step, batch)) {
                Some(gate) => drop(gates.insert(gate)),
                None => self.walk_back(step, &mut gates, &mut seen),
            }
        }
        gates.into_iter().filter(|gate| self.has_held(*gate)).collect()
    }

    fn walk_back(&self, step: StepIndex, gates: &mut BTreeSet<TaskIndex>, seen: &mut BTreeSet<StepIndex>) {
        if !seen.insert(step) {
            return;
        }
        for &need in &self.graph.top(step).needs {
            // What is not over has a walk of its own.
            if self.steps[need.0 as usize].units_left > 0 {
                continue;
            }
            match &self.graph.top(need).action {
                Action::Gate(_) => gates.extend(self.graph.of_step[need.0 as usize].clone().map(TaskIndex)),
                Action::Roll(roll) if roll.gate.is_some() => {
                    let last = u32::try_from(roll.batches.len()).unwrap_or(u32::MAX).checked_sub(1);
                    gates.extend(last.and_then(|batch| self.graph.batch_gate(need, batch)));
                }
                _ => self.walk_back(need, gates, seen),
            }
        }
    }

    fn has_held(&self, gate: TaskIndex) -> bool {
        let is = self.task(gate);
        let needed = match self.graph.work(gate) {
            Work::Gate(gate) => gate.samples,
            _ => return false,
        };
        // Where every host has been left out there is nothing to look at.
        is.state == TaskState::Succeeded && is.streak >= needed && !self.gate_hosts(gate).is_empty()
    }

    /// Whether everything that is looked at again after a gap is good again, or a person has gone on without it.
    pub(super) fn is_fresh(&self) -> bool {
        self.again.iter().all(|task| self.task(*task).state.is_satisfied())
    }
}
