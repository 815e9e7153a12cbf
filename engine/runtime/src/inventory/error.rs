//! Why the ssh configuration is no inventory.

use std::io;
use std::path::PathBuf;

/// Says why no hosts could be taken from the ssh configuration.
#[derive(Debug, thiserror::Error)]
pub enum SshHostsError {
    /// There is none.
    #[error("there is no ssh configuration at `{0}`")]
    NoFile(PathBuf),
    /// It is not known where it would lie.
    #[error("there is no ssh configuration: this account has no home directory")]
    NoHome,
    /// One of its files cannot be read.
    #[error("cannot read the ssh configuration `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// A line that ssh itself refuses.
    #[error("`{path}:{line}`: {why}")]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Files that include each other.
    #[error("`{path}`: the files of this ssh configuration include each other too deeply, or are too many")]
    Endless {
        /// The file that was one too many.
        path: PathBuf,
    },
    /// It has patterns at most.
    #[error("the ssh configuration `{0}` names no host, only patterns or nothing")]
    NoHosts(PathBuf),
}
