//! How commands reach a host.
//!
//! A [`Transport`] can do two things only: start a host's `sh` with a script on its standard input, and read a part of
//! a file. Everything else stands on these two, so that what is tested on this machine is what goes over ssh. The
//! [`Executor`] of one host runs, asks, cancels and looks.
//!
//! What this module deliberately does not do: it tries once, judges nothing and keeps no journal. It knows no plan and
//! no inventory.

mod account;
mod executor;
mod follow;
mod local;
mod observe;
mod sink;
mod talk;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

pub use executor::{Asked, Attached, Context, Executor, Finished, Met};
pub use local::LocalTransport;
pub use sink::{OutputSink, Shown, StoredOutput};

use crate::ledger::ShellText;

/// A future that a trait object can give.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The host's shell could not be started, or a file of it not be read: nothing was done there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct TransportError {
    /// What was tried.
    pub what: String,
    /// In the system's words.
    pub why: String,
}

/// A shell at work.
pub struct Channel {
    /// Held open for as long as a reading command may live; dropped at once otherwise.
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    /// Its standard output.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    /// Its standard error.
    pub stderr: Box<dyn AsyncRead + Send + Unpin>,
}

/// A part of a file, and how long the file is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilePart {
    /// The bytes; fewer than asked for only at the end.
    pub bytes: Vec<u8>,
    /// Bytes of the whole file.
    pub len: u64,
}

/// Reaches one host.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Starts the host's `sh` as leader of a session of its own, writes the script to its standard input and leaves
    /// that open. The shell outlives this process.
    fn open(&self, script: ShellText) -> BoxFuture<'_, Result<Channel, TransportError>>;

    /// How often it is worth a look at what a command has printed while it runs.
    fn look_every(&self) -> Duration {
        Duration::from_millis(50)
    }

    /// Reads at most `max` bytes of a file from an offset. A file that is not there is empty.
    fn read(&self, path: String, offset: u64, max: usize) -> BoxFuture<'_, Result<FilePart, TransportError>>;
}
