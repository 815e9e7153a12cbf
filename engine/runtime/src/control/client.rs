//! A front end's side of the socket.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::protocol::{Body, Reply, Request, VERSION, Verb};
use super::server::at;
use crate::state::RunDir;

/// How long an engine may take to answer: it answers when the disk has it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of one line from an engine; a snapshot of a large run is long.
const MAX_REPLY: u64 = 256 * 1024 * 1024;

/// Why a run could not be spoken to, or did not do what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No engine runs it.
    #[error("run {0} is not live: no engine runs it")]
    NotLive(String),
    /// The run did not take it.
    #[error("{why}")]
    Rejected {
        /// The reason's name.
        name: String,
        /// The reason.
        why: String,
    },
    /// The engine could not do it.
    #[error("the engine says: {0}")]
    Engine(String),
    /// The connection.
    #[error("cannot speak to the engine of run {run}: {source}")]
    Io {
        /// The run.
        run: String,
        /// In the system's words.
        source: io::Error,
    },
}

/// A connection to the engine of a run.
pub struct Client {
    run: String,
    stream: BufReader<UnixStream>,
    last: u64,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`ControlError::NotLive`] if no engine listens, [`ControlError::Io`] otherwise.
    pub fn connect(run: &RunDir) -> Result<Self, ControlError> {
        let id = run.id().to_string();
        let stream = at(&run.socket_path(), UnixStream::connect).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(stream)
        });
        match stream {
            Ok(stream) => Ok(Self { run: id, stream: BufReader::new(stream), last: 0 }),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                Err(ControlError::NotLive(id))
            }
            Err(source) => Err(ControlError::Io { run: id, source }),
        }
    }

    /// Does one thing and waits until it is on the disk; gives the number of the run's last record then.
    ///
    /// # Errors
    /// A [`ControlError`].
    pub fn act(&mut self, verb: Verb) -> Result<u64, ControlError> {
        let id = self.send(verb)?;
        loop {
            match self.next()? {
                Some(Reply { id: its, body, .. }) if its == id || its == 0 => match body {
                    Body::Done { seq } => return Ok(seq),
                    Body::Rejected { name, why } => return Err(ControlError::Rejected { name, why }),
                    Body::Error { why } => return Err(ControlError::Engine(why)),
                    _ => {}
                },
                Some(_) => {}
                None => return Err(self.io(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }

    /// Sends a request; its number.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    pub fn send(&mut self, verb: Verb) -> Result<u64, ControlError> {
        self.last += 1;
        let request = Request { v: VERSION, id: self.last, verb };
        let mut line = serde_json::to_vec(&request).map_err(|e| self.io(e.into()))?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).map_err(|e| self.io(e))?;
        Ok(self.last)
    }

    /// The next line from the engine; `None` when it has closed.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    #[expect(clippy::should_implement_trait, reason = "an iterator that failed must not go on, this may")]
    pub fn next(&mut self) -> Result<Option<Reply>, ControlError> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(MAX_REPLY).read_until(b'\n', &mut line);
        read.map_err(|e| self.io(e))?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        serde_json::from_slice(&line).map(Some).map_err(|e| self.io(e.into()))
    }

    /// Waits for the next line as long as it takes.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    pub fn be_patient(&mut self) -> Result<(), ControlError> {
        self.stream.get_ref().set_read_timeout(None).map_err(|e| self.io(e))
    }

    fn io(&self, source: io::Error) -> ControlError {
        ControlError::Io { run: self.run.clone(), source }
    }
}
