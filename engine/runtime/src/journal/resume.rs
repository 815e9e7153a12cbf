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

impl FileJournal {
    /// Opens a journal whose records are no run's, and makes it if there is none. The caller holds its lock.
    ///
    /// # Errors
    /// A [`JournalError`] if it was changed or damaged, or cannot be read or written.
    pub(crate) fn open_other(path: &Path, limits: Limits, now: &Now) -> Result<Self, JournalError> {
        if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Self::create(path, limits);
        }
        let read = read(path)?;
        refuse_damage(&read, path)?;
        Ok(Self::go_on(DiskFile::open(path, limits)?, path, &read, now)?.0)
    }
}

fn refuse_damage(read: &JournalRead, path: &Path) -> Result<(), JournalError> {
    match &read.tail {
        Tail::Corrupt { line, why } => {
            Err(JournalError::Corrupt { path: path.to_owned(), line: *line, why: why.clone() })
        }
        _ => Ok(()),
    }
}

fn refuse(read: &JournalRead, path: &Path) -> Result<(), JournalError> {
    refuse_damage(read, path)?;
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
        let (journal, recovered) = Self::go_on(file, path, &read, now)?;
        let mut records = read.records;
        records.extend(recovered);
        Ok((journal, records))
    }

    /// Opens what was read and is not damaged for more, whatever its records are about. Gives the `tail.recovered` that
    /// answers a torn end.
    fn go_on(file: F, path: &Path, read: &JournalRead, now: &Now) -> Result<(Self, Option<Record>), JournalError> {
        let mut journal = Self::after(file, path, read);
        match &read.tail {
            Tail::Whole | Tail::Corrupt { .. } => Ok((journal, None)),
            Tail::LacksLf => journal.complete_line().map(|()| (journal, None)),
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
                    kind: RecordKind::TailRecovered { at: *at, len: *len, sha256: sha256.clone() },
                };
                journal.owe_lf();
                journal.append(std::slice::from_ref(&record), Durability::Synced)?;
                Ok((journal, Some(record)))
            }
        }
    }
}
