//! Writes batches of records.

use std::io;
use std::path::{Path, PathBuf};

use banister_core::run::{Durability, Journal, Record};
use serde::Serialize;

use super::line::encode;
use super::{DiskFile, FORMAT, JournalError, JournalFile, JournalRead, Limits, LineHash, Place};

/// Appends batches to a journal file. One batch is one append and, where asked for, one sync. After a batch that is
/// not whole or not synced it takes nothing any more: what the disk holds then can only be told by reading it again.
#[derive(Debug)]
pub struct FileJournal<F = DiskFile> {
    file: F,
    path: PathBuf,
    head: LineHash,
    seq: u64,
    batch: u64,
    len: u64,
    lines: Vec<u8>,
    /// The file ends in a torn line; the next append begins with its LF. One write with what follows, so that hardly
    /// any crash leaves the LF alone, which would look like damage.
    owes_lf: bool,
    degraded: Option<String>,
    poison: Option<String>,
}

impl FileJournal {
    /// Begins a journal; there must be none at the path. The caller holds the run's lock.
    ///
    /// # Errors
    /// A [`JournalError`]; then nothing was started.
    pub fn create(path: &Path, limits: Limits) -> Result<Self, JournalError> {
        Ok(Self::over(DiskFile::create(path, limits)?, path))
    }
}

impl<F: JournalFile> FileJournal<F> {
    /// A journal in an empty file.
    #[must_use]
    pub fn over(file: F, path: &Path) -> Self {
        Self {
            file,
            path: path.to_owned(),
            head: LineHash::GENESIS,
            seq: 0,
            batch: 0,
            len: 0,
            lines: Vec::new(),
            owes_lf: false,
            degraded: None,
            poison: None,
        }
    }

    /// A journal in a file that was read and is whole up to its end.
    pub(super) fn after(file: F, path: &Path, read: &JournalRead) -> Self {
        let JournalRead { head, seq, batch, len, .. } = *read;
        Self { head, seq, batch, len, ..Self::over(file, path) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number and hash of the last record: what a witness keeps.
    #[must_use]
    pub fn head(&self) -> (u64, LineHash) {
        (self.seq, self.head)
    }

    /// Number of the last batch.
    pub(crate) fn batch(&self) -> u64 {
        self.batch
    }

    /// Why the run should be drained although every batch so far is whole: the disk is full and the reserved room is
    /// in use. The next failure is final.
    #[must_use]
    pub fn degraded(&self) -> Option<&str> {
        self.degraded.as_deref()
    }

    /// Completes a last line that lacks only its LF.
    pub(super) fn complete_line(&mut self) -> Result<(), JournalError> {
        self.guarded(|journal| {
            journal.check_place()?;
            journal.write_all(b"\n")?;
            journal.sync()
        })
    }

    /// The next append begins with the LF of a torn line.
    pub(super) fn owe_lf(&mut self) {
        self.owes_lf = true;
    }

    /// Runs one step of writing; any failure poisons.
    fn guarded(&mut self, act: impl FnOnce(&mut Self) -> Result<(), JournalError>) -> Result<(), JournalError> {
        if let Some(why) = &self.poison {
            return Err(JournalError::Poisoned { path: self.path.clone(), why: why.clone() });
        }
        let result = act(self);
        if let Err(error) = &result {
            self.poison = Some(error.to_string());
        }
        result
    }

    fn check_place(&mut self) -> Result<(), JournalError> {
        let why = match self.file.place() {
            Ok(Place::Ours(len)) if len == self.len => return Ok(()),
            Ok(Place::Ours(len)) => format!("has {len} bytes where {} were written", self.len),
            Ok(Place::Another) => "was replaced by another file".to_owned(),
            Ok(Place::Gone) => "is no longer at its path".to_owned(),
            Err(e) => format!("cannot be looked at ({e})"),
        };
        Err(JournalError::Displaced { path: self.path.clone(), why })
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), JournalError> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(self.write_error(io::ErrorKind::WriteZero.into())),
                Ok(n) => {
                    self.len += n as u64;
                    bytes = bytes.get(n..).unwrap_or_default();
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                    // The reserved room lets this batch become whole, and the drain that must follow be written.
                    match self.file.free_ballast() {
                        Ok(true) => self.degraded = Some(format!("{}: {e}", self.path.display())),
                        Ok(false) | Err(_) => return Err(self.write_error(e)),
                    }
                }
                Err(e) => return Err(self.write_error(e)),
            }
        }
        Ok(())
    }

    fn write_error(&self, source: io::Error) -> JournalError {
        JournalError::Write { path: self.path.clone(), source }
    }

    /// One try. After a failed sync the kernel may have dropped the pages and call the next sync a success.
    fn sync(&mut self) -> Result<(), JournalError> {
        self.file.sync().map_err(|source| JournalError::Sync { path: self.path.clone(), source })
    }

    fn encode<K: Serialize>(&mut self, batch: &[Record<K>]) -> Result<(u64, u64, LineHash), JournalError> {
        let out_of_order = |why| JournalError::OutOfOrder { path: self.path.clone(), why };
        let (mut seq, mut number, mut head) = (self.seq, self.batch, self.head);
        self.lines.clear();
        if self.owes_lf {
            self.lines.push(b'\n');
        }
        for record in batch {
            if record.v != FORMAT || record.seq != seq + 1 || record.batch < number {
                let found = format!("record {} of batch {} in format {}", record.seq, record.batch, record.v);
                return Err(out_of_order(format!("{found} after record {seq} of batch {number}")));
            }
            head = encode(head, record, &mut self.lines).map_err(|e| out_of_order(e.to_string()))?;
            (seq, number) = (record.seq, record.batch);
        }
        Ok((seq, number, head))
    }
}

impl<F: JournalFile> Journal for FileJournal<F> {
    type Error = JournalError;

    fn append(&mut self, batch: &[Record], durability: Durability) -> Result<(), JournalError> {
        self.append_of(batch, durability)
    }
}

impl<F: JournalFile> FileJournal<F> {
    /// Appends one batch of any kind of records.
    pub(crate) fn append_of<K: Serialize>(
        &mut self,
        batch: &[Record<K>],
        durability: Durability,
    ) -> Result<(), JournalError> {
        self.guarded(|journal| {
            let (seq, number, head) = journal.encode(batch)?;
            if durability == Durability::Synced {
                journal.check_place()?;
            }
            let lines = std::mem::take(&mut journal.lines);
            let written = journal.write_all(&lines);
            journal.lines = lines;
            written?;
            if durability == Durability::Synced {
                journal.sync()?;
            }
            (journal.seq, journal.batch, journal.head) = (seq, number, head);
            journal.owes_lf = false;
            Ok(())
        })
    }
}
