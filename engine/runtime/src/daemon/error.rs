//! Why an engine could not be started, or said nothing.

use std::io;
use std::path::PathBuf;

/// What kept a process for an engine from being started.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The process.
    #[error("cannot start a process for the engine ({program}): {source}")]
    Start {
        /// What was started.
        program: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// It ended without a word.
    #[error("the engine's process ended before it was ready; {log} may say why")]
    Silent {
        /// Where its standard error went.
        log: PathBuf,
    },
    /// The engine's side of the pipes.
    #[error("cannot {what}: {source}")]
    Pipe {
        /// In a few words.
        what: &'static str,
        /// In the system's words.
        source: io::Error,
    },
}
