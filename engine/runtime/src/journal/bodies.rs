//! The bodies of a journal's lines, as fast as they can be read: for those who show records and judge none.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::JournalError;
use super::line::{beginning, has_shape};

/// Reads the bodies of records in order, from a journal whose engine has verified it. Lines are told by shape and
/// number only.
///
/// What it deliberately does not do: check hashes, or parse. [`super::Follower`] does both, and is for everybody else.
pub(crate) struct Bodies {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
    /// The last record that was given.
    seq: u64,
}

impl Bodies {
    /// Opens a journal before its first record.
    ///
    /// # Errors
    /// [`JournalError::Read`].
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|source| JournalError::Read { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file: BufReader::with_capacity(1 << 17, file), line: Vec::new(), seq: 0 })
    }

    /// The number of the last record that was given.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The next record's body, JSON in ASCII; `None` where there is none yet.
    ///
    /// # Errors
    /// [`JournalError::Read`].
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, JournalError> {
        loop {
            if self.line.last() == Some(&b'\n') {
                self.line.clear();
            }
            self.file
                .read_until(b'\n', &mut self.line)
                .map_err(|source| JournalError::Read { path: self.path.clone(), source })?;
            let Some(line) = self.line.strip_suffix(b"\n") else { return Ok(None) };
            // What a crash has torn has no hash, and is passed over like a number that was not to come.
            if has_shape(line) && line.starts_with(beginning(self.seq + 1).as_bytes()) {
                self.seq += 1;
                // Invariant: a line with the shape has a tab 65 bytes before its end.
                return Ok(Some(&self.line[..self.line.len() - 66]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::journal::Follower;

    #[test]
    fn they_are_what_a_reader_that_verifies_gives_and_torn_lines_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let bytes = super::super::tests::journal_bytes();
        let mut file = File::create(&path).unwrap();
        let mut bodies = Bodies::open(&path).unwrap();
        let mut seen = Vec::new();
        for piece in bytes.chunks(11) {
            file.write_all(piece).unwrap();
            while let Some(body) = bodies.next().unwrap() {
                seen.push(String::from_utf8(body.to_vec()).unwrap());
            }
        }
        let mut follower = Follower::open(&path).unwrap();
        let mut expect = Vec::new();
        while let Some(followed) = follower.next().unwrap() {
            expect.push(followed.body);
        }
        assert_eq!(seen, expect);
        assert_eq!((seen.len(), bodies.seq()), (5, 5));
        file.write_all(b"{\"v\":1,\"seq\":6,\"batch\":9,\"at\n").unwrap();
        assert!(bodies.next().unwrap().is_none());
    }
}
