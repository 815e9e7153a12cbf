//! Waiting for people.

use chrono::{DateTime, Utc};

use crate::run::{Actor, AskId, AskKind, AskUnavailableReason, Stamp, Word};

/// What a person said at an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Actor,
    /// The word.
    pub word: Word,
    /// Reason or evidence, whichever the word needs. From a person: pass it through `visible`.
    pub because: Option<String>,
}

/// One ask from its opening to its close. What it asks stands in the open ask alone (`RunView::asks`): the reason of a
/// doubt may change while people wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Which ask.
    pub ask: AskId,
    /// What kind.
    pub kind: AskKind,
    /// Since when.
    pub since: Stamp,
    /// Until when; `None` while it is open.
    pub until: Option<Stamp>,
    /// What was said; several people at an approval.
    pub said: Vec<Said>,
    /// Why it could not be put, if at some time it could not.
    pub unavailable: Option<AskUnavailableReason>,
}

impl Wait {
    /// Milliseconds from its opening to its close, or to `now` while it is open.
    #[must_use]
    pub fn waited_ms(&self, now: &Stamp) -> u64 {
        between_ms(&self.since, self.until.as_ref().unwrap_or(now))
    }
}

/// Milliseconds between two moments: by the boot clock within one boot, by the wall clock otherwise; never negative.
pub(crate) fn between_ms(from: &Stamp, to: &Stamp) -> u64 {
    if from.boot == to.boot {
        return to.elapsed.saturating_sub(from.elapsed) / 1_000_000;
    }
    u64::try_from(to.wall.signed_duration_since(from.wall).num_milliseconds()).unwrap_or(0)
}
