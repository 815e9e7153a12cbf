//! The way to one host.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{Mutex as AsyncMutex, Notify, OwnedMutexGuard, OwnedSemaphorePermit};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::master::{Master, refused};
use super::masters::Masters;
use super::refusal::NotOpened;
use super::{MAX_MASTERS_PER_HOST, OPEN_TIME, Refusal, RefusalKind, SshTarget};
use crate::ledger::ShellText;
use crate::locked::locked;
use crate::transport::{BoxFuture, Channel, Taker, Transport, TransportError};

/// How long room on the masters there are is waited for before another one is made.
const GROW_AFTER: Duration = Duration::from_secs(1);
/// How often a connection is tried that the other side was too busy to take, and how long the first pause is.
const BUSY_TRIES: u32 = 8;
const BUSY_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// How often a channel is tried on a fresh master where the last one turned out dead.
const FRESH_TRIES: usize = 3;

/// One host's masters.
#[derive(Debug)]
pub(super) struct Link {
    target: SshTarget,
    masters: Arc<Masters>,
    living: Mutex<Vec<Arc<Master>>>,
    /// Held by whoever connects, to its end.
    connecting: Arc<AsyncMutex<()>>,
    failed: Mutex<Option<(Instant, Refusal)>>,
    freed: Arc<Notify>,
}

impl Link {
    fn pick(&self) -> Option<(Arc<Master>, OwnedSemaphorePermit)> {
        let mut living = locked(&self.living);
        living.retain(|master| master.is_alive());
        living.iter().find_map(|master| Some((master.clone(), master.take_room()?)))
    }

    fn many(&self) -> usize {
        locked(&self.living).iter().filter(|master| master.is_alive()).count()
    }

    /// Since when the longest idle master has been so.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        locked(&self.living).iter().filter_map(|master| master.idle_since()).min()
    }

    /// Ends the masters without channels.
    pub(super) fn end_idle(&self) {
        locked(&self.living).retain(|master| master.idle_since().is_none());
    }

    /// Ends all of them, whatever they do.
    pub(super) fn end(&self) {
        for master in locked(&self.living).drain(..) {
            master.shared.end.cancel();
        }
    }

    /// Room for a channel. Makes a master if there is none, another one if all stay full. Nothing has been sent when it is
    /// given up.
    async fn room(
        self: &Arc<Self>,
        over: Option<&CancellationToken>,
    ) -> Result<(Arc<Master>, OwnedSemaphorePermit), Refusal> {
        let asked = Instant::now();
        let over = over.cloned().unwrap_or_default();
        loop {
            let freed = self.freed.notified();
            if let Some(found) = self.pick() {
                return Ok(found);
            }
            let many = self.many();
            if over.is_cancelled() {
                return Err(self.given_up(asked));
            } else if many == 0 {
                tokio::select! {
                    connected = self.connect(asked) => connected?,
                    () = over.cancelled() => {}
                }
                continue;
            }
            let grows = many < MAX_MASTERS_PER_HOST && asked.elapsed() >= GROW_AFTER;
            // Another one may wait for an agent: room on those that are there must not wait for that.
            let grown = async { !grows || self.connect(asked).await.is_err() };
            // Also looked at without being told: a refusal is over after a moment.
            let looked = async {
                if grown.await {
                    sleep(Duration::from_millis(200)).await;
                }
            };
            tokio::select! {
                () = freed => {}
                () = looked => {}
                () = over.cancelled() => {}
            }
        }
    }

    /// Why there was no room in the time that there was.
    fn given_up(&self, asked: Instant) -> Refusal {
        let name = self.target.name();
        match self.masters.waits_for_an_agent(&self.target) {
            true => Refusal::new(
                RefusalKind::NoAgent,
                format!(
                    "{name} needs an ssh agent for a new connection, and none came within {} s",
                    asked.elapsed().as_secs()
                ),
            ),
            false => Refusal::new(RefusalKind::Silent, format!("no connection within {} s", asked.elapsed().as_secs())),
        }
    }

    /// Makes a master, unless somebody else did meanwhile. Whoever stops waiting stops nothing: it goes on to its end.
    async fn connect(self: &Arc<Self>, asked: Instant) -> Result<(), Refusal> {
        let many = self.many();
        let guard = self.connecting.clone().lock_owned().await;
        if self.many() > many {
            return Ok(());
        }
        if let Some((at, refusal)) = &*locked(&self.failed)
            && *at > asked
        {
            return Err(refusal.clone());
        }
        let link = self.clone();
        let dialled = tokio::spawn(async move { link.dial(guard).await }).await;
        dialled.unwrap_or_else(|fault| Err(Refusal::new(RefusalKind::Other, format!("a fault of banister: {fault}"))))
    }

    async fn dial(&self, guard: OwnedMutexGuard<()>) -> Result<(), Refusal> {
        let mut pause = BUSY_PAUSE;
        let mut tries = 1;
        let dialled = loop {
            match self.masters.dial(&self.target).await {
                Err(refusal) if refusal.kind == RefusalKind::Busy && tries < BUSY_TRIES => {
                    tries += 1;
                    sleep(pause.mul_f64(jitter())).await;
                    pause = (2 * pause).min(LONGEST_PAUSE);
                }
                other => break other,
            }
        };
        let result = match dialled {
            Ok(master) => {
                locked(&self.living).push(master);
                Ok(())
            }
            Err(refusal) => {
                *locked(&self.failed) = Some((Instant::now(), refusal.clone()));
                Err(refusal)
            }
        };
        self.freed.notify_waiters();
        drop(guard);
        result
    }

    /// Opens a channel; `tries` masters may turn out dead.
    async fn open(
        self: &Arc<Self>,
        script: &ShellText,
        tries: usize,
        over: Option<&CancellationToken>,
    ) -> Result<Channel, Refusal> {
        if over.is_some() {
            self.masters.say_that_it_waits(&self.target).await;
        }
        let mut dead = 0;
        let mut refused_since = None;
        loop {
            let (master, room) = self.room(over).await?;
            match master.open(room, script, &self.freed).await {
                Ok(channel) => return Ok(channel),
                Err(NotOpened::Full) => {
                    let since = *refused_since.get_or_insert_with(Instant::now);
                    // Its only channel, refused for that long, and not because others had just been there: it takes none.
                    let nobody = master.idle_since().is_some() && master.serves_nobody_for() > OPEN_TIME;
                    if nobody && since.elapsed() > OPEN_TIME {
                        let why = "it refuses every session of its connections; look at `MaxSessions` of its sshd";
                        return Err(Refusal::new(RefusalKind::Other, why));
                    }
                    drop(master);
                    refused().await;
                }
                Err(NotOpened::Dead(why)) => {
                    dead += 1;
                    if dead >= tries {
                        return Err(Refusal::new(RefusalKind::Other, why));
                    }
                }
            }
        }
    }
}

