//! Both directions of a connection, line by line.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::protocol::{Body, Reply, VERSION};

/// Bytes of one line, at most.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// What a connection sends.
pub(super) struct Out(pub(super) OwnedWriteHalf);

impl Out {
    /// `None`: the other end is gone.
    pub(super) async fn say(&mut self, id: u64, body: Body) -> Option<()> {
        let mut line = serde_json::to_vec(&Reply { v: VERSION, id, body }).ok()?;
        line.push(b'\n');
        self.lines(&line).await
    }

    /// Lines that are made already.
    pub(super) async fn lines(&mut self, lines: &[u8]) -> Option<()> {
        self.0.write_all(lines).await.ok()
    }
}

/// What a connection receives, line by line.
pub(super) struct Lines {
    reader: OwnedReadHalf,
    bytes: Vec<u8>,
}

/// How a line came.
pub(super) enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

impl Lines {
    pub(super) fn new(reader: OwnedReadHalf) -> Self {
        Self { reader, bytes: Vec::new() }
    }

    /// The connection again; `None` if more was sent than was read.
    pub(super) fn reunite(self, out: Out) -> Option<UnixStream> {
        if !self.bytes.is_empty() {
            return None;
        }
        self.reader.reunite(out.0).ok()
    }

    /// The next line. May be dropped at any await: what was read stays.
    pub(super) async fn next(&mut self) -> Line {
        loop {
            if let Some(end) = self.bytes.iter().position(|b| *b == b'\n') {
                let rest = self.bytes.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.bytes, rest);
                line.pop();
                return if line.len() > MAX_LINE { Line::TooLong } else { Line::Whole(line) };
            }
            if self.bytes.len() > MAX_LINE {
                return Line::TooLong;
            }
            match self.reader.read_buf(&mut self.bytes).await {
                // A line without its end says nothing.
                Ok(0) | Err(_) => return Line::End,
                Ok(_) => {}
            }
        }
    }
}
