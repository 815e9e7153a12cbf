//! Rules that can be broken on purpose. A simulator that does not notice a broken rule proves nothing.

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
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 16] = [
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
    ];
}
