//! What a run ends with.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The exit codes of a run. Their sentences stand here once: `--help`, the book and the last line of a run take them
/// from [`ExitCode::meaning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExitCode(pub u8);

impl ExitCode {
    /// Done.
    pub const DONE: Self = Self(0);
    /// Done with skips, exclusions, overrides or work by hand.
    pub const DONE_WITH_EXCEPTIONS: Self = Self(10);
    /// A step failed, its state is known.
    pub const FAILED: Self = Self(20);
    /// An undo failed.
    pub const UNDO_FAILED: Self = Self(21);
    /// An outcome is still unknown.
    pub const UNKNOWN: Self = Self(22);
    /// A journal does not verify.
    pub const JOURNAL_BROKEN: Self = Self(23);
    /// The journal could not be written.
    pub const JOURNAL_UNWRITABLE: Self = Self(24);
    /// A precondition did not hold, nothing was changed.
    pub const PRECONDITION: Self = Self(30);
    /// A person refused, or an answer did not fit the plan.
    pub const REFUSED: Self = Self(40);
    /// An ask could not be put, or expired.
    pub const ASK_UNAVAILABLE: Self = Self(41);
    /// A gate did not hold.
    pub const GATE: Self = Self(42);
    /// Aborted.
    pub const ABORTED: Self = Self(43);
    /// Drained by a signal, can be resumed.
    pub const DRAINED: Self = Self(51);
    /// A fault of Banister's own.
    pub const BUG: Self = Self(70);

    /// From worst to best: of several, a run ends with the first that is true.
    pub const ORDER: [Self; 13] = [
        Self::BUG,
        Self::JOURNAL_UNWRITABLE,
        Self::JOURNAL_BROKEN,
        Self::UNKNOWN,
        Self::UNDO_FAILED,
        Self::ABORTED,
        Self::FAILED,
        Self::GATE,
        Self::REFUSED,
        Self::ASK_UNAVAILABLE,
        Self::PRECONDITION,
        Self::DRAINED,
        Self::DONE_WITH_EXCEPTIONS,
    ];

    /// What the code says about the run, in one clause.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::DONE => "done",
            Self::DONE_WITH_EXCEPTIONS => "done, with skips, exclusions, overrides or work by hand",
            Self::FAILED => "a step failed, its state is known",
            Self::UNDO_FAILED => "an undo failed",
            Self::UNKNOWN => "an outcome is still unknown",
            Self::JOURNAL_BROKEN => "a journal does not verify",
            Self::JOURNAL_UNWRITABLE => "the journal could not be written: drained, or not started",
            Self::PRECONDITION => "a precondition did not hold, nothing was changed",
            Self::REFUSED => "a person refused, or an answer did not fit the plan",
            Self::ASK_UNAVAILABLE => "an ask could not be put, or expired; can be resumed",
            Self::GATE => "a gate did not hold",
            Self::ABORTED => "aborted",
            Self::DRAINED => "drained by a signal, can be resumed",
            Self::BUG => "a fault of Banister's own",
            _ => "not a code that a run ends with",
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        let rank = |code: Self| Self::ORDER.iter().position(|c| *c == code).unwrap_or(Self::ORDER.len());
        if rank(other) < rank(self) { other } else { self }
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_something_of_its_own() {
        let mut meanings: Vec<_> = ExitCode::ORDER.iter().map(|c| c.meaning()).collect();
        meanings.push(ExitCode::DONE.meaning());
        assert!(!meanings.contains(&ExitCode(99).meaning()));
        let count = meanings.len();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), count);
    }
}
