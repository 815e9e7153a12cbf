//! What is said about a connection that is lent for an agent.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use super::protocol::{Body, Reply, Request, VERSION, Verb};
use super::server::at;
use crate::state::RunDir;

/// A connection that is lent.
pub(crate) struct Loaned<F> {
    /// The connection, to be ended from elsewhere.
    pub(crate) engine: UnixStream,
    /// Waits until it is used; gives what came after the word, and comes.
    pub(crate) wait: F,
}

/// Lends one connection to the engine of a run.
pub(crate) fn lend(run: &RunDir) -> io::Result<Loaned<impl FnOnce() -> io::Result<BufReader<UnixStream>>>> {
    let mut engine = at(&run.socket_path(), UnixStream::connect)?;
    let mut line = serde_json::to_vec(&Request { v: VERSION, id: 1, verb: Verb::LendAgent {} })?;
    line.push(b'\n');
    engine.write_all(&line)?;
    let mut reader = BufReader::new(engine.try_clone()?);
    let wait = move || {
        loop {
            let mut line = Vec::new();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match serde_json::from_slice::<Reply>(&line)?.body {
                Body::Use {} => return Ok(reader),
                Body::Done { .. } => {}
                // An older engine, or one that takes none.
                _ => return Err(io::ErrorKind::Unsupported.into()),
            }
        }
    };
    Ok(Loaned { engine, wait })
}

/// The line after which bytes are copied.
pub(crate) fn use_line(id: u64) -> Vec<u8> {
    // Invariant: three fields without maps or floats always serialise.
    let mut line = serde_json::to_vec(&Reply { v: VERSION, id, body: Body::Use {} }).expect("a reply serialises");
    line.push(b'\n');
    line
}
