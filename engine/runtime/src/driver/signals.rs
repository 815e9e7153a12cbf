//! Signals: the first lets nothing new start, the second leaves at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use banister_core::run::{Actor, Command, DrainReason, Input};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Inbox;
use super::station::{Interrupted, Station};

/// Whether the operator has interrupted, and the way to leave.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    seen: Arc<AtomicBool>,
    leave: CancellationToken,
}

impl Interrupts {
    pub(super) fn new(leave: CancellationToken) -> Self {
        Self { seen: Arc::default(), leave }
    }

    /// The operator said how to go on: the next signal is a first one again.
    pub fn answered(&self) {
        self.seen.store(false, Ordering::Release);
    }

    /// Leaves at once; commands run on, and a later engine finds them.
    pub fn leave(&self) {
        self.leave.cancel();
    }
}

/// Takes the signals of this process until it is aborted.
pub(super) fn watch_signals(
    leave: CancellationToken,
    interrupts: Interrupts,
    (inbox, operator, station): (Inbox, Actor, Station),
) -> io::Result<JoinHandle<()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                () = next(&mut interrupt) => SignalKind::interrupt(),
                () = next(&mut terminate) => SignalKind::terminate(),
                () = next(&mut hangup) => SignalKind::hangup(),
            };
            let terminal = match &station {
                // No terminal owns it: what a terminal sends is not its own.
                Station::Daemon { .. } if signal != SignalKind::terminate() => continue,
                Station::Foreground { terminal: Some(terminal) } if signal == SignalKind::interrupt() => {
                    Some(terminal.clone())
                }
                _ => None,
            };
            if interrupts.seen.swap(true, Ordering::AcqRel) {
                leave.cancel();
                return;
            }
            let (inbox, operator) = (inbox.clone(), operator.clone());
            // Not awaited here: while the inbox is full the second signal must still be seen.
            tokio::spawn(async move {
                let asked = match terminal {
                    Some(terminal) => {
                        // Held already, or over: either way nothing new starts.
                        let _ = inbox.command(operator, Command::Hold).await;
                        terminal.send(Interrupted).is_ok()
                    }
                    None => false,
                };
                if !asked {
                    let _ = inbox.send(Input::Drain { reason: DrainReason::Signal }).await;
                }
            });
        }
    }))
}

async fn next(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending().await
    }
}
