//! Why a lab cannot be made, broken or taken down.

use std::io;
use std::time::Duration;

use crate::Unavailable;

/// Why a lab cannot be made, broken or taken down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// Lab hosts cannot be made on this machine.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// What was asked for cannot be.
    #[error("{0}")]
    Spec(String),
    /// The base layer could not be made.
    #[error("the lab's base layer ({packages}) could not be made: packages are fetched over the network, once\n{log}")]
    Layer {
        /// What should have been installed.
        packages: String,
        /// The end of what was said meanwhile.
        log: String,
    },
    /// The lab did not do what it was told to.
    #[error("the lab could not {what}\n{log}")]
    Failed {
        /// What it was told.
        what: String,
        /// The end of what it said.
        log: String,
    },
    /// The lab did not answer in time. It has been taken down.
    #[error("the lab did not {what} within {} s and was taken down\n{log}", .limit.as_secs())]
    Late {
        /// What it was told.
        what: String,
        /// How long it had.
        limit: Duration,
        /// The end of what it said.
        log: String,
    },
    /// The lab is no longer there.
    #[error("the lab is down")]
    Down,
    /// Only one lab can stand on a machine.
    #[error("a lab is up already")]
    Standing,
    /// There is no such host in it.
    #[error("no host `{0}` in this lab")]
    NoHost(String),
    /// A file, a directory or a process could not be had.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// Why not.
        source: io::Error,
    },
}

impl LabError {
    /// Makes an [`LabError::Io`] out of what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what: what.into(), source }
    }
}