/// Between a half and one and a half: many that were refused at once must not come back at once.
fn jitter() -> f64 {
    let [byte, ..] = *uuid::Uuid::new_v4().as_bytes();
    0.5 + f64::from(byte) / 256.0
}

/// Reaches one host by the operator's ssh.
#[derive(Debug, Clone)]
pub struct SshTransport {
    link: Arc<Link>,
}

impl SshTransport {
    pub(super) fn new(target: SshTarget, masters: Arc<Masters>) -> (Self, Arc<Link>) {
        let link = Arc::new(Link {
            target,
            masters,
            living: Mutex::default(),
            connecting: Arc::default(),
            failed: Mutex::default(),
            freed: Arc::default(),
        });
        (Self { link: link.clone() }, link)
    }

    async fn channel(
        &self,
        script: &ShellText,
        tries: usize,
        over: Option<&CancellationToken>,
    ) -> Result<Channel, TransportError> {
        self.link.open(script, tries, over).await.map_err(|refusal| TransportError {
            no_agent: refusal.kind == RefusalKind::NoAgent,
            what: match refusal.is_about_a_key() {
                true => "not connected".to_owned(),
                false => format!("cannot reach {} by ssh", self.link.target.name()),
            },
            why: refusal.why,
        })
    }

    /// Hands over what a file holds from an offset on.
    async fn fetch(&self, path: &str, offset: u64, take: &mut Taker<'_>) -> Result<(), String> {
        let mut script = ShellText::default();
        // One compound command, as always. First its length, then the rest, in whole blocks: `tail` and `head` move eight
        // kibibytes at a time, through each other, and every little piece becomes a packet.
        let text = (|| {
            script.syntax("{\n").set("f", path)?;
            script.syntax(&format!(
                "if [ -e \"$f\" ]; then n=$(wc -c <\"$f\") || exit 1\necho $n\n[ \"$n\" -le {offset} ] || dd if=\"$f\" bs={BLOCK} \
                 skip={blocks} count=$((($n + {BLOCK} - 1) / {BLOCK} - {blocks})) 2>/dev/null\nelse echo 0; fi\n}}\n",
                blocks = offset / BLOCK
            ));
            Ok::<_, crate::ledger::NulError>(())
        })();
        text.map_err(|e| e.to_string())?;
        // Whoever reads listens to something else too, which must not wait until another connection was made.
        let Channel { stdin, stdout, mut stderr } = self.channel(&script, 1, None).await.map_err(|e| e.to_string())?;
        drop(stdin);
        let mut complaint = Vec::new();
        let mut complaints = (&mut stderr).take(4096);
        let (read, _) = tokio::join!(hand_over(stdout, offset, take), complaints.read_to_end(&mut complaint));
        match read {
            Ok(true) => Ok(()),
            Ok(false) => Err(super::refusal::last_line(&String::from_utf8_lossy(&complaint))),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Bytes in which a host reads a file.
const BLOCK: u64 = 64 * 1024;

/// Reads a file's length and what follows of it, from the block on in which the offset lies. False: there was no length.
async fn hand_over(
    mut stdout: Box<dyn AsyncRead + Send + Unpin>,
    offset: u64,
    take: &mut Taker<'_>,
) -> io::Result<bool> {
    let mut head = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut left: Option<u64> = None;
    let mut before = usize::try_from(offset % BLOCK).unwrap_or_default();
    loop {
        let n = stdout.read(&mut buffer).await?;
        let mut bytes = &buffer[..n];
        if left.is_none() {
            head.extend_from_slice(bytes);
            bytes = &[];
        }
        if let (None, Some(at)) = (left, head.iter().position(|b| *b == b'\n')) {
            let len = std::str::from_utf8(&head[..at]).ok().and_then(|text| text.trim().parse::<u64>().ok());
            let Some(len) = len else { return Ok(false) };
            left = Some(len.saturating_sub(offset));
            head.drain(..=at);
            bytes = &head;
        }
        if let Some(left) = &mut left {
            let had = before.min(bytes.len());
            before -= had;
            bytes = &bytes[had..];
            // What was written since its length was looked at is left for the next time.
            let many = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
            if many > 0 {
                take(&bytes[..many]);
            }
            *left -= many as u64;
        }
        if n == 0 {
            return match left {
                None => Ok(false),
                Some(0) => Ok(true),
                Some(left) => Err(io::Error::other(format!("{left} bytes did not come"))),
            };
        }
    }
}

impl Transport for SshTransport {
    /// A look is a channel, and a shell over there.
    fn look_every(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn open(&self, script: ShellText) -> BoxFuture<'_, Result<Channel, TransportError>> {
        Box::pin(async move { self.channel(&script, FRESH_TRIES, None).await })
    }

    fn open_before<'a>(
        &'a self,
        script: ShellText,
        over: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Channel, TransportError>> {
        Box::pin(async move { self.channel(&script, FRESH_TRIES, Some(over)).await })
    }

    fn copy<'a>(
        &'a self,
        path: String,
        offset: u64,
        take: &'a mut Taker<'_>,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let what = || format!("cannot read {path} on {}", self.link.target.name());
            self.fetch(&path, offset, take).await.map_err(|why| TransportError { what: what(), why, no_agent: false })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn handed_over(said: &str, offset: u64) -> (io::Result<bool>, String) {
        let mut taken = Vec::new();
        let said = Box::new(io::Cursor::new(said.to_owned().into_bytes()));
        let read = hand_over(said, offset, &mut |bytes| taken.extend_from_slice(bytes)).await;
        (read, String::from_utf8(taken).unwrap())
    }

    #[tokio::test]
    async fn what_was_fetched_before_and_what_came_since_is_left() {
        for (said, offset, expect) in [
            ("5\nfirst", 0, "first"),
            ("5\nfirst and more", 0, "first"),
            ("5\nfirst", 2, "rst"),
            ("65538\nabcdefgh", BLOCK + 1, "b"),
            ("0\n", 0, ""),
            ("5\n", 7, ""),
        ] {
            let (read, taken) = handed_over(said, offset).await;
            assert!(read.is_ok_and(|has_length| has_length), "{said:?}");
            assert_eq!(taken, expect, "{said:?}");
        }
        assert!(!handed_over("sh: wc: not found\n", 0).await.0.unwrap());
        let short = handed_over("5\nfirs", 1).await.0.unwrap_err().to_string();
        assert_eq!(short, "1 bytes did not come");
    }
}
