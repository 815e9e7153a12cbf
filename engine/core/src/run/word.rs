//! How each [`Word`] is written.

use std::fmt;

use super::Word;

impl Word {
    /// Every word, in the order of the table in the book.
    pub const ALL: [Self; 19] = [
        Self::Continue,
        Self::Approve,
        Self::Refuse,
        Self::Done,
        Self::Skip,
        Self::Retry,
        Self::Exclude,
        Self::ByHand,
        Self::Undo,
        Self::Shell,
        Self::HandOver,
        Self::AskAgain,
        Self::Failed,
        Self::Wait,
        Self::Kill,
        Self::Leave,
        Self::Override,
        Self::TakeOver,
        Self::BreakGlass,
    ];

    /// The word as people write it, the same everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Done => "done",
            Self::Skip => "skip",
            Self::Retry => "retry",
            Self::Exclude => "exclude",
            Self::ByHand => "by-hand",
            Self::Undo => "undo",
            Self::Shell => "shell",
            Self::HandOver => "hand-over",
            Self::AskAgain => "ask-again",
            Self::Failed => "failed",
            Self::Wait => "wait",
            Self::Kill => "kill",
            Self::Leave => "leave",
            Self::Override => "override",
            Self::TakeOver => "take-over",
            Self::BreakGlass => "break-glass",
        }
    }

    /// Whether it may be given beforehand, in an answers file. Going around an approval is decided when it is needed.
    #[must_use]
    pub const fn may_be_prepared(self) -> bool {
        !matches!(self, Self::BreakGlass)
    }

    /// The words that an answers file may hold.
    pub fn prepared() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|word| word.may_be_prepared())
    }

    /// Whether it is confirmed by typing the ask's phrase, where the ask has one.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Approve | Self::Override | Self::TakeOver | Self::BreakGlass)
    }

    /// Whether only who has the pen may say it. To agree or not is anybody's; what becomes of a host is for who drives.
    #[must_use]
    pub const fn drives(self) -> bool {
        !matches!(self, Self::Approve | Self::Refuse | Self::BreakGlass)
    }

    /// The word of a text.
    #[must_use]
    pub fn from_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == text)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn a_word_is_written_as_the_journal_writes_it() {
        for word in Word::ALL {
            assert_eq!(serde_json::to_string(&word).expect("json"), format!("\"{word}\""));
            assert_eq!(Word::from_word(word.as_str()), Some(word));
        }
        assert_eq!(Word::from_word("y"), None);
    }
}
