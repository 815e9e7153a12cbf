//! Why a host's key was not taken.

use std::io;
use std::path::PathBuf;

use crate::journal::JournalError;
use crate::state::StateError;

/// Says why a host's key could not be seen, or not be taken.
#[derive(Debug, thiserror::Error)]
pub enum HostsError {
    /// It showed no key.
    #[error("{host} showed no key: {why}")]
    NoKey {
        /// The host.
        host: String,
        /// In ssh's words.
        why: String,
    },
    /// A host on the way to it is not trusted itself.
    #[error("the key of `{jump}`, by way of which {host} is reached, is not known or has changed: take that one first")]
    JumpHost {
        /// The host.
        host: String,
        /// The one on the way.
        jump: String,
    },
    /// The key was withdrawn.
    #[error("the key that {host} shows was withdrawn: `{file}:{line}` says @revoked")]
    Revoked {
        /// The host.
        host: String,
        /// The file of known hosts.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// An old key stands in another file than the one that keys are taken into: the machine's, mostly.
    #[error("an old key of {host} stands in `{file}:{line}`, which is not the file that new ones are taken into")]
    NotYours {
        /// The host.
        host: String,
        /// The file of known hosts.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// The configuration keeps no known hosts.
    #[error("the ssh configuration names no file of known hosts for {0} (`UserKnownHostsFile`)")]
    NoFile(String),
    /// A program of OpenSSH could not be run.
    #[error("cannot run `{program}`: {source}")]
    Program {
        /// Its name.
        program: &'static str,
        /// In the system's words.
        source: io::Error,
    },
    /// One that ran said something nobody expected.
    #[error("`{program}` said: {said}")]
    Said {
        /// Its name.
        program: &'static str,
        /// Its words.
        said: String,
    },
    /// A file could not be read or written.
    #[error("cannot {what} `{path}`: {source}")]
    File {
        /// In a few words.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// The file was changed while somebody was asked.
    #[error("`{0}` was changed in the meantime; look again")]
    Changed(PathBuf),
    /// The journal could not be written: then nothing was taken.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Says what was done to which file.
pub(super) fn file(what: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> HostsError {
    let path = path.to_owned();
    move |source| HostsError::File { what, path, source }
}
