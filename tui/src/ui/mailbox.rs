//! Where keys and news wait: keys first, and news only so many that whoever brings them waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Heard, Message};

/// News that may wait. Whoever brings more is stopped, and through him the engine's queue for this screen, which
/// leaves out output rather than anything else: a screen never slows a run.
const MOST: usize = 16;

struct Waiting<N> {
    keys: VecDeque<Message<N>>,
    news: VecDeque<N>,
    closed: bool,
}

struct Shared<N> {
    waiting: Mutex<Waiting<N>>,
    came: Condvar,
    room: Condvar,
}

impl<N> Shared<N> {
    fn lock(&self) -> MutexGuard<'_, Waiting<N>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that reads. Those who bring something learn when it is gone.
pub(crate) struct Mailbox<N = Heard>(Arc<Shared<N>>);

/// The end that brings. Cheap to clone.
pub(crate) struct Post<N = Heard>(Arc<Shared<N>>);

impl<N> Clone for Post<N> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<N> Mailbox<N> {
    /// A mailbox, and the way into it.
    pub(crate) fn new() -> (Self, Post<N>) {
        let waiting = Waiting { keys: VecDeque::new(), news: VecDeque::new(), closed: false };
        let shared = Arc::new(Shared { waiting: Mutex::new(waiting), came: Condvar::new(), room: Condvar::new() });
        (Self(shared.clone()), Post(shared))
    }

    /// The next message, keys before news; `None` when none came until then.
    pub(crate) fn next(&self, until: Instant) -> Option<Message<N>> {
        let mut waiting = self.0.lock();
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

impl<N> Mailbox<N> {
    /// Whether a key waits: what it does will be on the next frame too.
    pub(crate) fn has_key(&self) -> bool {
        !self.0.lock().keys.is_empty()
    }
}

impl<N> Drop for Mailbox<N> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.room.notify_all();
    }
}

impl<N> Post<N> {
    /// Brings a key, or anything else of the terminal; never waits.
    pub(crate) fn key(&self, message: Message<N>) {
        let mut waiting = self.0.lock();
        waiting.keys.push_back(message);
        self.0.came.notify_one();
    }

    /// Brings news; waits for room. False when nobody reads any more.
    pub(crate) fn news(&self, heard: N) -> bool {
        let mut waiting = self.0.lock();
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
