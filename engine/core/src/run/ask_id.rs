//! What an ask is called, what kind it is, and why it could not be put.

use serde::{Deserialize, Serialize};

use crate::plan::StepPath;

/// Names one ask: the instance that asks, and which time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AskId {
    /// The instance; for a lock the host itself.
    pub path: StepPath,
    /// Counted from 1 within the run.
    pub number: u32,
}

/// What kind of answer is needed; it fixes the words that may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskKind {
    /// A `pause`.
    Pause,
    /// An `approve`.
    Approve,
    /// A `manual`.
    Manual,
    /// A success that only a person can verify (`verify: person`).
    Verify,
    /// A failed step on one host.
    Failure,
    /// An unknown step on one host.
    Unknown,
    /// A step that has run for as long as it may.
    Timeout,
    /// A gate that did not hold in time.
    GateTimeout,
    /// An undo that failed.
    Stuck,
    /// A host that another run has.
    Lock,
}

/// Why an ask could not be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskUnavailableReason {
    /// No terminal, and no answer was given beforehand.
    NoTerminal,
    /// It needed another person, and nobody else could attach. No longer written: such an ask waits for whoever attaches.
    NeedsAnotherPerson,
    /// Nobody answered in time.
    Expired,
    /// An answer given beforehand does not fit: another plan, another fact.
    AnswerDidNotFit,
}
