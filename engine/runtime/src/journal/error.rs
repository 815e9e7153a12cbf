//! Why a journal cannot be written, read or resumed.

use std::io;
use std::path::PathBuf;

use banister_core::run::ExitCode;

/// What went wrong with a journal file, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Not enough room to begin.
    #[error(
        "{path}: only {free_mib} MiB are free there, a run needs {needed_mib} MiB; make room or give another --state-dir"
    )]
    NoRoom {
        /// The journal's directory.
        path: PathBuf,
        /// Free for this user, in MiB.
        free_mib: u64,
        /// Needed, in MiB.
        needed_mib: u64,
    },
    /// A step before the first record failed.
    #[error("cannot {what} {path}: {source}; nothing was started")]
    Prepare {
        /// In a few words.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// Others can read or change the file.
    #[error(
        "{path} has mode {mode:04o}, others could read or change it; look who did that, then: chmod {right:o} {path}"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Those it should have.
        right: u32,
    },
    /// A batch could not be written whole.
    #[error("cannot write the journal {path}: {source}; nothing new starts, mend the disk and resume the run")]
    Write {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// A batch was written, and nobody knows whether it is on the disk.
    #[error("cannot sync the journal {path}: {source}; nothing new starts, look at the disk before you resume the run")]
    Sync {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// The file at the path is not the one that is being written, or somebody else wrote to it.
    #[error("the journal {path} {why}; nothing new starts, find out who touched it before you resume the run")]
    Displaced {
        /// The file.
        path: PathBuf,
        /// What was seen.
        why: String,
    },
    /// An earlier failure; the writer takes nothing any more.
    #[error("the journal {path} takes no more records after: {why}")]
    Poisoned {
        /// The file.
        path: PathBuf,
        /// The failure.
        why: String,
    },
    /// A batch does not follow the last one. A fault of Banister's own.
    #[error("a record that does not follow was refused by the journal {path}: {why}; this is a fault of banister")]
    OutOfOrder {
        /// The file.
        path: PathBuf,
        /// What does not follow.
        why: String,
    },
    /// The file cannot be read.
    #[error("cannot read the journal {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// The file was changed or damaged: it can be looked at and is not resumed.
    #[error(
        "the journal {path} does not verify, line {line}: {why}; the run cannot be resumed, keep the file and find out who or what changed it"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A record is whole and this version does not understand it.
    #[error(
        "the journal {path} holds a record this version does not know, line {line}: {why}; resume the run with the version that wrote it"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is not known.
        why: String,
    },
}

impl JournalError {
    /// What the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Corrupt { .. } | Self::Unreadable { .. } => ExitCode::JOURNAL_BROKEN,
            Self::OutOfOrder { .. } => ExitCode::BUG,
            _ => ExitCode::JOURNAL_UNWRITABLE,
        }
    }
}
