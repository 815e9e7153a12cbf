//! Names of runs, and how people refer to them.

use std::fmt;
use std::str::FromStr;

use super::StateError;

/// A run's id: 32 lower-case hex digits, the first twelve of them random, so that a short beginning is enough.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// Takes a full id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32 && is_hex(text)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a person names a run: `last`, or an id's beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunRef {
    /// The one that was begun last.
    Last,
    /// The only one that begins so.
    Beginning(String),
}

impl FromStr for RunRef {
    type Err = StateError;

    fn from_str(text: &str) -> Result<Self, StateError> {
        match text {
            "last" => Ok(Self::Last),
            _ if (1..=32).contains(&text.len()) && is_hex(text) => Ok(Self::Beginning(text.to_owned())),
            _ => Err(StateError::NotARun(text.to_owned())),
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
