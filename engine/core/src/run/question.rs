//! What an ask says. Which words it offers, and what must be typed, is in `decide/ask.rs`.

use super::graph::Work;
use super::task::{Doubt, TaskIndex, TaskState};
use super::{AskKind, State, describe, describe_unknown};

impl State {
    /// What an ask about an instance says now, with what is known of it.
    pub(super) fn question(&self, task: TaskIndex, kind: AskKind) -> String {
        let title = self.graph.step(task).map_or_else(|| "gate".to_owned(), |s| self.words(task, &s.title));
        match (kind, self.graph.work(task), &self.task(task).state) {
            (AskKind::Pause, Work::Pause(text), _) => self.words(task, text),
            (AskKind::Manual, Work::Manual(manual), _) => self.words(task, &manual.text),
            (AskKind::Approve, ..) => title,
            (AskKind::Verify, ..) => format!("{title}: did it do what it should?"),
            (AskKind::Failure, _, TaskState::Failed(reason)) => format!("{title}: {}", describe(reason)),
            (AskKind::GateTimeout, _, TaskState::Failed(reason)) => format!("{title}: {}", describe(reason)),
            (AskKind::Unknown, _, TaskState::Unknown { reason, doubt: Doubt::Target }) => {
                format!("{title}: nobody knows, the host is asked again: {}", describe_unknown(reason))
            }
            (AskKind::Unknown | AskKind::GateTimeout, _, TaskState::Unknown { reason, .. }) => {
                format!("{title}: nobody knows: {}", describe_unknown(reason))
            }
            (AskKind::Timeout, ..) => format!("{title}: has run for as long as it may"),
            (AskKind::Stuck, ..) => format!("{title}: its undo failed"),
            _ => title,
        }
    }
}
