//! What steps print, kept beside the journal: exact bytes after redaction, in constant memory.
//!
//! Of one command up to three files: `NAME.stdout`, `NAME.stderr` and `NAME.index`, which keeps order and time.
//! A stream past its cap keeps its first and its last half; the record holds length and digest of all of it.
//! What this module deliberately does not do: it never makes a command fail. A full disk costs the stored copy, and
//! that is said; the stream is still drained, counted and digested.

mod error;
mod index;
mod name;
mod read;
mod stream;
mod writer;

pub use error::OutputError;
pub use index::Chunk;
pub use name::OutputName;
pub use read::StoredStream;
pub use writer::{FinishedOutput, OutputStore, OutputWriter};

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which stream of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl fmt::Display for StreamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        })
    }
}

#[cfg(test)]
mod tests;
