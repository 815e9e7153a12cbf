//! Follows what a command under the ledger prints: by looks while it runs, and by what comes along with its end.

use super::{OutputSink, Transport, TransportError};
use crate::ledger::Answer;
use crate::output::StreamKind;

/// Reads a key's two output files, each from where it stopped.
#[derive(Default)]
pub(super) struct Follow {
    /// How the names of the key's files begin, once the wrapper has said it.
    key: Option<String>,
    offsets: [u64; 2],
    /// What came along with the end, from the beginning.
    parts: [Option<Vec<u8>>; 2],
}

const STREAMS: [(StreamKind, &str); 2] = [(StreamKind::Stdout, "out"), (StreamKind::Stderr, "err")];

impl Follow {
    /// The wrapper said where.
    pub(super) fn found(&mut self, key: String) {
        self.key = Some(key);
    }

    /// It ended, and this is how its output began.
    pub(super) fn came_along(&mut self, stream: StreamKind, bytes: Vec<u8>) {
        for ((kind, _), part) in STREAMS.iter().zip(&mut self.parts) {
            if *kind == stream {
                *part = Some(bytes);
                break;
            }
        }
    }

    /// Hands over all that is there by now, in constant memory. What is written meanwhile (a child that was left
    /// behind may write for ever) is left for the next time.
    pub(super) async fn pull(
        &mut self,
        transport: &dyn Transport,
        sink: &mut dyn OutputSink,
    ) -> Result<(), TransportError> {
        let Some(key) = &self.key else { return Ok(()) };
        for (((stream, name), offset), part) in STREAMS.iter().zip(&mut self.offsets).zip(&self.parts) {
            if let Some(part) = part {
                if let Some(rest) = usize::try_from(*offset).ok().and_then(|from| part.get(from..))
                    && !rest.is_empty()
                {
                    sink.take(*stream, rest);
                    *offset = part.len() as u64;
                }
                if part.len() < Answer::PART {
                    continue;
                }
            }
            let from = *offset;
            let mut take = |bytes: &[u8]| {
                *offset += bytes.len() as u64;
                sink.take(*stream, bytes);
            };
            transport.copy(format!("{key}.{name}"), from, &mut take).await?;
        }
        Ok(())
    }
}
