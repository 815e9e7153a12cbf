//! What a word needs beside itself.

use super::{AskKind, Word};

/// What a person says beside a word, so that the record holds why or what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// Why.
    Reason,
    /// What was seen.
    Evidence,
    /// How long.
    Time,
}

impl Word {
    /// What it needs at an ask of this kind. The run demands it; whoever asks a person asks for it in time.
    #[must_use]
    pub const fn needs(self, kind: AskKind) -> Needs {
        match (self, kind) {
            // It may have run.
            (Self::Retry, AskKind::Unknown) => Needs::Reason,
            _ => self.needs_anywhere(),
        }
    }

    /// What it needs at every ask: all that is known of an answer that was given before there was an ask.
    #[must_use]
    pub const fn needs_anywhere(self) -> Needs {
        match self {
            Self::Refuse
            | Self::Skip
            | Self::Exclude
            | Self::Override
            | Self::Failed
            | Self::TakeOver
            | Self::BreakGlass => Needs::Reason,
            Self::Done | Self::ByHand => Needs::Evidence,
            Self::Wait => Needs::Time,
            Self::Continue
            | Self::Approve
            | Self::Retry
            | Self::Undo
            | Self::Shell
            | Self::HandOver
            | Self::AskAgain
            | Self::Kill
            | Self::Leave => Needs::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AskKind, Needs, Word};

    #[test]
    fn a_retry_needs_a_reason_only_where_it_may_have_run() {
        assert_eq!(Word::Retry.needs(AskKind::Unknown), Needs::Reason);
        for kind in [AskKind::Failure, AskKind::Lock] {
            assert_eq!(Word::Retry.needs(kind), Needs::Nothing);
        }
    }

    #[test]
    fn what_people_may_say_of_a_step_in_its_place_is_evidence_and_not_a_reason() {
        let of = |needs| Word::ALL.into_iter().filter(|word| word.needs_anywhere() == needs).collect::<Vec<_>>();
        assert_eq!(of(Needs::Evidence), [Word::Done, Word::ByHand]);
        assert_eq!(of(Needs::Time), [Word::Wait]);
    }
}
