//! [`Lender`]: a front end's side.

use std::io::{self, BufReader};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::control::{Loaned, lend};
use crate::locked::locked;
use crate::state::RunDir;

/// Lends the agent of this process's environment to the engine of a run, for as long as it lives. To be kept while the
/// person in front of it has the pen.
#[derive(Debug)]
pub struct Lender {
    idle: Arc<Mutex<Idle>>,
}

#[derive(Debug, Default)]
struct Idle {
    stream: Option<UnixStream>,
    over: bool,
}

impl Lender {
    /// Begins; `None` if there is no agent to lend.
    #[must_use]
    pub fn start(run: &RunDir) -> Option<Self> {
        let agent = std::env::var_os("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()).map(PathBuf::from)?;
        Self::lend(run, agent)
    }

    pub(crate) fn lend(run: &RunDir, agent: PathBuf) -> Option<Self> {
        // A socket that leads nowhere would be a promise that nobody keeps.
        UnixStream::connect(&agent).ok()?;
        let idle = Arc::new(Mutex::new(Idle::default()));
        let (run, its) = (run.clone(), idle.clone());
        let lending = move || while once(&run, &agent, &its).is_ok() {};
        thread::Builder::new().name("agent".to_owned()).spawn(lending).ok()?;
        Some(Self { idle })
    }
}

impl Drop for Lender {
    fn drop(&mut self) {
        let mut idle = locked(&self.idle);
        idle.over = true;
        // What is in use ends with the ssh that uses it.
        if let Some(stream) = idle.stream.take() {
            // Ended already is as good.
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

/// Lends one connection and waits until it is used; then it is served beside the next. An error: the engine has ended,
/// or nothing more is to be lent.
fn once(run: &RunDir, agent: &Path, idle: &Mutex<Idle>) -> io::Result<()> {
    let Loaned { engine, wait } = lend(run)?;
    {
        let mut idle = locked(idle);
        if idle.over {
            return Err(io::ErrorKind::Interrupted.into());
        }
        idle.stream = Some(engine.try_clone()?);
    }
    let requests = wait()?;
    locked(idle).stream = None;
    let agent = agent.to_owned();
    // An ssh whose agent cannot be reached goes on without, and says so.
    thread::Builder::new().name("agent".to_owned()).spawn(move || drop(serve(engine, requests, &agent)))?;
    Ok(())
}

fn serve(engine: UnixStream, mut requests: BufReader<UnixStream>, agent: &Path) -> io::Result<()> {
    let agent = UnixStream::connect(agent).inspect_err(|_| drop(engine.shutdown(Shutdown::Both)))?;
    let (mut to_agent, mut from_agent, mut to_engine) = (agent.try_clone()?, agent, engine);
    let asking = thread::Builder::new().name("agent".to_owned()).spawn(move || {
        drop(io::copy(&mut requests, &mut to_agent));
        drop(to_agent.shutdown(Shutdown::Write));
    })?;
    drop(io::copy(&mut from_agent, &mut to_engine));
    drop(to_engine.shutdown(Shutdown::Both));
    // It panics nowhere; that it has ended is all there is to know.
    drop(asking.join());
    Ok(())
}
