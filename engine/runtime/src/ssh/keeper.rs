//! Watches one master from its beginning to its end, and sees to that end.

use std::io;
use std::sync::Arc;

use openssh::Stdio;
use tokio::net::UnixStream;
use tokio::time::{Duration, MissedTickBehavior, interval, timeout};

use super::connect::tail;
use super::end::{kill_master, tell_to_end};
use super::master::Shared;
use super::refusal::{NotOpened, last_line};
use super::{END_TIME, PROBE_TIME};
use crate::transport::BoxFuture;

/// How often the keeper looks for silent channels.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Keeps a master. `held` is a connection to its control socket on which nothing is said: it keeps the master from
/// ending for want of use, and closes when the master ends.
pub(super) async fn keep(shared: Arc<Shared>, held: UnixStream) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut probing: Option<BoxFuture<'static, Result<(), String>>> = None;
    loop {
        let probed = async {
            match probing.as_mut() {
                Some(probe) => probe.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = closed(&held) => {
                shared.die(last_words(&shared));
                break;
            }
            () = shared.end.cancelled() => {
                shared.die("the connection was closed".to_owned());
                break;
            }
            // Somebody else found it dead.
            () = shared.gone.cancelled() => break,
            result = probed => {
                probing = None;
                match result {
                    Ok(()) => shared.has_answered(),
                    Err(why) => {
                        shared.die(why);
                        break;
                    }
                }
            }
            _ = look.tick() => {
                if probing.is_none() && shared.is_silent() {
                    probing = Some(Box::pin(probe(shared.clone())));
                }
            }
        }
    }
    drop(probing);
    tell_to_end(&held);
    if timeout(END_TIME, closed(&held)).await.is_err() {
        let socket = shared.socket.clone();
        // Reads many small files.
        let _ = tokio::task::spawn_blocking(move || kill_master(&socket)).await;
        let _ = timeout(END_TIME, closed(&held)).await;
    }
    for file in [&shared.socket, &shared.log] {
        // A master that ended by itself has removed its socket.
        let _ = std::fs::remove_file(file);
    }
}

/// Waits until the master closes a connection to its control socket.
async fn closed(held: &UnixStream) {
    let mut buffer = [0; 256];
    while held.readable().await.is_ok() {
        match held.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Why the master ended, in its own words where it had some.
fn last_words(shared: &Shared) -> String {
    match last_line(&tail(&shared.log)) {
        said if said.is_empty() => "the connection was lost".to_owned(),
        said => format!("the connection was lost ({said})"),
    }
}

/// Starts a trivial second command. What it says does not matter, only that the other side says something: one half of
/// an sshd can be dead while the other answers keepalives.
async fn probe(shared: Arc<Shared>) -> Result<(), String> {
    let mut command = shared.session.clone().arc_raw_command("exit 0");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let refused = |why: String| Err(format!("the connection is open and takes no command any more ({why})"));
    let child = match timeout(PROBE_TIME, command.spawn()).await {
        Ok(Ok(child)) => child,
        Ok(Err(error)) => {
            return match NotOpened::of(&error) {
                NotOpened::Full => Ok(()),
                NotOpened::Dead(why) => refused(why),
            };
        }
        Err(_) => {
            return Err(format!("the other side was silent, and did not answer within {} s", PROBE_TIME.as_secs()));
        }
    };
    match timeout(PROBE_TIME, child.wait()).await {
        // The channel was opened, so somebody is there: a login may be slow on a host in trouble.
        Err(_) | Ok(Ok(_) | Err(openssh::Error::Remote(_))) => Ok(()),
        Ok(Err(error)) => refused(error.to_string()),
    }
}
