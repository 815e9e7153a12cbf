//! How commands reach a host.
//!
//! A [`Transport`] can do two things only: start a host's `sh` with a script on its standard input, and hand over what a
//! file holds. Everything else stands on these two, so that what is tested on this machine is what goes over ssh. The
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
mod splitter;
mod talk;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

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
    /// It was waited for an ssh agent, until there was no more time.
    pub no_agent: bool,
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

/// Takes bytes as they come.
pub type Taker<'a> = dyn FnMut(&[u8]) + Send + 'a;

/// Reaches one host.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Starts the host's `sh` as leader of a session of its own, writes the script to its standard input and leaves
    /// that open. The shell outlives this process.
    fn open(&self, script: ShellText) -> BoxFuture<'_, Result<Channel, TransportError>>;

    /// The same, for somebody who does not wait for a way to the host for ever: once `over` is cancelled it fails, unless
    /// the shell was started already. A transport that needs no connection has nothing to wait for.
    fn open_before<'a>(
        &'a self,
        script: ShellText,
        over: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Channel, TransportError>> {
        let _ = over;
        self.open(script)
    }

    /// How often it is worth a look at what a command has printed while it runs.
    fn look_every(&self) -> Duration {
        Duration::from_millis(50)
    }

    /// Hands over what a file holds from an offset on, in constant memory, up to its end as it was when this began: what
    /// is written meanwhile is left for the next time. A file that is not there is empty. After an error, what was handed
    /// over counts.
    fn copy<'a>(
        &'a self,
        path: String,
        offset: u64,
        take: &'a mut Taker<'_>,
    ) -> BoxFuture<'a, Result<(), TransportError>>;
}

#[cfg(test)]
mod tests;
