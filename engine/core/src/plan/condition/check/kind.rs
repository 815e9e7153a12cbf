//! What an expression gives, as far as it is known before it runs.

use crate::runbook::ParamType;

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Integer,
    Double,
    Text,
    Duration,
    Time,
    Null,
    /// Items, and how many at most.
    List(Box<Kind>, usize),
    /// Not known: fits everything.
    Unknown,
}

/// Items that a list is counted with when nothing says how many it has.
pub(super) const USUAL_ITEMS: usize = 300;

impl Kind {
    /// The kind of a parameter; `None` for a secret, which no condition sees.
    pub(super) fn of_param(kind: ParamType, items: Option<usize>) -> Option<Self> {
        let list = || Self::List(Box::new(Self::Text), items.unwrap_or(USUAL_ITEMS));
        Some(match kind {
            ParamType::Text | ParamType::Path | ParamType::Host => Self::Text,
            ParamType::Integer => Self::Integer,
            ParamType::Boolean => Self::Boolean,
            ParamType::Duration => Self::Duration,
            ParamType::Hosts | ParamType::List => list(),
            ParamType::Secret => return None,
        })
    }

    /// What it is, for a message.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Double => "a number with a fraction",
            Self::Text => "a text",
            Self::Duration => "a duration",
            Self::Time => "a time",
            Self::Null => "null",
            Self::List(..) => "a list",
            Self::Unknown => "something",
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Double)
    }

    /// Whether `==` between the two can ever hold.
    pub(super) fn compares(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => true,
            (Self::List(a, _), Self::List(b, _)) => a.compares(b),
            (a, b) => a == b || a.is_number() && b.is_number(),
        }
    }

    /// Whether `<` between two of it means something.
    pub(super) fn has_order(&self) -> bool {
        !matches!(self, Self::List(..) | Self::Null)
    }

    /// The kind of both, where they are the same.
    pub(super) fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::List(a, n), Self::List(b, m)) => Self::List(Box::new(a.merge(*b)), n.max(m)),
            (a, b) if a == b => a,
            _ => Self::Unknown,
        }
    }
}
