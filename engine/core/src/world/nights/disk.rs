//! A journal in memory that knows what a power loss would leave of it.

use crate::run::{Durability, Journal, Record};

pub(super) struct Disk {
    pub(super) records: Vec<Record>,
    /// Records that no accident takes back.
    pub(super) synced: usize,
    /// The next append keeps this many of its records and fails.
    pub(super) fails_after: Option<usize>,
}

#[derive(Debug)]
pub(super) struct DiskFull;

impl Journal for Disk {
    type Error = DiskFull;

    fn append(&mut self, batch: &[Record], durability: Durability) -> Result<(), DiskFull> {
        if let Some(keep) = self.fails_after.take() {
            self.records.extend_from_slice(&batch[..keep.min(batch.len())]);
            return Err(DiskFull);
        }
        self.records.extend_from_slice(batch);
        if durability == Durability::Synced {
            self.synced = self.records.len();
        }
        Ok(())
    }
}
