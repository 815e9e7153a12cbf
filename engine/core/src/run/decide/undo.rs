//! Undoing one step: its undo steps in order, and the state a failed undo leaves.

use crate::plan::OnFailure;
use crate::run::batch::Batch;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{AskKind, Phase, RecordKind};

impl Batch<'_> {
    pub(in crate::run) fn start_undo(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        self.engine(RecordKind::UndoStarted { path });
        self.next_undo(task);
    }

    /// Goes on with an undo: its next step, or its end.
    pub(in crate::run) fn next_undo(&mut self, of: TaskIndex) {
        if self.state().task(of).state != TaskState::Undoing {
            return;
        }
        let next =
            self.state().graph().undo_of(of).iter().copied().find(|t| !self.state().task(*t).state.is_satisfied());
        match next {
            Some(next) if self.state().aborted().is_some() => {
                if matches!(self.state().task(next).state, TaskState::Todo | TaskState::Retrying) {
                    self.undo_failed(of);
                }
            }
            // Held or draining, it waits; `advance` comes back to it.
            Some(next)
                if self.state().task(next).state == TaskState::Todo && self.may_undo() && self.has_host(next) =>
            {
                self.begin(next);
            }
            // Its host was left out because another run has it: there it will never go on.
            Some(next) if self.may_undo() && self.is_lost(next) => self.undo_failed(of),
            Some(_) => {}
            None => {
                let path = self.state().graph().path(of).clone();
                self.engine(RecordKind::UndoFinished { path: path.clone(), succeeded: true });
                // Its host was left out meanwhile: it is over there, and the run goes on without it.
                if self.state().task(of).state.is_satisfied() {
                    return;
                }
                let on_failure = self.state().graph().command(of).map_or(OnFailure::Ask, |c| c.on_failure);
                if on_failure == OnFailure::Ask {
                    if self.state().aborted().is_none() {
                        self.open_ask(of, AskKind::Failure);
                    }
                } else {
                    self.engine(RecordKind::RunStopped { path });
                }
            }
        }
    }

    /// Whether an undo may take its next step: a stop does not stop what it asked for itself, nor does it look again after
    /// a gap at what nothing new will start behind.
    pub(in crate::run) fn may_undo(&self) -> bool {
        let state = self.state();
        let is_under_way = state.phase() == Phase::Started || (state.stopped && state.rechecking);
        !state.is_held()
            && state.aborted().is_none()
            && state.draining().is_none()
            && state.finished().is_none()
            && is_under_way
    }

    pub(in crate::run) fn undo_failed(&mut self, of: TaskIndex) {
        // A step of an earlier undo may end late, when the undo it belonged to is over.
        if self.state().task(of).state != TaskState::Undoing {
            return;
        }
        let path = self.state().graph().path(of).clone();
        self.engine(RecordKind::UndoFinished { path, succeeded: false });
        if self.state().aborted().is_none() {
            self.open_ask(of, AskKind::Stuck);
        }
    }

    /// An undo step that the host says never started is simply started; nothing else would.
    pub(in crate::run) fn start_revoked_undo(&mut self, task: TaskIndex) {
        if let crate::run::graph::Role::Undo { of, .. } = self.state().graph().node(task).role {
            self.next_undo(of);
        }
    }
}
