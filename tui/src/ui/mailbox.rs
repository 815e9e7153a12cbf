//! Where keys and news wait: keys first, and news only so many that whoever brings them waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::{Heard, Message};

/// News that may wait. Whoever brings more is stopped, and through him the engine's queue for this screen, which
/// leaves out output rather than anything else: a screen never slows a run.
const MOST: usize = 512;

#[derive(Default)]
struct Waiting {
    keys: VecDeque<Message>,
    news: VecDeque<Heard>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    came: Condvar,
    room: Condvar,
}

/// The end that reads. Those who bring something learn when it is gone.
pub(crate) struct Mailbox(Arc<Shared>);

/// The end that brings. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Post(Arc<Shared>);

impl Mailbox {
    /// A mailbox, and the way into it.
    pub(crate) fn new() -> (Self, Post) {
        let shared = Arc::new(Shared::default());
        (Self(shared.clone()), Post(shared))
    }

    /// The next message, keys before news; `None` when none came until then.
    pub(crate) fn next(&self, until: Instant) -> Option<Message> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(key) = waiting.keys.pop_front() {
                return Some(key);
            }
            if let Some(news) = waiting.news.pop_front() {
                self.0.room.notify_one();
                return Some(Message::Heard(news));
            }
            let left = until.checked_duration_since(Instant::now())?;
            waiting = self.0.came.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.room.notify_all();
    }
}

impl Post {
    /// Brings a key, or anything else of the terminal; never waits.
    pub(crate) fn key(&self, message: Message) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.keys.push_back(message);
        self.0.came.notify_one();
    }

    /// Brings news; waits for room. False when nobody reads any more.
    pub(crate) fn news(&self, heard: Heard) -> bool {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.news.len() >= MOST && !waiting.closed {
            waiting = self.0.room.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.closed {
            return false;
        }
        waiting.news.push_back(heard);
        self.0.came.notify_one();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Key;

    #[test]
    fn keys_overtake_news() {
        let (mailbox, post) = Mailbox::new();
        assert!(post.news(Heard::Notice("first".into())));
        post.key(Message::Key(Key::Enter));
        let soon = Instant::now();
        assert!(matches!(mailbox.next(soon), Some(Message::Key(Key::Enter))));
        assert!(matches!(mailbox.next(soon), Some(Message::Heard(Heard::Notice(_)))));
        assert!(mailbox.next(soon).is_none());
        drop(mailbox);
        assert!(!post.news(Heard::Notice("late".into())), "nobody reads");
    }
}
