//! Who did it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who caused a record: the engine by its rules, or a person the kernel vouches for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The rules of this crate.
    Engine {},
    /// A person, by the credentials the kernel gave, or by `as:` in a drill or rehearsal.
    Person {
        /// Account name.
        name: String,
        /// Account number; `None` for a name given by a drill file.
        uid: Option<u32>,
        /// Unix groups, for `of:`.
        groups: Vec<String>,
    },
}

impl Actor {
    /// Whether two actors are one person: same number, or same name where a drill gave only names.
    #[must_use]
    pub fn is_same_person(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person { name: a, uid: ua, .. }, Self::Person { name: b, uid: ub, .. }) => match (ua, ub) {
                (Some(ua), Some(ub)) => ua == ub,
                _ => a == b,
            },
            _ => false,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine {} => f.write_str("engine"),
            Self::Person { name, .. } => f.write_str(name),
        }
    }
}
