//! One living master and its channels.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use openssh::{Session, Stdio};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::channel::{Hold, streams};
use super::refusal::{NotOpened, lost};
use super::{MAX_CHANNELS, OPEN_TIME, SILENT_TIME};
use crate::ledger::ShellText;
use crate::locked::locked;
use crate::transport::Channel;

/// What the keeper of a master and its channels share. The master ends when [`Master`] is dropped.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
    pub(super) session: Arc<Session>,
    /// It is to end.
    pub(super) end: CancellationToken,
    /// It is dead; why stands in `why`.
    pub(super) gone: CancellationToken,
    why: OnceLock<String>,
    channels: Mutex<Vec<Weak<Hold>>>,
    since: Instant,
    /// Milliseconds after `since` when the other side last answered a probe.
    answered: AtomicU64,
    /// Milliseconds after `since` when the host last refused a channel.
    refused: AtomicU64,
    /// Milliseconds after `since` when a channel was last opened, or ended.
    served: AtomicU64,
}

impl Shared {
    pub(super) fn new(socket: PathBuf, log: PathBuf) -> Arc<Self> {
        let session = Arc::new(Session::resume_mux(socket.clone().into_boxed_path(), None));
        Arc::new(Self {
            socket,
            log,
            session,
            end: CancellationToken::new(),
            gone: CancellationToken::new(),
            why: OnceLock::new(),
            channels: Mutex::default(),
            since: Instant::now(),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(u64::MAX),
            served: AtomicU64::new(0),
        })
    }

    /// Milliseconds of this master's life.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The first reason is the one; what comes after follows from it.
    pub(super) fn die(&self, why: String) {
        // A second reason is not the reason.
        let _ = self.why.set(why);
        self.gone.cancel();
    }

    /// Why it is dead.
    pub(super) fn why(&self) -> String {
        self.why.get().cloned().unwrap_or_else(|| "the connection was lost".to_owned())
    }

    /// Whether a channel has been silent for so long that the other side must be asked.
    pub(super) fn is_silent(&self) -> bool {
        let before = self.now().saturating_sub(u64::try_from(SILENT_TIME.as_millis()).unwrap_or(u64::MAX));
        let mut channels = locked(&self.channels);
        channels.retain(|channel| channel.strong_count() > 0);
        self.answered.load(Ordering::Relaxed) < before
            && channels.iter().filter_map(Weak::upgrade).any(|channel| channel.heard() < before)
    }

    fn serves(&self) {
        self.served.store(self.now(), Ordering::Relaxed);
    }

    pub(super) fn has_answered(&self) {
        self.answered.store(self.now(), Ordering::Relaxed);
    }
}

/// A master that takes channels; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Master {
    pub(super) shared: Arc<Shared>,
    room: Arc<Semaphore>,
    used: Mutex<Instant>,
}

/// How long a channel is not tried on a master after the host refused one.
const REFUSED_TIME: Duration = Duration::from_millis(100);

impl Drop for Master {
    fn drop(&mut self) {
        self.shared.end.cancel();
    }
}

