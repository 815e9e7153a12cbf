//! How outcomes changed: *unknown* that was settled, *failed* that worked when it was tried again.

use std::collections::BTreeMap;

use super::model::Change;
use crate::plan::StepPath;
use crate::run::{Record, RecordKind, TaskState};
use crate::view::{RunView, path_of};

/// The words each step has gone through.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes(BTreeMap<StepPath, Vec<(String, Option<String>)>>);

impl Changes {
    /// Notes what a record did to the steps it is about; the view has taken it.
    pub(super) fn note(&mut self, view: &RunView, record: &Record) {
        if let RecordKind::HostExcluded { host, .. } = &record.kind {
            let graph = view.state().graph();
            let Some(host) = graph.find_host(host) else { return };
            for task in &graph.on_host[host.0 as usize] {
                // What had not begun has nothing to change from.
                if self.0.contains_key(graph.path(*task)) {
                    self.push(view, graph.path(*task), false);
                }
            }
            return;
        }
        let is_verdict = matches!(
            record.kind,
            RecordKind::StepSucceeded { .. }
                | RecordKind::StepFailed { .. }
                | RecordKind::StepNotStarted { .. }
                | RecordKind::StepCancelled { .. }
                | RecordKind::StepUnknown { .. }
                | RecordKind::StepSettled { .. }
                | RecordKind::StepSkipped { .. }
                | RecordKind::StepDoneByHand { .. }
                | RecordKind::StepCompleted { .. }
                | RecordKind::UndoFinished { .. }
                | RecordKind::GateHeld { .. }
                | RecordKind::GateTimedOut { .. }
                | RecordKind::GateOverridden { .. }
        );
        if is_verdict && let Some(path) = path_of(&record.kind) {
            self.push(view, path, true);
        }
    }

    /// Two failures one after the other are two attempts; any other word twice is one.
    fn push(&mut self, view: &RunView, path: &StepPath, fails_again: bool) {
        let Some(task) = view.state().graph().find(path) else { return };
        let state = &view.state().task(task).state;
        let is_bad = matches!(state, TaskState::Failed(_) | TaskState::Unknown { .. } | TaskState::Stuck);
        if !state.is_satisfied() && !is_bad {
            return;
        }
        let (word, why) = view.word(task);
        let words = self.0.entry(path.clone()).or_default();
        let again = fails_again && matches!(state, TaskState::Failed(_));
        if again || words.last().map(|(last, _)| last.as_str()) != Some(word) {
            words.push((word.to_owned(), why));
        }
    }

    /// The steps whose outcome changed, by name.
    pub(super) fn into_changes(self) -> Vec<Change> {
        let changed = self.0.into_iter().filter(|(_, words)| words.len() > 1);
        changed.map(|(path, words)| Change { path, words }).collect()
    }
}
