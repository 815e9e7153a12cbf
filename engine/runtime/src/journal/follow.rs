//! Reads a journal record by record, also while it grows.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use banister_core::run::Record;

use super::read::Reader;
use super::{JournalError, RunEnd, Tail, end_of};

/// A record and the bytes it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// What happened.
    pub record: Record,
    /// The line without tab and hash: JSON in ASCII.
    pub body: String,
}

/// Reads the lines of a journal in order and in constant memory, each verified against the one before.
///
/// What it deliberately does not do: wait. Whoever calls [`Follower::next`] decides when to look again.
pub struct Follower {
    path: PathBuf,
    file: BufReader<File>,
    reader: Reader,
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
    end: RunEnd,
}

impl Follower {
    /// Opens a journal at its beginning.
    ///
    /// # Errors
    /// [`JournalError::Read`].
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|source| JournalError::Read { path: path.to_owned(), source })?;
        let file = BufReader::with_capacity(1 << 16, file);
        Ok(Self { path: path.to_owned(), file, reader: Reader::default(), partial: Vec::new(), end: RunEnd::Open })
    }

    /// The next record that verifies and is understood; `None` where there is none yet.
    ///
    /// # Errors
    /// [`JournalError::Read`].
    #[expect(clippy::should_implement_trait, reason = "an iterator that ended must not go on, this does")]
    pub fn next(&mut self) -> Result<Option<Followed>, JournalError> {
        loop {
            self.file
                .read_until(b'\n', &mut self.partial)
                .map_err(|source| JournalError::Read { path: self.path.clone(), source })?;
            if self.partial.last() != Some(&b'\n') {
                return Ok(None);
            }
            let line = std::mem::take(&mut self.partial);
            self.reader.take(&line);
            if let Some(record) = self.reader.read.records.pop() {
                self.end = end_of(&record.kind).unwrap_or(self.end);
                let body = line.split(|b| *b == b'\t').next().unwrap_or_default();
                return Ok(Some(Followed { record, body: String::from_utf8_lossy(body).into_owned() }));
            }
        }
    }

    /// How the run stands by the records so far.
    #[must_use]
    pub fn end(&self) -> RunEnd {
        self.end
    }

    /// How the file ends, if nothing more comes.
    #[must_use]
    pub fn into_tail(mut self) -> Tail {
        if !self.partial.is_empty() {
            self.reader.take(&self.partial);
        }
        self.reader.end().tail
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_comes_in_pieces_is_given_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        std::fs::write(&path, "").unwrap();
        let mut follower = Follower::open(&path).unwrap();
        assert_eq!(follower.next().unwrap(), None);
        let bytes = super::super::tests::journal_bytes();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        let mut seen = Vec::new();
        for piece in bytes.chunks(7) {
            file.write_all(piece).unwrap();
            while let Some(followed) = follower.next().unwrap() {
                assert_eq!(serde_json::from_str::<Record>(&followed.body).unwrap(), followed.record);
                seen.push(followed.record.seq);
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        assert_eq!(follower.into_tail(), Tail::Whole);
    }

    #[test]
    fn a_torn_end_and_a_changed_line_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let bytes = super::super::tests::journal_bytes();
        let tail = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let mut follower = Follower::open(&path).unwrap();
            let mut count = 0;
            while follower.next().unwrap().is_some() {
                count += 1;
            }
            (count, follower.into_tail())
        };
        let (count, torn) = tail(&bytes[..bytes.len() - 30]);
        assert!(count == 4 && matches!(torn, Tail::Torn { .. }), "{count} {torn:?}");
        let mut changed = bytes.clone();
        changed[20] ^= 1;
        let (count, corrupt) = tail(&changed);
        assert!(count == 0 && matches!(corrupt, Tail::Corrupt { line: 1, .. }), "{count} {corrupt:?}");
    }
}
