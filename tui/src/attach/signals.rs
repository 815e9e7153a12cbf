//! Signals to a front end whose engine is another process.
//!
//! | signal | at a terminal | started without one | only looking, or later attached without one |
//! |---|---|---|---|
//! | INT | the run is held, and the person asked how it goes on | the engine drains | detaches |
//! | TERM | detaches | the engine drains | detaches |
//! | HUP | detaches | detaches | detaches |
//!
//! A second one detaches at once, and one after that ends the program whatever it is doing.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use banister_runtime::control::Verb;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Door, Wire};
use crate::ask::News;
use crate::exit_code;

/// What the first interrupt does.
pub(super) enum First {
    /// Holds the run and asks the person.
    Ask(Sender<News>),
    /// Drains the engine.
    Drain,
    /// Detaches.
    Detach,
}

/// Takes the signals of this process on a thread of its own: a terminal that takes nothing must not stop them.
pub(super) fn watch(first: First, wire: Arc<Wire>, door: Door) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let guard = runtime.enter();
    let mut signals =
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    drop(guard);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async move {
            loop {
                let [interrupt, terminate, hangup] = &mut signals;
                let kind = tokio::select! {
                    () = next(interrupt) => SignalKind::interrupt(),
                    () = next(terminate) => SignalKind::terminate(),
                    () = next(hangup) => SignalKind::hangup(),
                };
                if door.has_left() {
                    // It should have gone by now: it may be waiting for a terminal that takes nothing.
                    std::process::exit(i32::from(exit_code::DETACHED.0));
                }
                let is_interrupt = kind == SignalKind::interrupt();
                match &first {
                    First::Ask(dialog) if is_interrupt && !door.interrupted() => {
                        // Held already, or not this person's to hold: either way he is asked.
                        wire.say(Verb::Hold {});
                        if dialog.send(News::Interrupted).is_err() {
                            door.leave();
                        }
                    }
                    First::Drain if kind != SignalKind::hangup() && !door.interrupted() => wire.say(Verb::Drain {}),
                    _ => door.leave(),
                }
            }
        });
    })?;
    Ok(())
}

async fn next(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending().await
    }
}
