//! Follows what a command under the ledger prints.

use super::{OutputSink, Transport, TransportError};
use crate::output::StreamKind;

/// Bytes fetched at a time.
const CHUNK: usize = 256 * 1024;

/// Reads a key's two output files, each from where it stopped.
#[derive(Default)]
pub(super) struct Follow {
    /// The key's directory, once the wrapper has said it.
    dir: Option<String>,
    offsets: [u64; 2],
}

const STREAMS: [(StreamKind, &str); 2] = [(StreamKind::Stdout, "out"), (StreamKind::Stderr, "err")];

impl Follow {
    /// The wrapper said where.
    pub(super) fn found(&mut self, dir: String) {
        self.dir = Some(dir);
    }

    /// Hands over all that is there by now, in constant memory. What is written meanwhile (a child that was left
    /// behind may write for ever) is left for the next time.
    pub(super) async fn pull(
        &mut self,
        transport: &dyn Transport,
        sink: &mut dyn OutputSink,
    ) -> Result<(), TransportError> {
        let Some(dir) = &self.dir else { return Ok(()) };
        for ((stream, name), offset) in STREAMS.iter().zip(&mut self.offsets) {
            let mut until = None;
            while until.is_none_or(|until| *offset < until) {
                let part = transport.read(format!("{dir}/{name}"), *offset, CHUNK).await?;
                if part.bytes.is_empty() {
                    break;
                }
                until.get_or_insert(part.len);
                *offset += part.bytes.len() as u64;
                sink.take(*stream, &part.bytes);
            }
        }
        Ok(())
    }
}
