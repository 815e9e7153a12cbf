//! Stored output, read back.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use banister_core::run::EffectKey;

use super::{Chunk, OutputError, OutputName, StreamKind};

/// One stored stream, open for reading: exact bytes after redaction.
#[derive(Debug)]
pub struct StoredStream {
    file: File,
    len: u64,
}

impl StoredStream {
    /// Opens a stream of one attempt in a run's `out` directory. `None`: nothing was printed, or nothing is kept of
    /// it; the record says which.
    ///
    /// # Errors
    /// An [`OutputError`] if there is something that cannot be read.
    pub fn open(dir: &Path, key: &EffectKey, stream: StreamKind) -> Result<Option<Self>, OutputError> {
        let path = dir.join(OutputName::new(key).stream(stream));
        match File::open(&path).and_then(|file| Ok(Self { len: file.metadata()?.len(), file })) {
            Ok(stored) => Ok(Some(stored)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(OutputError::Read { path, source }),
        }
    }

    /// A piece of a stream of one attempt: where it begins, how many bytes are stored in all, and the bytes. Without
    /// `from` it is the end. Of what is not stored it is nothing.
    ///
    /// # Errors
    /// An [`OutputError`] if there is something that cannot be read.
    pub fn piece(
        dir: &Path,
        key: &EffectKey,
        stream: StreamKind,
        from: Option<u64>,
        most: u64,
    ) -> Result<(u64, u64, Vec<u8>), OutputError> {
        let Some(mut stored) = Self::open(dir, key, stream)? else { return Ok((0, 0, Vec::new())) };
        let total = stored.len;
        let from = from.unwrap_or(total.saturating_sub(most)).min(total);
        let mut bytes = Vec::new();
        stored
            .seek(SeekFrom::Start(from))
            .and_then(|_| stored.take(most).read_to_end(&mut bytes))
            .map_err(|source| OutputError::Read { path: dir.to_owned(), source })?;
        Ok((from, total, bytes))
    }

    /// Stored bytes. Where the record says `cut`, the first half is the stream's beginning and the rest its end.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Read for StoredStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read(buf)
    }
}

impl Seek for StoredStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Chunk {
    /// Order and time of one attempt's output; empty if nothing was printed.
    ///
    /// # Errors
    /// An [`OutputError`] if the index cannot be read or is not one.
    pub fn read_all(dir: &Path, key: &EffectKey) -> Result<Vec<Self>, OutputError> {
        let path = dir.join(OutputName::new(key).index());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(OutputError::Read { path, source }),
        };
        let mut chunks = Vec::new();
        for (n, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|source| OutputError::Read { path: path.clone(), source })?;
            let chunk = Self::parse(&line).ok_or_else(|| OutputError::Index { path: path.clone(), line: n + 1 })?;
            chunks.push(chunk);
        }
        Ok(chunks)
    }
}
