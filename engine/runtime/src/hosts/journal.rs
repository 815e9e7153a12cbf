//! The journal of host keys: who took which, when, in place of which.

use std::fs::File;
use std::path::PathBuf;

use banister_core::run::{Durability, Record};
use banister_core::runbook::HostName;
use serde::{Deserialize, Serialize};

use super::error::file;
use super::{HostKey, HostsError};
use crate::driver::{Clock, operator};
use crate::journal::{FORMAT, FileJournal, Limits};
use crate::state::StateDir;

/// What happened to a host's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostRecordKind {
    /// Somebody says that a key is the host's. Written before it is taken.
    #[serde(rename = "host.trusted")]
    Trusted {
        /// The host, as the operator names it.
        host: HostName,
        /// As ssh names it in the file of known hosts.
        known_as: String,
        /// The file.
        file: PathBuf,
        /// Its key.
        key: HostKey,
        /// Those it replaces.
        replaced: Vec<HostKey>,
        /// What was given as proof: `typed` (the host's name) or `fingerprint`.
        proof: String,
    },
    /// It was not taken after all.
    #[serde(rename = "host.trust_failed")]
    TrustFailed {
        /// The host.
        host: HostName,
        /// Why.
        why: String,
    },
}

/// Where the journal lies.
#[must_use]
pub fn journal_path(state: &StateDir) -> PathBuf {
    state.path().join("hosts/journal.jsonl")
}

/// The journal, open for more and locked against others.
pub(super) struct HostsJournal {
    journal: FileJournal,
    clock: Clock,
    _lock: File,
}

impl HostsJournal {
    pub(super) fn open(state: &StateDir) -> Result<Self, HostsError> {
        let dir = state.hosts_dir()?;
        let lock = File::open(&dir).map_err(file("open", &dir))?;
        // Whoever has it writes one line and is gone.
        lock.lock().map_err(file("lock", &dir))?;
        let clock = Clock::new().map_err(|source| HostsError::Program { program: "this boot's id", source })?;
        // A few lines a year need no more room than that.
        let limits = Limits { min_free: 1 << 20, ballast: 1 << 16 };
        let journal = FileJournal::open_other(&journal_path(state), limits, &clock.now())?;
        Ok(Self { journal, clock, _lock: lock })
    }

    /// Writes one record, on the disk before it returns.
    pub(super) fn write(&mut self, kind: HostRecordKind) -> Result<(), HostsError> {
        let now = self.clock.now();
        let (seq, _) = self.journal.head();
        let record = Record {
            v: FORMAT,
            seq: seq + 1,
            batch: self.journal.batch() + 1,
            at: now.wall,
            recorded: now.wall,
            boot: now.boot,
            elapsed: now.elapsed,
            actor: operator(),
            kind,
        };
        Ok(self.journal.append_of(&[record], Durability::Synced)?)
    }
}
