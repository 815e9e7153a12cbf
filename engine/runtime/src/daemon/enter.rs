//! The engine's side: becoming a process that no terminal owns.

use std::io::{self, Read as _, Write as _};

use rustix::fs::{Mode, OFlags};

use super::{DaemonError, Greeting, HandOver};

/// Leaves the terminal for good, and takes what the front hands over. To be called first of all.
///
/// # Errors
/// [`DaemonError::Pipe`].
pub fn receive() -> Result<HandOver, DaemonError> {
    // A process group's leader cannot have a new session; a child that was just started is none.
    rustix::process::setsid().map_err(pipe("leave the terminal"))?;
    let mut line = Vec::new();
    io::stdin().lock().read_to_end(&mut line).map_err(pipe("read what the front hands over"))?;
    serde_json::from_slice(&line).map_err(|e| pipe("read what the front hands over")(io::Error::from(e)))
}

/// Says the one word the front waits for, and lets go of its pipes.
///
/// # Errors
/// [`DaemonError::Pipe`], also if the front has gone meanwhile: somebody interrupted it before anything had begun, and
/// nothing should begin.
pub fn enter(greeting: &Greeting) -> Result<(), DaemonError> {
    let mut line = serde_json::to_vec(greeting).map_err(|e| pipe("say that it is ready")(io::Error::from(e)))?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line).and_then(|()| stdout.flush()).map_err(pipe("say that it is ready"))?;
    let null =
        rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map_err(pipe("open /dev/null"))?;
    rustix::stdio::dup2_stdin(&null).map_err(pipe("let go of the front's pipes"))?;
    rustix::stdio::dup2_stdout(&null).map_err(pipe("let go of the front's pipes"))?;
    Ok(())
}

fn pipe<E: Into<io::Error>>(what: &'static str) -> impl Fn(E) -> DaemonError {
    move |source| DaemonError::Pipe { what, source: source.into() }
}
