//! What people wrote down.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::run::Actor;

/// A note or a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// When it was so.
    pub at: DateTime<Utc>,
    /// When it was written down.
    pub recorded: DateTime<Utc>,
    /// Who wrote it.
    pub by: Actor,
    /// A decision, not only a note.
    pub decision: bool,
    /// The words. From a person: pass them through `visible`.
    pub text: String,
}
