//! Signals of a full-screen program. Ctrl-C and Ctrl-Z are keys while the terminal is raw.

use std::io;

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::ui::{Message, Post};

/// SIGTSTP, which tokio has no name for.
const TSTP: i32 = 20;

/// Tells of signals as long as the runtime lives.
pub(in crate::ui) fn watch(post: Post) -> io::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _inside = runtime.enter();
    let (mut hangup, mut terminate) = (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?);
    let (mut interrupt, mut stop) = (signal(SignalKind::interrupt())?, signal(SignalKind::from_raw(TSTP))?);
    runtime.spawn(async move {
        loop {
            let message = tokio::select! {
                _ = hangup.recv() => Message::Hangup,
                _ = terminate.recv() => Message::Hangup,
                _ = interrupt.recv() => Message::Key(crate::ui::Key::Ctrl('c')),
                _ = stop.recv() => Message::Stop,
            };
            post.key(message);
        }
    });
    Ok(runtime)
}
