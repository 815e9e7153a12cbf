//! Reads the keys on a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::event::{self, Event};

use crate::ui::{Key, Message, Post};

/// How long a reader may sit on the terminal before it looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A reader; it ends when it is dropped, and then the terminal belongs to somebody else.
pub(in crate::ui) struct Keys {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Reads until it is dropped.
pub(in crate::ui) fn read_keys(post: Post) -> io::Result<Keys> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            let event = match event::poll(LOOK_EVERY) {
                Ok(true) => event::read(),
                Ok(false) => continue,
                Err(error) => Err(error),
            };
            match event {
                Ok(Event::Key(key)) => Key::of(key).into_iter().for_each(|key| post.key(Message::Key(key))),
                Ok(Event::Paste(text)) => post.key(Message::Paste(text)),
                Ok(Event::Resize(width, height)) => post.key(Message::Resize { width, height }),
                Ok(_) => {}
                // The terminal is gone: that is a way of hanging up.
                Err(_) => return post.key(Message::Hangup),
            }
        }
    })?;
    Ok(Keys { stop, thread: Some(thread) })
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It has nothing to give.
            let _ = thread.join();
        }
    }
}
