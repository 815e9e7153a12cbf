//! The index beside a command's streams: which bytes came when, and in which order.

use std::fs::File;
use std::io::{self, BufWriter};
use std::time::Duration;

use super::StreamKind;

/// A run of bytes of one stream that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Since the command started, as the executor saw it.
    pub elapsed: Duration,
    /// Of which stream.
    pub stream: StreamKind,
    /// Of its first byte in the whole redacted stream, also where the stored file is cut.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

impl Chunk {
    /// One line: nanoseconds, stream, offset, length, with tabs between.
    fn write(&self, to: &mut impl io::Write) -> io::Result<()> {
        let Self { elapsed, stream, offset, length } = self;
        writeln!(to, "{}\t{stream}\t{offset}\t{length}", elapsed.as_nanos())
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let elapsed = Duration::from_nanos(fields.next()?.parse().ok()?);
        let stream = match fields.next()? {
            "stdout" => StreamKind::Stdout,
            "stderr" => StreamKind::Stderr,
            _ => return None,
        };
        let (offset, length) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        fields.next().is_none().then_some(Self { elapsed, stream, offset, length })
    }
}

/// Writes an index. What comes within [`Index::TOGETHER`] of the same stream is one entry, and after
/// [`Index::MAX_ENTRIES`] no more are written: a program that prints byte by byte must not fill the disk with its index.
pub(super) struct Index {
    file: BufWriter<File>,
    open: Option<Chunk>,
    entries: u32,
}

impl Index {
    pub(super) const TOGETHER: Duration = Duration::from_millis(10);
    pub(super) const MAX_ENTRIES: u32 = 100_000;

    pub(super) fn new(file: File) -> Self {
        Self { file: BufWriter::new(file), open: None, entries: 0 }
    }

    pub(super) fn add(&mut self, chunk: Chunk) -> io::Result<()> {
        if let Some(open) = &mut self.open {
            let soon = chunk.elapsed.saturating_sub(open.elapsed) < Self::TOGETHER;
            if open.stream == chunk.stream && soon {
                open.length += chunk.length;
                return Ok(());
            }
        }
        self.flush_open()?;
        self.open = Some(chunk);
        Ok(())
    }

    fn flush_open(&mut self) -> io::Result<()> {
        match self.open.take() {
            Some(chunk) if self.entries < Self::MAX_ENTRIES => {
                self.entries += 1;
                chunk.write(&mut self.file)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> io::Result<File> {
        self.flush_open()?;
        self.file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back() {
        let chunk = Chunk { elapsed: Duration::from_millis(12), stream: StreamKind::Stderr, offset: 3, length: 4 };
        let mut line = Vec::new();
        chunk.write(&mut line).unwrap();
        assert_eq!(line, b"12000000\tstderr\t3\t4\n");
        assert_eq!(Chunk::parse("12000000\tstderr\t3\t4"), Some(chunk));
        for bad in ["", "1\tstdin\t3\t4", "1\tstdout\t3", "1\tstdout\t3\t4\t5", "x\tstdout\t3\t4"] {
            assert_eq!(Chunk::parse(bad), None, "{bad:?}");
        }
    }
}
