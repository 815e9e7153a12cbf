//! One record, one change of the [`State`]; which file holds it is told by its name, and by [`State::apply`] here.
//!
//! What it deliberately does not do: it decides nothing. A record that fits the plan is what happened.

mod asks;
mod gate;
mod host;
mod run;
mod step;

use super::task::TaskIndex;
use super::{Record, RecordKind, ReplayError, State};
use crate::plan::StepPath;

impl State {
    /// Folds one record in. A record out of order, or about something the plan does not hold, changes nothing.
    ///
    /// # Errors
    /// A [`ReplayError`] that names the record.
    pub fn apply(&mut self, record: &Record) -> Result<(), ReplayError> {
        if record.seq != self.seq + 1 {
            return Err(ReplayError::OutOfOrder { seq: record.seq, expected: self.seq + 1 });
        }
        let poison = |why: String| ReplayError::Poison { seq: record.seq, why };
        if (record.seq == 1) != matches!(record.kind, RecordKind::RunPlanned { .. }) {
            return Err(poison("`run.planned` is the first record, and only the first".to_owned()));
        }
        self.apply_kind(record).map_err(poison)?;
        self.seq = record.seq;
        self.batch = record.batch;
        self.last = Some(Self::stamp(record));
        Ok(())
    }

    fn find(&self, path: &StepPath) -> Result<TaskIndex, String> {
        self.graph.find(path).ok_or_else(|| format!("the plan has no step `{path}`"))
    }

    fn apply_kind(&mut self, record: &Record) -> Result<(), String> {
        match &record.kind {
            RecordKind::RunPlanned { .. }
            | RecordKind::RunResumed { .. }
            | RecordKind::RunStarted {}
            | RecordKind::RunHeld {}
            | RecordKind::RunContinued {}
            | RecordKind::RunAborted { .. }
            | RecordKind::RunStopped { .. }
            | RecordKind::RunDraining { .. }
            | RecordKind::RunDrained { .. }
            | RecordKind::RunFinished { .. }
            | RecordKind::PenTaken {} => self.apply_run(record),
            RecordKind::HostPreflighted { .. }
            | RecordKind::HostRefused { .. }
            | RecordKind::LockRefused { .. }
            | RecordKind::LockTakenOver { .. }
            | RecordKind::HostExcluded { .. }
            | RecordKind::BudgetSpent { .. }
            | RecordKind::BudgetRefunded { .. } => self.apply_host(record),
            RecordKind::StepIntended { .. }
            | RecordKind::StepSucceeded { .. }
            | RecordKind::StepFailed { .. }
            | RecordKind::StepNotStarted { .. }
            | RecordKind::StepCancelled { .. }
            | RecordKind::StepUnknown { .. }
            | RecordKind::StepReattached { .. }
            | RecordKind::StepSettled { .. }
            | RecordKind::StepRetryScheduled { .. }
            | RecordKind::StepSkipped { .. }
            | RecordKind::StepDoneByHand { .. }
            | RecordKind::StepCompleted { .. }
            | RecordKind::StepWaiting { .. }
            | RecordKind::UndoStarted { .. }
            | RecordKind::UndoFinished { .. }
            | RecordKind::OutcomeLate { .. } => self.apply_step(record),
            RecordKind::GateOpened { path, .. }
            | RecordKind::GateSampled { path, .. }
            | RecordKind::GateHeld { path }
            | RecordKind::GateTimedOut { path, .. }
            | RecordKind::GateOverridden { path, .. } => {
                let task = self.find(path)?;
                self.apply_gate(task, record);
                Ok(())
            }
            RecordKind::AskOpened { .. }
            | RecordKind::AskAnswered { .. }
            | RecordKind::AskUnavailable { .. }
            | RecordKind::AskWithdrawn { .. } => self.apply_ask(record),
            RecordKind::ApprovalBegan { path }
            | RecordKind::BreakglassUsed { path, .. }
            | RecordKind::ApprovalGranted { path, .. }
            | RecordKind::ApprovalVoided { path, .. } => {
                let task = self.find(path)?;
                self.apply_approval(task, record);
                Ok(())
            }
            RecordKind::NoteAdded { .. } | RecordKind::DecisionMade { .. } | RecordKind::TailRecovered { .. } => Ok(()),
        }
    }
}
