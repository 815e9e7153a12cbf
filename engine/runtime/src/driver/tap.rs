//! The journal with a second pair of eyes: what was appended, and whether it was synced.

use banister_core::run::{Durability, Journal, Record};

use crate::journal::{FileJournal, JournalError};
use crate::ledger::JournalHead;

pub(super) struct Tap {
    journal: FileJournal,
    appended: Vec<Record>,
    synced: bool,
}

impl Tap {
    pub(super) fn new(journal: FileJournal) -> Self {
        Self { journal, appended: Vec::new(), synced: false }
    }

    /// What was appended since the last call, and whether all records so far are on the disk.
    pub(super) fn take(&mut self) -> (Vec<Record>, bool) {
        (std::mem::take(&mut self.appended), std::mem::take(&mut self.synced))
    }

    pub(super) fn head(&self) -> JournalHead {
        let (seq, hash) = self.journal.head();
        JournalHead { seq, hash: hash.to_string() }
    }

    pub(super) fn degraded(&self) -> Option<&str> {
        self.journal.degraded()
    }
}

impl Journal for Tap {
    type Error = JournalError;

    fn append(&mut self, batch: &[Record], durability: Durability) -> Result<(), JournalError> {
        self.journal.append(batch, durability)?;
        self.appended.extend_from_slice(batch);
        self.synced = durability == Durability::Synced;
        Ok(())
    }
}
