//! What was seen of one drill.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::run::Record;
use crate::runbook::HostName;

/// One look of a client at a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The client.
    pub client: String,
    /// The host.
    pub host: HostName,
    /// When it began to look.
    pub from: DateTime<Utc>,
    /// When it knew.
    pub to: DateTime<Utc>,
    /// What it saw, or why it saw nothing.
    pub saw: Result<String, String>,
}

/// Everything that checks are judged by and that needs no host any more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The journal.
    pub records: Vec<Record>,
    /// What the clients saw, of each host in the order of time.
    pub samples: Vec<Sample>,
    /// What the last engine ended with; `None`: it was killed.
    pub exit: Option<u8>,
    /// The hash of the plan that was shown.
    pub plan_hash: String,
    /// When the fault's first act happened.
    pub first_act: Option<DateTime<Utc>>,
}

/// What became of one check, on one host where it is about hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// What was checked.
    pub name: String,
    /// What was found.
    pub found: String,
}

impl Verdict {
    /// The line that says it: `check ok    NAME    FOUND`.
    #[must_use]
    pub fn line(&self) -> String {
        let word = if self.holds { "ok  " } else { "FAIL" };
        let found = if self.found.is_empty() { String::new() } else { format!("    {}", self.found) };
        format!("check {word}  {}{found}", self.name)
    }
}
