//! Why records cannot be folded.

/// Says why a run cannot be resumed from its records. It can still be looked at up to the record before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The plan is not the one the first record names.
    #[error("the plan's hash is {plan}, the first record says {recorded}: this is not the plan that was started")]
    OtherPlan {
        /// The plan's.
        plan: String,
        /// The first record's.
        recorded: String,
    },
    /// A sequence number is missing or doubled.
    #[error("record {seq} stands where record {expected} should")]
    OutOfOrder {
        /// The number found.
        seq: u64,
        /// The number due.
        expected: u64,
    },
    /// A record does not fit the plan, or needs another version.
    #[error("record {seq} cannot be applied: {why}")]
    Poison {
        /// Its number.
        seq: u64,
        /// Why.
        why: String,
    },
}
