//! The engine's side of the socket.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use banister_core::plan::Plan;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::protocol::{Body, Reply, Request, VERSION, Verb};
use super::viewer::Viewer;
use crate::driver::{Event, Feed, Inbox, Subscription, person};
use crate::state::RunDir;

/// Bytes of one line, at most.
pub(super) const MAX_LINE: usize = 64 * 1024;
/// Connections at one time, at most: each costs a file.
const MOST: usize = 64;
/// How long the last words of a follower may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A socket that is served; gone when it is dropped.
pub(crate) struct Socket {
    path: PathBuf,
    accepting: JoinHandle<()>,
    connections: TaskTracker,
}

impl Socket {
    /// Lets those who follow hear the end, and takes nobody new.
    pub(crate) async fn close(self) {
        self.accepting.abort();
        self.connections.close();
        // One that does not listen has been told; its file closes with this process.
        let _ = tokio::time::timeout(LAST_WORDS, self.connections.wait()).await;
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.accepting.abort();
        // Left behind it leads nowhere: the next engine removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[derive(Clone)]
struct Shared {
    inbox: Inbox,
    feed: Feed,
    viewer: Arc<Viewer>,
}

/// Serves a run's socket. The caller holds the run's lock, so that whatever lies there was left behind.
pub(crate) fn serve(run: &RunDir, plan: &Arc<Plan>, inbox: Inbox, feed: Feed) -> io::Result<Socket> {
    let path = run.socket_path();
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = at(&path, UnixListener::bind)?;
    // Nobody else can have come in meanwhile: the directory is the owner's alone.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let viewer = Viewer::new(run.id().to_string(), run.journal_path(), plan.clone());
    let shared = Shared { inbox, feed, viewer: Arc::new(viewer) };
    let connections = TaskTracker::new();
    let accepting = tokio::spawn(accept(listener, shared, connections.clone()));
    Ok(Socket { path, accepting, connections })
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

async fn connection(stream: UnixStream, shared: Shared) {
    let Ok(credentials) = stream.peer_cred() else { return };
    let uid = credentials.uid();
    // The account database may be a network away.
    let Ok(actor) = tokio::task::spawn_blocking(move || person(uid)).await else { return };
    let (reader, writer) = stream.into_split();
    let (mut lines, mut out) = (Lines { reader, bytes: Vec::new() }, Out(writer));
    let mut following: Option<Following> = None;
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            event = next(&following) => {
                let Some(follower) = &mut following else { continue };
                match follower.take(event, &shared, &mut out).await {
                    Some(()) => continue,
                    None => return,
                }
            }
        };
        let request = match line {
            Line::Whole(line) => Request::parse(&line),
            Line::TooLong => {
                out.say(0, Body::Error { why: format!("the line has more than {MAX_LINE} bytes") }).await;
                return;
            }
            Line::End => return,
        };
        let went = match request {
            Err((id, why)) => out.say(id, Body::Error { why }).await,
            Ok(Request { id, verb: Verb::Snapshot {}, .. }) => {
                let body = shared.viewer.snapshot().await;
                out.say(id, body).await
            }
            Ok(Request { id, verb: Verb::Follow { output }, .. }) => {
                // First the place in the queue, then the snapshot: nothing can fall between.
                let mut follower = Following { id, output, viewer: shared.feed.subscribe(), seq: 0 };
                let went = follower.snapshot(&shared, &mut out).await;
                following = Some(follower);
                went
            }
            Ok(Request { id, verb, .. }) => match verb.input(actor.clone()) {
                Some(input) => out.say(id, Body::of(shared.inbox.put(input).await)).await,
                None => Some(()),
            },
        };
        if went.is_none() {
            return;
        }
    }
}

async fn next(following: &Option<Following>) -> Event {
    match following {
        Some(following) => following.viewer.next().await,
        None => std::future::pending().await,
    }
}

/// One who is told everything.
struct Following {
    id: u64,
    output: bool,
    viewer: Subscription,
    /// The last record he knows.
    seq: u64,
}

impl Following {
    async fn snapshot(&mut self, shared: &Shared, out: &mut Out) -> Option<()> {
        let body = shared.viewer.snapshot().await;
        if let Body::Snapshot(snapshot) = &body {
            self.seq = snapshot.seq;
        }
        out.say(self.id, body).await
    }

    async fn take(&mut self, event: Event, shared: &Shared, out: &mut Out) -> Option<()> {
        let body = match event {
            Event::Record(record) if record.seq <= self.seq => return Some(()),
            Event::Record(record) => {
                self.seq = record.seq;
                Body::Record(Box::new((*record).clone()))
            }
            Event::Output { .. } | Event::OutputLost { .. } if !self.output => return Some(()),
            Event::Output { key, stream, bytes } => Body::output(&key, stream, &bytes),
            Event::OutputLost { bytes } => Body::OutputLost { bytes },
            Event::RecordsLost { .. } => return self.snapshot(shared, out).await,
            Event::Notice(text) => Body::Notice { text },
            Event::Ended(exit) => {
                out.say(self.id, Body::Ended { exit }).await;
                return None;
            }
        };
        out.say(self.id, body).await
    }
}

/// What a connection sends.
struct Out(OwnedWriteHalf);

impl Out {
    /// `None`: the other end is gone.
    async fn say(&mut self, id: u64, body: Body) -> Option<()> {
        let mut line = serde_json::to_vec(&Reply { v: VERSION, id, body }).ok()?;
        line.push(b'\n');
        self.0.write_all(&line).await.ok()
    }
}

/// What a connection receives, line by line.
struct Lines {
    reader: OwnedReadHalf,
    bytes: Vec<u8>,
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

impl Lines {
    /// The next line. May be dropped at any await: what was read stays.
    async fn next(&mut self) -> Line {
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
