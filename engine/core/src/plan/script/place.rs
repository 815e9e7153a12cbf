//! Where in a script a placeholder stands.

use crate::source::Finding;

/// Where a placeholder stands, as a reader of the script sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A word or an unquoted part of one: the only place that is allowed.
    Word,
    DoubleQuotes,
    SingleQuotes,
    Comment,
    HereDocument,
    HereDelimiter,
    Arithmetic,
    Backquotes,
    Expansion,
    AfterBackslash,
    Tilde,
    CommandName,
    Name,
    /// A reader did not meet it, or met it twice.
    Lost,
}

impl Place {
    /// What is wrong with a placeholder at this place, or nothing.
    pub(super) fn finding(self, name: &str) -> Option<Finding> {
        let name = name.to_owned();
        Some(match self {
            Self::Word => return None,
            Self::DoubleQuotes => Finding::PlaceholderInQuotes { name, quotes: "double", quote: '"' },
            Self::SingleQuotes => Finding::PlaceholderInQuotes { name, quotes: "single", quote: '\'' },
            Self::Comment => Finding::PlaceholderInComment { name },
            Self::HereDocument | Self::HereDelimiter => Finding::PlaceholderInHereDocument { name },
            Self::Arithmetic => Finding::PlaceholderInArithmetic { name },
            Self::Backquotes => Finding::PlaceholderInBackquotes { name },
            Self::Expansion => Finding::PlaceholderInExpansion { name },
            Self::CommandName => Finding::PlaceholderAsCommand { name },
            Self::AfterBackslash | Self::Tilde | Self::Name | Self::Lost => Finding::PlaceholderNotAWord { name },
        })
    }
}
