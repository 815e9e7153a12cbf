//! The engine's side of the socket.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use banister_core::plan::Plan;
use banister_core::run::Actor;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::connection::connection;
use super::roster::Roster;
use super::viewer::Viewer;
use crate::agent::Lent;
use crate::driver::{Feed, Inbox};
use crate::state::RunDir;

/// Connections at one time, at most: each costs a file.
const MOST: usize = 64;
/// How long the last words to a follower may take. Nothing waits for them but the end of this process, and who is not told
/// of the end of a run takes it for the death of its engine.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A socket that is served; gone when it is dropped.
pub(crate) struct Socket {
    /// Until it is withdrawn.
    path: Option<PathBuf>,
    accepting: JoinHandle<()>,
    connections: TaskTracker,
}

impl Socket {
    /// Takes nobody new, and leaves the place to another engine.
    pub(crate) fn withdraw(&mut self) {
        self.accepting.abort();
        if let Some(path) = self.path.take() {
            // Left behind it leads nowhere: the next engine removes it.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Lets those who are attached hear the end.
    pub(crate) async fn close(mut self) {
        self.withdraw();
        self.connections.close();
        // One that does not listen has been told; its file closes with this process.
        let _ = tokio::time::timeout(LAST_WORDS, self.connections.wait()).await;
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.withdraw();
    }
}

/// What is served.
#[derive(Clone)]
pub(crate) struct Served {
    /// The run.
    pub(crate) run: RunDir,
    /// What it runs.
    pub(crate) plan: Arc<Plan>,
    /// Who started the engine.
    pub(crate) operator: Actor,
    /// The engine is part of a front end.
    pub(crate) foreground: bool,
    /// Asks wait for people.
    pub(crate) can_ask: bool,
    /// Where inputs go.
    pub(crate) inbox: Inbox,
    /// What is told.
    pub(crate) feed: Feed,
    /// Where lent agents go.
    pub(crate) lent: Lent,
    /// Whether the engine takes inputs yet.
    pub(crate) started: watch::Receiver<bool>,
}

/// What all connections have together.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) served: Arc<Served>,
    pub(super) viewer: Arc<Viewer>,
    pub(super) roster: Roster,
}

/// Serves a run's socket. The caller holds the run's lock, so that whatever lies there was left behind.
pub(crate) fn serve(served: Served) -> io::Result<Socket> {
    let run = &served.run;
    let path = run.socket_path();
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = at(&path, UnixListener::bind)?;
    // Nobody else can have come in meanwhile: the directory is the owner's alone, or the group's.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(run.access().file_mode()))?;
    let viewer = Viewer::new(run.id().to_string(), run.journal_path(), served.plan.clone());
    let shared = Shared { served: Arc::new(served), viewer: Arc::new(viewer), roster: Roster::default() };
    let connections = TaskTracker::new();
    let accepting = tokio::spawn(accept(listener, shared, connections.clone()));
    Ok(Socket { path: Some(path), accepting, connections })
}

/// Uses the address of a socket. One may have 107 bytes at most: a longer path is reached through its directory.
pub(super) fn at<T>(path: &Path, act: impl FnOnce(PathBuf) -> io::Result<T>) -> io::Result<T> {
    const MOST: usize = 107;
    if path.as_os_str().len() <= MOST {
        return act(path.to_owned());
    }
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    let dir = std::fs::File::open(above)?;
    act(Path::new("/proc/self/fd").join(std::os::fd::AsRawFd::as_raw_fd(&dir).to_string()).join(name))
}

async fn accept(listener: UnixListener, shared: Shared, connections: TaskTracker) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if connections.len() < MOST => {
                connections.spawn(connection(stream, shared.clone()));
            }
            Ok((stream, _)) => drop(stream),
            // Out of files: others will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
