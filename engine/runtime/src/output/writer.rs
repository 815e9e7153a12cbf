//! The store of one run's output, and the writer of one command's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use banister_core::run::{Captured, Durability, EffectKey};

use super::index::Index;
use super::stream::{Stream, create};
use super::{Chunk, OutputError, OutputName, StreamKind};
use crate::secrets::RedactionSet;

/// Where the output of one run's commands is kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OutputStore {
    dir: PathBuf,
    redactions: RedactionSet,
    cap: u64,
}

impl OutputStore {
    /// Bytes that are stored of one stream, at most.
    pub const CAP: u64 = 64 * 1024 * 1024;

    /// A store in a directory that exists (a run's `out`).
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, redactions: RedactionSet) -> Self {
        Self { dir: dir.into(), redactions, cap: Self::CAP }
    }

    /// The same store with another cap, at least 2 bytes; for tests.
    #[must_use]
    pub fn with_cap(self, cap: u64) -> Self {
        Self { cap: cap.max(2), ..self }
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is blotted out.
    #[must_use]
    pub fn redactions(&self) -> &RedactionSet {
        &self.redactions
    }

    /// A writer for one attempt. What an earlier engine stored of the same attempt is replaced: its output is fetched
    /// again from the beginning. Files come into being with their first byte.
    #[must_use]
    pub fn writer(&self, key: &EffectKey) -> OutputWriter {
        let name = OutputName::new(key);
        let stream = |kind| {
            let (path, tail) = (self.dir.join(name.stream(kind)), self.dir.join(name.tail(kind)));
            // What cannot be removed shows again, with its error, when it is written.
            let _ = std::fs::remove_file(&path);
            let _ = std::fs::remove_file(&tail);
            Stream::new(path, tail, &self.redactions, self.cap)
        };
        let index_path = self.dir.join(name.index());
        let _ = std::fs::remove_file(&index_path);
        OutputWriter {
            stdout: stream(StreamKind::Stdout),
            stderr: stream(StreamKind::Stderr),
            index: None,
            index_path,
            index_error: None,
        }
    }
}

/// Takes what one command prints. It never fails: an error of the disk is kept until the end, and the bytes are
/// counted and digested all the same.
pub struct OutputWriter {
    stdout: Stream,
    stderr: Stream,
    index: Option<Index>,
    index_path: PathBuf,
    index_error: Option<OutputError>,
}

/// A command's output, all of it taken.
#[derive(Debug)]
pub struct FinishedOutput {
    /// Its standard output, for conditions and the record.
    pub stdout: Captured,
    /// Its standard error, for conditions and the record.
    pub stderr: Captured,
    /// Whether the stored copy is whole; an error is for the operator, not for the step.
    pub kept: Result<(), OutputError>,
}

impl OutputWriter {
    /// Takes bytes of a stream; gives what may be shown of them now. A few may be held back because a secret could
    /// begin in them.
    pub fn write(&mut self, stream: StreamKind, elapsed: Duration, bytes: &[u8]) -> &[u8] {
        self.with(stream, elapsed, |s| s.push(bytes).len())
    }

    /// Takes the end of a stream; gives what was held back.
    pub fn close(&mut self, stream: StreamKind, elapsed: Duration) -> &[u8] {
        self.with(stream, elapsed, |s| s.close().len())
    }

    fn with(&mut self, kind: StreamKind, elapsed: Duration, act: impl FnOnce(&mut Stream) -> usize) -> &[u8] {
        let stream = match kind {
            StreamKind::Stdout => &mut self.stdout,
            StreamKind::Stderr => &mut self.stderr,
        };
        let offset = stream.bytes();
        let length = act(stream) as u64;
        if length > 0 && self.index_error.is_none() {
            let chunk = Chunk { elapsed, stream: kind, offset, length };
            let index = match &mut self.index {
                Some(index) => Ok(index),
                None => create(&self.index_path).map(|file| self.index.insert(Index::new(file))),
            };
            if let Err(source) = index.and_then(|index| index.add(chunk)) {
                self.index_error = Some(OutputError::Write { path: self.index_path.clone(), source });
            }
        }
        stream.fresh()
    }

    /// Ends both streams. With [`Durability::Synced`] the stored copy is on the disk afterwards; needed before the
    /// record that lets the host delete its own copy.
    #[must_use]
    pub fn finish(self, durability: Durability) -> FinishedOutput {
        let sync = durability == Durability::Synced;
        let (stdout, out_kept) = self.stdout.finish(sync);
        let (stderr, err_kept) = self.stderr.finish(sync);
        let indexed = match (self.index_error, self.index) {
            (Some(error), _) => Err(error),
            (None, Some(index)) => index
                .finish()
                .and_then(|file| if sync { file.sync_data() } else { Ok(()) })
                .map_err(|source| OutputError::Write { path: self.index_path, source }),
            (None, None) => Ok(()),
        };
        FinishedOutput { stdout, stderr, kept: out_kept.and(err_kept).and(indexed) }
    }
}
