//! Why a run drains, a step is left out, an approval no longer counts.

use serde::{Deserialize, Serialize};

use crate::plan::StepPath;

/// Why the engine stops without the run being over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainReason {
    /// SIGINT without a terminal, SIGTERM, or SIGHUP of a foreground engine.
    Signal,
    /// An ask could not be put.
    AskUnavailable,
    /// The journal's disk is full; the room reserved for these last records is in use.
    Journal,
}

/// Why a step was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Its `when:` did not hold.
    When {
        /// The condition.
        condition: String,
    },
    /// A person said so.
    Person {
        /// Their reason.
        reason: String,
    },
    /// Every host it is about is left out: a gate has nothing to look at, an approval nothing to allow.
    NoHosts {},
}

impl SkipReason {
    /// The reason in one short clause, for records and screens.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::When { condition } => condition,
            Self::Person { reason } => reason,
            Self::NoHosts {} => "every host it is about is excluded",
        }
    }
}

/// Why an approval no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// Its 15 minutes ran out before the first effect.
    Expired {},
    /// The preview changed.
    PreviewChanged {
        /// Whose preview.
        path: StepPath,
    },
}

impl std::fmt::Display for VoidReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expired {} => f.write_str("its 15 minutes ran out"),
            Self::PreviewChanged { path } => write!(f, "the preview of {path} changed"),
        }
    }
}
