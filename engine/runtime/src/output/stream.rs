//! One stream of one command, on its way to its file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use banister_core::run::{Captured, CapturedText, StreamInfo};
use sha2::{Digest as _, Sha256};

use super::OutputError;
use crate::access::Access;
use crate::secrets::{RedactionSet, Redactor};

/// Bytes of a stream that a condition may read.
const CAPTURED: usize = 64 * 1024;

/// Redacts, digests, captures and stores one stream. Memory: the captured part and one chunk.
pub(super) struct Stream {
    path: PathBuf,
    tail_path: PathBuf,
    redactor: Redactor,
    digest: Sha256,
    bytes: u64,
    captured: Vec<u8>,
    /// What the last chunk gave, for whoever shows it.
    fresh: Vec<u8>,
    half: u64,
    head: Option<File>,
    tail: Option<File>,
    error: Option<OutputError>,
    closed: bool,
}

/// A new or emptied file of ours. A link put there by somebody else is refused.
pub(super) fn create(path: &PathBuf) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    Access::beside(path)?.seal(&file)?;
    Ok(file)
}

impl Stream {
    pub(super) fn new(path: PathBuf, tail_path: PathBuf, redactions: &RedactionSet, cap: u64) -> Self {
        Self {
            path,
            tail_path,
            redactor: redactions.redactor(),
            digest: Sha256::new(),
            bytes: 0,
            captured: Vec::new(),
            fresh: Vec::new(),
            half: cap / 2,
            head: None,
            tail: None,
            error: None,
            closed: false,
        }
    }

    /// Bytes so far, after redaction.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the last call gave.
    pub(super) fn fresh(&self) -> &[u8] {
        &self.fresh
    }

    /// Takes raw bytes; gives what may be shown and kept of them now.
    pub(super) fn push(&mut self, raw: &[u8]) -> &[u8] {
        self.fresh.clear();
        self.redactor.push(raw, &mut self.fresh);
        self.take_fresh();
        &self.fresh
    }

    /// The stream is over; gives what was held back.
    pub(super) fn close(&mut self) -> &[u8] {
        self.fresh.clear();
        if !self.closed {
            self.closed = true;
            self.redactor.finish(&mut self.fresh);
            self.take_fresh();
        }
        &self.fresh
    }

    fn take_fresh(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        self.digest.update(&self.fresh);
        let room = (CAPTURED + 1).saturating_sub(self.captured.len());
        self.captured.extend(self.fresh.iter().take(room));
        if self.error.is_none()
            && let Err((path, source)) = self.store()
        {
            self.error = Some(OutputError::Write { path, source });
        }
        self.bytes += self.fresh.len() as u64;
    }

    /// The first half goes to the file, all that follows round and round into a second one of the same size.
    fn store(&mut self) -> Result<(), (PathBuf, io::Error)> {
        let Self { path, tail_path, bytes, fresh, half, head, tail, .. } = self;
        let head_room = half.saturating_sub(*bytes).min(fresh.len() as u64);
        let (for_head, mut for_tail) = fresh.split_at(usize::try_from(head_room).unwrap_or(fresh.len()));
        if !for_head.is_empty() {
            open(head, path).and_then(|f| f.write_all(for_head)).map_err(|e| (path.clone(), e))?;
        }
        let mut at = *bytes + head_room;
        while !for_tail.is_empty() {
            let place = (at - *half) % *half;
            let room = (*half - place).min(for_tail.len() as u64);
            let (now, later) = for_tail.split_at(usize::try_from(room).unwrap_or(for_tail.len()));
            open(tail, tail_path)
                .and_then(|f| f.seek(SeekFrom::Start(place)).and_then(|_| f.write_all(now)))
                .map_err(|e| (tail_path.clone(), e))?;
            at += room;
            for_tail = later;
        }
        Ok(())
    }

    /// Puts the last half behind the first, in order.
    fn join(&mut self) -> Result<(), (PathBuf, io::Error)> {
        let Self { path, tail_path, bytes, half, head, tail, .. } = self;
        let (Some(head), Some(tail)) = (head, tail) else { return Ok(()) };
        let after_head = *bytes - *half;
        let oldest = if after_head > *half { after_head % *half } else { 0 };
        let kept = after_head.min(*half);
        for (from, len) in [(oldest, kept - oldest), (0, oldest)] {
            tail.seek(SeekFrom::Start(from)).map_err(|e| (tail_path.clone(), e))?;
            let copied = io::copy(&mut tail.take(len), head).map_err(|e| (path.clone(), e))?;
            if copied != len {
                return Err((tail_path.clone(), io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, sync: bool) -> (Captured, Result<(), OutputError>) {
        self.close();
        let mut kept = self.error.take().map_or(Ok(()), Err);
        if kept.is_ok() {
            kept = self.join().map_err(|(path, source)| OutputError::Write { path, source });
        }
        if let (Ok(()), true, Some(head)) = (&kept, sync, &self.head) {
            kept = head.sync_data().map_err(|source| OutputError::Write { path: self.path.clone(), source });
        }
        if self.tail.take().is_some() {
            // Left behind it costs room and nothing else; the next writer of this name removes it.
            let _ = std::fs::remove_file(&self.tail_path);
        }
        let info = StreamInfo {
            bytes: self.bytes,
            sha256: crate::digest::hex(&self.digest.finalize()),
            redactions: self.redactor.count(),
            cut: self.bytes > self.half * 2,
        };
        (Captured { text: captured_text(self.captured), info }, kept)
    }
}

fn open<'a>(slot: &'a mut Option<File>, path: &PathBuf) -> io::Result<&'a mut File> {
    match slot {
        Some(file) => Ok(file),
        None => Ok(slot.insert(create(path)?)),
    }
}

fn captured_text(mut bytes: Vec<u8>) -> CapturedText {
    if bytes.len() > CAPTURED {
        return CapturedText::Cut;
    }
    bytes.truncate(bytes.iter().rposition(|b| *b != b'\n').map_or(0, |last| last + 1));
    String::from_utf8(bytes).map_or(CapturedText::NotUtf8, CapturedText::Text)
}
