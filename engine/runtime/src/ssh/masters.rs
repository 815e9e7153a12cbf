//! All masters of one engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use banister_core::plan::Host;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::connect::connect;
use super::control::{ControlDir, SshError};
use super::keeper::keep;
use super::link::Link;
use super::master::{Master, Shared};
use super::strictness::overridden;
use super::{END_TIME, MAX_CONNECTING, MAX_MASTERS, Refusal, RefusalKind, SshSettings, SshTarget, SshTransport};
use crate::agent::{Agent, Relay};
use crate::locked::locked;

/// Makes, counts and ends the masters of one engine of one run.
#[derive(Debug)]
pub struct Masters {
    control: ControlDir,
    agent: Option<Relay>,
    overridden: Option<String>,
    connecting: Semaphore,
    room: Arc<Semaphore>,
    next: AtomicU64,
    links: Mutex<Vec<Weak<Link>>>,
    keepers: TaskTracker,
}

impl Masters {
    /// Prepares a place for the control sockets of an engine of a run, and sweeps what dead engines left in theirs.
    /// Connects to nothing yet. Needs a tokio runtime.
    ///
    /// # Errors
    /// A [`SshError`]: no host can be reached by ssh.
    pub fn open(run: &str, settings: &SshSettings) -> Result<Arc<Self>, SshError> {
        Self::with_agent(run, settings, None)
    }

    /// The same, with an agent that is looked up when it is needed.
    pub(crate) fn with_agent(run: &str, settings: &SshSettings, agent: Option<Agent>) -> Result<Arc<Self>, SshError> {
        let text = settings.text()?;
        let control = ControlDir::make(run)?;
        control.write_config(&text)?;
        let relay = |agent| {
            let path = control.agent();
            Relay::open(path.clone(), agent).map_err(|source| SshError::Make { path, source })
        };
        let agent = agent.map(relay).transpose()?;
        let masters = Arc::new(Self {
            control,
            agent,
            overridden: overridden(settings),
            connecting: Semaphore::new(MAX_CONNECTING),
            room: Arc::new(Semaphore::new(MAX_MASTERS)),
            next: AtomicU64::new(0),
            links: Mutex::default(),
            keepers: TaskTracker::new(),
        });
        // Masters that do not answer take their time to be ended; nobody has to wait for that.
        let sweeper = masters.clone();
        tokio::task::spawn_blocking(move || sweeper.control.sweep());
        Ok(masters)
    }

    /// What of the operator's configuration is overridden: that host keys need not be known.
    #[must_use]
    pub fn overridden(&self) -> Option<&str> {
        self.overridden.as_deref()
    }

    /// The way to a host.
    #[must_use]
    pub fn transport(self: &Arc<Self>, host: &Host) -> SshTransport {
        let (transport, link) = SshTransport::new(SshTarget::of(host), self.clone());
        locked(&self.links).push(Arc::downgrade(&link));
        transport
    }

    /// Ends all masters under a limit and removes their place. Commands under a ledger run on.
    pub async fn close(&self) {
        if let Some(agent) = &self.agent {
            agent.close();
        }
        for link in self.links() {
            link.end();
        }
        self.keepers.close();
        // Twice as long as a master is given before it is killed, and a little.
        let _ = timeout(2 * END_TIME + Duration::from_secs(1), self.keepers.wait()).await;
        self.control.remove();
    }

    fn links(&self) -> Vec<Arc<Link>> {
        locked(&self.links).iter().filter_map(Weak::upgrade).collect()
    }

    /// Makes one master. A run whose agent has gone waits for another one, and is held meanwhile.
    pub(super) async fn dial(&self, target: &SshTarget) -> Result<Arc<Master>, Refusal> {
        loop {
            let missed = self.agent.as_ref().map_or(0, Relay::missed);
            match (self.dial_once(target).await, &self.agent) {
                (Err(refusal), Some(agent)) if refusal.kind == RefusalKind::Denied => {
                    if !agent.came(target.name(), missed).await {
                        return Err(refusal);
                    }
                }
                (other, _) => return other,
            }
        }
    }

    /// Whether a connection to a host waits for an agent.
    pub(super) fn waits_for_an_agent(&self, target: &SshTarget) -> bool {
        self.agent.as_ref().is_some_and(|agent| agent.waits(target.name()))
    }

    /// Says once more that a host waits for an agent, if it does: somebody else has come to wait for it.
    pub(super) async fn say_that_it_waits(&self, target: &SshTarget) {
        if let Some(agent) = self.agent.as_ref().filter(|agent| agent.waits(target.name())) {
            agent.say().await;
        }
    }

    async fn dial_once(&self, target: &SshTarget) -> Result<Arc<Master>, Refusal> {
        let fault = |why: String| Refusal::new(RefusalKind::Other, why);
        let room = self.room().await.ok_or_else(|| fault("the run is over".to_owned()))?;
        let turn = self.connecting.acquire().await.map_err(|e| fault(e.to_string()))?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let socket = self.control.socket(number);
        let log = socket.with_extension("log");
        let connected = connect(target, &self.control, (&socket, &log), self.agent.as_ref().map(Relay::path)).await;
        drop(turn);
        if let Err(refusal) = connected {
            // It says everything that stands in it.
            let _ = std::fs::remove_file(&log);
            return Err(refusal);
        }
        let held = UnixStream::connect(&socket)
            .await
            .map_err(|e| fault(format!("the master of ssh cannot be spoken to: {e}")))?;
        let shared = Shared::new(socket, log);
        let master = Master::new(shared.clone());
        self.keepers.spawn(async move {
            keep(shared, held).await;
            drop(room);
        });
        Ok(master)
    }

    /// Room for one more master; idle ones make it.
    async fn room(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(room) = self.room.clone().try_acquire_owned() {
                return Some(room);
            }
            let idle = self.links().into_iter().filter_map(|link| Some((link.idle_since()?, link)));
            if let Some((_, link)) = idle.min_by_key(|(since, _)| *since) {
                link.end_idle();
            }
            if let Ok(room) = timeout(Duration::from_secs(1), self.room.clone().acquire_owned()).await {
                return room.ok();
            }
        }
    }
}
