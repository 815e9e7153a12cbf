//! What can come to a screen.

use super::{Heard, Key};

/// One thing that happened to a screen.
#[derive(Debug, Clone)]
pub(crate) enum Message<N = Heard> {
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
    /// From the run, or from whoever else works for the screen.
    Heard(N),
    /// A sentence of the loop's own: where a copy lies, why there was no shell.
    Notice(String),
    /// Time passed; at most once a second.
    Tick,
    /// The terminal is here again after a stop (SIGTSTP) or a shell.
    Back,
    /// A shell that was ordered is closed, or why there was none.
    Shelled(Result<(), String>),
    /// The system wants this program to stop for a while (SIGTSTP from outside).
    Stop,
    /// The terminal or the system wants this program to end (SIGHUP, SIGTERM): it leaves, the run goes on.
    Hangup,
}
