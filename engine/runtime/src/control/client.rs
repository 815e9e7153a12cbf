//! A front end's side of the socket.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::protocol::{Body, Reply, Request, VERSION, Verb, Welcome};
use super::server::at;
use crate::driver::Wanted;
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
    /// The engine takes nothing now.
    #[error("the engine takes nothing now: {0}")]
    Unavailable(String),
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
    teller: Teller,
    hearer: Hearer,
}

/// The half of a connection that speaks. Its answers come to the [`Hearer`], under the numbers that are given here.
pub struct Teller {
    run: String,
    stream: UnixStream,
    last: u64,
}

/// The half of a connection that listens.
pub struct Hearer {
    run: String,
    stream: BufReader<UnixStream>,
    line: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`ControlError::NotLive`] if no engine listens, [`ControlError::Io`] otherwise.
    pub fn connect(run: &RunDir) -> Result<Self, ControlError> {
        let id = run.id().to_string();
        let halves = at(&run.socket_path(), UnixStream::connect).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok((stream.try_clone()?, stream))
        });
        match halves {
            Ok((one, other)) => Ok(Self {
                teller: Teller { run: id.clone(), stream: one, last: 0 },
                hearer: Hearer { run: id, stream: BufReader::with_capacity(1 << 16, other), line: Vec::new() },
            }),
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
                Some(Reply { id: its, body, .. }) if its == id || its == 0 => {
                    if let Some(done) = body.done() {
                        return done;
                    }
                }
                Some(_) => {}
                None => return Err(self.hearer.io(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }

    /// Attaches, and waits for the welcome; everything else comes from [`Client::next`], or from the [`Hearer`].
    ///
    /// # Errors
    /// A [`ControlError`].
    pub fn attach(&mut self, after: u64, watch: bool, output: Wanted) -> Result<Welcome, ControlError> {
        let id = self.send(Verb::Attach { after, watch, output })?;
        loop {
            match self.next()? {
                Some(Reply { id: its, body: Body::Welcome(welcome), .. }) if its == id => return Ok(*welcome),
                Some(Reply { body: Body::Error { why }, .. }) => return Err(ControlError::Engine(why)),
                Some(_) => {}
                None => return Err(self.hearer.io(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }

    /// Sends a request; its number.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    pub fn send(&mut self, verb: Verb) -> Result<u64, ControlError> {
        self.teller.send(verb)
    }

    /// The next line from the engine; `None` when it has closed.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    #[expect(clippy::should_implement_trait, reason = "an iterator that failed must not go on, this may")]
    pub fn next(&mut self) -> Result<Option<Reply>, ControlError> {
        self.hearer.next()
    }

    /// Waits for the next line as long as it takes.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    pub fn be_patient(&mut self) -> Result<(), ControlError> {
        self.hearer.stream.get_ref().set_read_timeout(None).map_err(|e| self.hearer.io(e))
    }

    /// Two halves for two threads. The one that listens waits as long as it takes.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    pub fn split(mut self) -> Result<(Teller, Hearer), ControlError> {
        self.be_patient()?;
        Ok((self.teller, self.hearer))
    }
}

impl Teller {
    /// Sends a request; its number.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    pub fn send(&mut self, verb: Verb) -> Result<u64, ControlError> {
        self.last += 1;
        let request = Request { v: VERSION, id: self.last, verb };
        let fail = |source| ControlError::Io { run: self.run.clone(), source };
        let mut line = serde_json::to_vec(&request).map_err(|e| fail(e.into()))?;
        line.push(b'\n');
        self.stream.write_all(&line).map_err(fail)?;
        Ok(self.last)
    }

    /// Ends the connection: the [`Hearer`] hears its end at once.
    pub fn hang_up(&self) {
        // Ended already is as good.
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }
}

impl Hearer {
    /// The next line from the engine; `None` when the connection has ended. Without a [`Body::Ended`] before it the
    /// engine was killed, or the [`Teller`] hung up.
    ///
    /// # Errors
    /// [`ControlError::Io`].
    #[expect(clippy::should_implement_trait, reason = "an iterator that failed must not go on, this may")]
    pub fn next(&mut self) -> Result<Option<Reply>, ControlError> {
        self.line.clear();
        match (&mut self.stream).take(MAX_REPLY).read_until(b'\n', &mut self.line) {
            Ok(_) => {}
            // An engine that is killed while something lies unread for it resets the connection.
            Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                return Ok(None);
            }
            Err(e) => return Err(self.io(e)),
        }
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        serde_json::from_slice(&self.line).map(Some).map_err(|e| self.io(e.into()))
    }

    fn io(&self, source: io::Error) -> ControlError {
        ControlError::Io { run: self.run.clone(), source }
    }
}

impl Body {
    /// What became of something that was to be done; `None` if this is no answer to that.
    ///
    /// # Errors
    /// A [`ControlError`] that says why it was not done.
    #[must_use]
    pub fn done(self) -> Option<Result<u64, ControlError>> {
        match self {
            Self::Done { seq } => Some(Ok(seq)),
            Self::Rejected { name, why } => Some(Err(ControlError::Rejected { name, why })),
            Self::Error { why } => Some(Err(ControlError::Engine(why))),
            Self::Unavailable { why } => Some(Err(ControlError::Unavailable(why))),
            _ => None,
        }
    }
}