impl Master {
    pub(super) fn new(shared: Arc<Shared>) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(MAX_CHANNELS));
        Arc::new(Self { shared, room, used: Mutex::new(Instant::now()) })
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.shared.gone.is_cancelled()
    }

    /// Since when it has no channel, if it has none.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        (self.room.available_permits() == MAX_CHANNELS).then(|| *locked(&self.used))
    }

    /// How long the host has neither taken a channel of it nor ended one.
    pub(super) fn serves_nobody_for(&self) -> Duration {
        Duration::from_millis(self.shared.now().saturating_sub(self.shared.served.load(Ordering::Relaxed)))
    }

    /// Room for a channel, if there is.
    pub(super) fn take_room(&self) -> Option<OwnedSemaphorePermit> {
        let refused = self.shared.refused.load(Ordering::Relaxed);
        let pause = u64::try_from(REFUSED_TIME.as_millis()).unwrap_or(u64::MAX);
        if refused != u64::MAX && self.shared.now().saturating_sub(refused) < pause {
            return None;
        }
        let permit = self.room.clone().try_acquire_owned().ok()?;
        *locked(&self.used) = Instant::now();
        Some(permit)
    }

    /// Opens a channel and writes the script into it. `freed` is told when the room is free again.
    pub(super) async fn open(
        self: &Arc<Self>,
        room: OwnedSemaphorePermit,
        script: &ShellText,
        freed: &Arc<Notify>,
    ) -> Result<Channel, NotOpened> {
        let shared = self.shared.clone();
        let mut command = shared.session.clone().arc_raw_command("exec sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let opened = tokio::select! {
            opened = timeout(OPEN_TIME, command.spawn()) => opened,
            () = shared.gone.cancelled() => return Err(NotOpened::Dead(shared.why())),
        };
        let mut child = match opened {
            Ok(Ok(child)) => child,
            Ok(Err(error)) => {
                let not = NotOpened::of(&error);
                match &not {
                    NotOpened::Full => shared.refused.store(shared.now(), Ordering::Relaxed),
                    NotOpened::Dead(why) => shared.die(why.clone()),
                }
                return Err(not);
            }
            Err(_) => {
                let why = format!("no channel was opened within {} s", OPEN_TIME.as_secs());
                shared.die(why.clone());
                return Err(NotOpened::Dead(why));
            }
        };
        let pipes = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(NotOpened::Dead("the channel has no pipes".to_owned()));
        };
        shared.serves();
        let hold = Hold::new(shared.clone());
        locked(&shared.channels).push(Arc::downgrade(&hold));
        let ended = hold.ended();
        let (master, freed) = (self.clone(), freed.clone());
        let (read, released) = (hold.read(), hold.released());
        tokio::spawn(async move {
            // Waited for only when both streams were read to their ends. The end may be told before the last bytes have
            // come through the pipes, and whoever waits lets go of the channel then: they would be lost.
            let end = async {
                read.cancelled().await;
                lost(child.wait().await.map(drop))
            };
            let end = tokio::select! {
                end = end => end,
                () = released.cancelled() => None,
                () = shared.gone.cancelled() => Some("the connection was lost"),
            };
            // Its session is over there, however it ended: a reading command ends by a kill of its own group.
            shared.serves();
            drop(room);
            freed.notify_waiters();
            if end.is_some() {
                // What is behind it may be known in a moment, if there is still somebody to tell.
                tokio::select! {
                    _ = timeout(Duration::from_millis(500), shared.gone.cancelled()) => {}
                    () = released.cancelled() => {}
                }
            }
            let why = end.map(|why| if shared.gone.is_cancelled() { shared.why() } else { why.to_owned() });
            ended.tell(why);
            // The master lives for as long as one of its channels does.
            drop(master);
        });
        let (channel, marker) = streams(stdin, stdout, stderr, hold);
        self.send(channel, &marker, script).await
    }

    async fn send(&self, mut channel: Channel, marker: &[u8], script: &ShellText) -> Result<Channel, NotOpened> {
        use tokio::io::AsyncWriteExt as _;
        let mut bytes = marker.to_vec();
        bytes.extend_from_slice(script.as_bytes());
        match timeout(OPEN_TIME, channel.stdin.write_all(&bytes)).await {
            // A shell that dies before it has read everything says so by the end of its answer.
            Ok(_) => Ok(channel),
            // Its last brace is not in the pipe: what the shell has is a syntax error.
            Err(_) => {
                let why = format!("the script was not taken within {} s", OPEN_TIME.as_secs());
                self.shared.die(why.clone());
                Err(NotOpened::Dead(why))
            }
        }
    }
}

/// Waits a moment for room on a master whose host refused a channel.
pub(super) async fn refused() {
    sleep(REFUSED_TIME).await;
}
