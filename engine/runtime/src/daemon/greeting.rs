//! What an engine says before it starts.

use serde::{Deserialize, Serialize};

/// One line on the engine's standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Greeting {
    /// Its socket is there, and it starts now.
    Ready {
        /// The last record of earlier engines.
        seq: u64,
    },
    /// It does not start; the front says this as its own.
    Failed {
        /// What to exit with.
        exit: u8,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
}
