//! Why stored output could not be written or read.

use std::io;
use std::path::PathBuf;

/// Says which file of a step's output, and why.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The stored copy is not whole; the step itself is not touched.
    #[error(
        "cannot keep output in {path}: {source}; the step goes on, its record holds length and digest, the stored copy is not whole"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// A stored stream cannot be read.
    #[error("cannot read stored output {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// An index file holds a line that no version wrote.
    #[error(
        "{path} line {line} is not an index entry; order and time of this output are lost, the output itself is not"
    )]
    Index {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}
