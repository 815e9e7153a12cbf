//! What can come to a screen.

use super::{Heard, Key};

/// One thing that happened to a screen.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A key.
    Key(Key),
    /// Text that was pasted: never an answer.
    Paste(String),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// From the run.
    Heard(Heard),
    /// Time passed; at most once a second.
    Tick,
    /// The terminal is here again after a stop (SIGTSTP) or a shell.
    Back,
    /// The system wants this program to stop for a while (SIGTSTP from outside).
    Stop,
    /// The terminal or the system wants this program to end (SIGHUP, SIGTERM): it leaves, the run goes on.
    Hangup,
}
