//! [`Relay`]: the socket that every ssh of an engine takes for its agent.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use banister_core::run::Input;
use banister_core::view::names;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Lent, lending};
use crate::control::use_line;
use crate::driver::Inbox;
use crate::locked::locked;

/// How often it is looked whether the starter's agent is there again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the hosts of a batch have for coming to wait as well, before it is said who does.
const GATHER: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1000 });

/// Who may answer the ssh of an engine.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    /// What front ends lend.
    pub(crate) lent: Lent,
    /// The agent of the environment that the engine was started in.
    pub(crate) own: Option<PathBuf>,
    /// Who is told that the run must wait for a person with an agent; `None` where nobody would come.
    pub(crate) waits: Option<Inbox>,
}

impl Agent {
    /// That of this process's environment.
    pub(crate) fn of_environment(lent: Lent, waits: Option<Inbox>) -> Self {
        let own = std::env::var_os("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()).map(PathBuf::from);
        Self { lent, own, waits }
    }

    /// What hosts wait for: whose, and what is to be done.
    pub(super) fn waited_for(&self, hosts: &[String]) -> String {
        let whose = match self.lent.pen() {
            Some(pen) => format!("{pen} has the pen and lends none"),
            None => "nobody has the pen".to_owned(),
        };
        // What is lacking must be seen where the line is short: many names stand behind it.
        let (who, among) = match hosts.len() {
            1 => (format!("{} waits", names(hosts)), String::new()),
            2 | 3 => (format!("{} wait", names(hosts)), String::new()),
            many => (format!("{many} hosts wait"), format!("; {}", names(hosts))),
        };
        format!("{who} for an ssh agent ({whose}{among}): {}", lending("continue"))
    }
}

#[derive(Debug)]
struct Inner {
    agent: Agent,
    /// How often an ssh asked and nobody was there.
    missed: AtomicU64,
    /// An agent has answered once: without one this run cannot go on as it began.
    served: AtomicBool,
    over: CancellationToken,
    waiting: Mutex<Waiting>,
}

/// Who waits for an agent.
#[derive(Debug, Default)]
struct Waiting {
    /// Hosts whose connection waits.
    hosts: BTreeSet<String>,
    /// It will be said soon who waits.
    gathers: bool,
}

impl Inner {
    /// Holds the run, and says what for: all that wait now.
    async fn say(&self) {
        let hosts: Vec<String> = locked(&self.waiting).hosts.iter().cloned().collect();
        let Some(inbox) = self.agent.waits.as_ref().filter(|_| !hosts.is_empty()) else { return };
        let why = self.agent.waited_for(&hosts);
        // A run that is over needs none.
        let _ = inbox.put(Input::Halted { why }).await;
    }

    /// Says it once more when others have had the time to come.
    async fn say_soon(&self) {
        tokio::time::sleep(GATHER).await;
        locked(&self.waiting).gathers = false;
        self.say().await;
    }
}

/// A socket that is served until it is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    path: PathBuf,
    inner: Arc<Inner>,
    accepting: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
        // It lies in a directory that is removed with everything in it.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Relay {
    /// Serves a socket in a directory that is this account's alone. Needs a tokio runtime.
    pub(crate) fn open(path: PathBuf, agent: Agent) -> io::Result<Self> {
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let inner = Arc::new(Inner {
            agent,
            missed: AtomicU64::new(0),
            served: AtomicBool::new(false),
            over: CancellationToken::new(),
            waiting: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, inner.clone()));
        Ok(Self { path, inner, accepting })
    }

    /// What ssh is told in `SSH_AUTH_SOCK`.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How often an ssh asked and nobody was there.
    pub(crate) fn missed(&self) -> u64 {
        self.inner.missed.load(Ordering::Relaxed)
    }

    /// A host denied a connection for which an ssh may have asked in vain since `missed` was read. Whether it is to be
    /// tried again: then somebody with an agent has come meanwhile. Until then the run is held, with the reason.
    pub(crate) async fn came(&self, host: &str, missed: u64) -> bool {
        let Inner { agent, served, over, .. } = &*self.inner;
        if self.missed() == missed || !served.load(Ordering::Relaxed) {
            return false;
        }
        if agent.waits.is_none() {
            return false;
        }
        let (is_first, is_next) = {
            let mut waiting = locked(&self.inner.waiting);
            let is_first = waiting.hosts.is_empty();
            waiting.hosts.insert(host.to_owned());
            let is_next = !is_first && !waiting.gathers;
            waiting.gathers |= is_next;
            (is_first, is_next)
        };
        // The first holds the run at once. Of those that come after it, as all hosts of a batch do, none is said alone.
        if is_first {
            self.inner.say().await;
        } else if is_next {
            let inner = self.inner.clone();
            tokio::spawn(async move { inner.say_soon().await });
        }
        let came = tokio::select! {
            () = agent.lent.wait() => true,
            () = own_is_back(agent.own.as_deref()) => true,
            () = over.cancelled() => false,
        };
        locked(&self.inner.waiting).hosts.remove(host);
        came
    }

    /// Holds the run, and says what for.
    pub(crate) async fn say(&self) {
        self.inner.say().await;
    }

    /// Whether a connection to a host waits for an agent.
    pub(crate) fn waits(&self, host: &str) -> bool {
        locked(&self.inner.waiting).hosts.contains(host)
    }

    /// Nobody is waited for any more.
    pub(crate) fn close(&self) {
        self.inner.over.cancel();
    }
}

async fn own_is_back(own: Option<&Path>) {
    let Some(own) = own else { return std::future::pending().await };
    while UnixStream::connect(own).await.is_err() {
        tokio::time::sleep(AGAIN).await;
    }
}

async fn accept(listener: UnixListener, inner: Arc<Inner>) {
    loop {
        match listener.accept().await {
            Ok((ssh, _)) => drop(tokio::spawn(serve(ssh, inner.clone()))),
            // Out of files: others will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Serves one ssh. Copying ends when either side does; how is no news to anybody.
async fn serve(mut ssh: UnixStream, inner: Arc<Inner>) {
    while let Some(mut loan) = inner.agent.lent.take().await {
        if loan.stream.write_all(&use_line(loan.id)).await.is_ok() {
            inner.served.store(true, Ordering::Relaxed);
            drop(copy_bidirectional(&mut ssh, &mut loan.stream).await);
            return;
        }
    }
    if let Some(own) = &inner.agent.own
        && let Ok(mut agent) = UnixStream::connect(own).await
    {
        inner.served.store(true, Ordering::Relaxed);
        drop(copy_bidirectional(&mut ssh, &mut agent).await);
        return;
    }
    inner.missed.fetch_add(1, Ordering::Relaxed);
}
