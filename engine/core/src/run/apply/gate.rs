//! What becomes of a gate: samples, a streak, and its end.

use crate::run::graph::Work;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{Doubt, FailedReason, Record, RecordKind, State, UnknownReason};

impl State {
    pub(super) fn apply_gate(&mut self, task: TaskIndex, record: &Record) {
        let stamp = Self::stamp(record);
        match &record.kind {
            RecordKind::GateOpened { .. } => {
                let ms = match self.graph.work(task) {
                    Work::Gate(gate) => gate.timeout_ms,
                    _ => 0,
                };
                let is = self.task_mut(task);
                is.streak = 0;
                is.round = 1;
                is.reached = false;
                is.began = Some(stamp.clone());
                is.timer = Some((stamp, ms));
                self.transition(task, TaskState::Gating);
            }
            RecordKind::GateSampled { sample, streak, unreachable, .. } => {
                let is = self.task_mut(task);
                is.sample = *sample;
                is.streak = *streak;
                is.reached |= !unreachable;
            }
            RecordKind::GateHeld { .. } => {
                self.transition(task, TaskState::Succeeded);
            }
            RecordKind::GateTimedOut { last, unreachable, bad, .. } => {
                self.task_mut(task).bad_hosts.clone_from(bad);
                let to = if *unreachable {
                    TaskState::Unknown { reason: UnknownReason::Unanswered { why: last.clone() }, doubt: Doubt::Person }
                } else {
                    TaskState::Failed(FailedReason::GateTimeout { last: last.clone() })
                };
                self.transition(task, to);
            }
            RecordKind::GateOverridden { .. } => {
                self.exceptions += 1;
                self.transition(task, TaskState::Succeeded);
            }
            _ => {}
        }
    }
}
