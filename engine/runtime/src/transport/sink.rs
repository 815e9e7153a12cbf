//! Where output goes.

use std::time::Instant;

use banister_core::run::{Captured, Durability};

use crate::output::{OutputError, OutputWriter, StreamKind};

/// Takes what one command prints: redacts, stores and shows it. It cannot fail: whatever becomes of the copy, the
/// command's output is drained.
pub trait OutputSink: Send {
    /// The next bytes of a stream.
    fn take(&mut self, stream: StreamKind, bytes: &[u8]);

    /// The command's process was seen alive. By default that is no news.
    fn alive(&mut self) {}

    /// Both streams are over.
    fn finish(self: Box<Self>) -> (Captured, Captured);
}

/// What a display is told of a command's output.
#[derive(Debug)]
pub enum Shown<'a> {
    /// Bytes, redacted.
    Chunk(StreamKind, &'a [u8]),
    /// Its process was seen alive just now.
    Alive,
    /// The stored copy is not whole; for the operator, not for the step.
    NotKept(OutputError),
}

/// The sink of a run: stores redacted output beside the journal and shows it as it comes.
pub struct StoredOutput {
    writer: OutputWriter,
    durability: Durability,
    since: Instant,
    show: Box<dyn FnMut(Shown<'_>) + Send>,
}

impl StoredOutput {
    /// A sink into a writer. A changing command's copy must be synced, since the host deletes its own afterwards.
    #[must_use]
    pub fn new(writer: OutputWriter, durability: Durability, show: Box<dyn FnMut(Shown<'_>) + Send>) -> Self {
        Self { writer, durability, since: Instant::now(), show }
    }
}

impl OutputSink for StoredOutput {
    fn take(&mut self, stream: StreamKind, bytes: &[u8]) {
        let shown = self.writer.write(stream, self.since.elapsed(), bytes);
        if !shown.is_empty() {
            (self.show)(Shown::Chunk(stream, shown));
        }
    }

    fn alive(&mut self) {
        (self.show)(Shown::Alive);
    }

    fn finish(mut self: Box<Self>) -> (Captured, Captured) {
        for stream in [StreamKind::Stdout, StreamKind::Stderr] {
            let shown = self.writer.close(stream, self.since.elapsed());
            if !shown.is_empty() {
                (self.show)(Shown::Chunk(stream, shown));
            }
        }
        let finished = self.writer.finish(self.durability);
        if let Err(error) = finished.kept {
            (self.show)(Shown::NotKept(error));
        }
        (finished.stdout, finished.stderr)
    }
}
