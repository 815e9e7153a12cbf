//! Opens a journal for more: a torn end is answered, never cut off.

use std::path::Path;

use banister_core::run::{Actor, Durability, Journal as _, Now, Record, RecordKind};

use super::{DiskFile, FORMAT, FileJournal, JournalError, JournalFile, JournalRead, Limits, Tail, read};

impl FileJournal {
    /// Reads a journal and opens it for more. Gives the records as they stand in the file afterwards, a
    /// `tail.recovered` among them if the end was torn. The caller holds the run's lock.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] or [`JournalError::Unreadable`] if the run cannot be resumed from this file, others if
    /// the file cannot be read or written.
    pub fn resume(path: &Path, limits: Limits, now: &Now) -> Result<(Self, Vec<Record>), JournalError> {
        let read = read(path)?;
        refuse(&read, path)?;
        Self::recover(DiskFile::open(path, limits)?, path, read, now)
    }
}

fn refuse(read: &JournalRead, path: &Path) -> Result<(), JournalError> {
    if let Tail::Corrupt { line, why } = &read.tail {
        return Err(JournalError::Corrupt { path: path.to_owned(), line: *line, why: why.clone() });
    }
    match read.unreadable.first() {
        Some(first) => {
            Err(JournalError::Unreadable { path: path.to_owned(), line: first.line, why: first.why.clone() })
        }
        None => Ok(()),
    }
}

impl<F: JournalFile> FileJournal<F> {
    /// The same over any file.
    ///
    /// # Errors
    /// As [`FileJournal::resume`].
    pub fn recover(file: F, path: &Path, read: JournalRead, now: &Now) -> Result<(Self, Vec<Record>), JournalError> {
        refuse(&read, path)?;
        let mut journal = Self::after(file, path, &read);
        let mut records = read.records;
        match read.tail {
            Tail::Whole | Tail::Corrupt { .. } => {}
            Tail::LacksLf => journal.complete_line()?,
            Tail::Torn { at, len, sha256 } => {
                let record = Record {
                    v: FORMAT,
                    seq: read.seq + 1,
                    batch: read.batch + 1,
                    at: now.wall,
                    recorded: now.wall,
                    boot: now.boot.clone(),
                    elapsed: now.elapsed,
                    actor: Actor::Engine {},
                    kind: RecordKind::TailRecovered { at, len, sha256 },
                };
                journal.owe_lf();
                journal.append(std::slice::from_ref(&record), Durability::Synced)?;
                records.push(record);
            }
        }
        Ok((journal, records))
    }
}
