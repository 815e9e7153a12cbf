//! Signals of a full-screen program. Ctrl-C and Ctrl-Z are keys while the terminal is raw.

use std::io;

use rustix::process::Signal;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::modes::give_back_now;
use crate::exit_code;
use crate::ui::{Key, Message, Post};

/// Tells of signals as long as the runtime lives.
pub(in crate::ui) fn watch<N: Send + 'static>(post: Post<N>) -> io::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _inside = runtime.enter();
    let of = |of: Signal| signal(SignalKind::from_raw(of.as_raw()));
    let (mut hangup, mut terminate, mut interrupt) = (of(Signal::HUP)?, of(Signal::TERM)?, of(Signal::INT)?);
    let mut quit = of(Signal::QUIT)?;
    let (mut stop, mut again, mut size) = (of(Signal::TSTP)?, of(Signal::CONT)?, of(Signal::WINCH)?);
    runtime.spawn(async move {
        let mut was_told = false;
        loop {
            let message = tokio::select! {
                _ = hangup.recv() => Message::Hangup,
                _ = terminate.recv() => Message::Hangup,
                _ = quit.recv() => Message::Hangup,
                _ = interrupt.recv() => Message::Key(Key::Ctrl('c')),
                _ = stop.recv() => Message::Stop,
                _ = again.recv() => Message::Back,
                _ = size.recv() => match crossterm::terminal::size() {
                    Ok((width, height)) => Message::Resize { width, height },
                    Err(_) => continue,
                },
            };
            if matches!(message, Message::Hangup) && std::mem::replace(&mut was_told, true) {
                // The loop did not leave at the first word: it stands in a write to a terminal that takes nothing.
                give_back_now();
                std::process::exit(exit_code::DETACHED.0.into());
            }
            post.key(message);
        }
    });
    Ok(runtime)
}
