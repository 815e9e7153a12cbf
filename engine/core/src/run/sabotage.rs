//! Rules that can be broken on purpose. A simulator that does not notice a broken rule proves nothing.

use super::batch::Batch;
use super::graph::Role;
use super::task::{TaskIndex, TaskState};
use super::{Phase, Purpose};

/// One rule of the core, broken. Has no effect outside tests and the `sabotage` feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sabotage {
    /// Effects are released although the journal refused their records.
    EffectsBeforeCommit,
    /// An unreachable host does not count in the budget.
    BudgetIgnoresUnreachable,
    /// The budget takes one host more than it should.
    BudgetOffByOne,
    /// An unknown outcome is taken for a failure.
    UnknownTakenForFailed,
    /// An unknown step is run again without asking.
    UnknownRunAgain,
    /// On resume an in-doubt step is run again instead of asking the host.
    ResumeRunsAgain,
    /// The next batch starts while the gate of this one still looks.
    BatchOffByOne,
    /// A sample that could not be taken counts as good.
    GateErrorIsGood,
    /// Good samples need not be consecutive.
    GateStreakNotReset,
    /// An approval survives a changed preview.
    ApprovalSurvivesChange,
    /// Steps start after an abort.
    AbortIgnored,
    /// Steps start while the run is held.
    HoldIgnored,
    /// A `once` step that failed is repeated by its retry.
    OnceRetriedAfterFailure,
    /// A step starts although what it needs is not satisfied.
    NeedsIgnored,
    /// An excluded host goes on with its next step.
    ExcludedGoesOn,
    /// A failure outside the budget does not stop the rest of its roll.
    TroubleIgnored,
    /// An intent that changes something is written, not synced, before its effect leaves.
    IntentNotSynced,
    /// An approval holds for ever.
    ApprovalNeverExpires,
    /// An approval is asked for although every host it is about was left out.
    ApprovalOfNothing,
    /// An outcome that contradicts what was settled is dropped.
    LateOutcomeDropped,
    /// A host that does not answer is asked once, and then a person.
    AsksOnce,
    /// A host that does not answer is asked without end.
    AsksForEver,
    /// A start that never arrives is sent without end.
    SendsForEver,
    /// Two names of one host are taken for two hosts.
    OneHostTwice,
    /// Steps are sent to a host that another run has.
    LockIgnored,
    /// A gate that held before a long gap is trusted after it.
    StaleGateTrusted,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::EffectsBeforeCommit,
        Self::BudgetIgnoresUnreachable,
        Self::BudgetOffByOne,
        Self::UnknownTakenForFailed,
        Self::UnknownRunAgain,
        Self::ResumeRunsAgain,
        Self::BatchOffByOne,
        Self::GateErrorIsGood,
        Self::GateStreakNotReset,
        Self::ApprovalSurvivesChange,
        Self::AbortIgnored,
        Self::HoldIgnored,
        Self::OnceRetriedAfterFailure,
        Self::NeedsIgnored,
        Self::ExcludedGoesOn,
        Self::TroubleIgnored,
        Self::IntentNotSynced,
        Self::ApprovalNeverExpires,
        Self::ApprovalOfNothing,
        Self::LateOutcomeDropped,
        Self::AsksOnce,
        Self::AsksForEver,
        Self::SendsForEver,
        Self::OneHostTwice,
        Self::LockIgnored,
        Self::StaleGateTrusted,
    ];
}

impl Batch<'_> {
    /// Starts what a broken rule would let start.
    pub(super) fn start_wrongly(&mut self) {
        let Some(rule) = self.run.sabotage.filter(|_| cfg!(any(test, feature = "sabotage"))) else { return };
        if !self.may_start() || self.state().phase() != Phase::Started {
            return;
        }
        let wrong: Vec<TaskIndex> = self.state().graph().tasks().filter(|t| self.is_wrong(rule, *t)).collect();
        if let Some(task) = wrong.first() {
            self.intend(*task, Purpose::Main);
        }
    }

    fn is_wrong(&self, rule: Sabotage, task: TaskIndex) -> bool {
        let state = self.state();
        let node = state.graph().node(task);
        let is_todo = state.task(task).state == TaskState::Todo && state.graph().command(task).is_some();
        match (rule, node.role) {
            (Sabotage::NeedsIgnored, Role::Top(step)) => is_todo && state.steps[step.0 as usize].needs_left > 0,
            (Sabotage::BatchOffByOne, Role::Inner { roll, batch, .. }) => {
                let progress = state.roll(roll);
                let gate = batch.checked_sub(1).and_then(|before| state.graph().batch_gate(roll, before));
                is_todo
                    && progress.is_some_and(|p| p.open && p.current + 1 == batch)
                    && gate.is_some_and(|gate| state.task(gate).state == TaskState::Gating)
            }
            (Sabotage::ExcludedGoesOn, Role::Inner { .. }) => {
                let is = state.task(task);
                is.state == TaskState::Excluded && is.attempt == 0 && state.graph().command(task).is_some()
            }
            _ => false,
        }
    }
}
