//! What viewers are told while a run goes on.
//!
//! A viewer that does not keep up costs itself something, never the run: each has a queue of bounded size, and what
//! does not fit is left out and said. Records that were left out stand in the journal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};

use banister_core::run::{EffectKey, ExitCode, Record};
use tokio::sync::Notify;

use crate::locked::locked;
use crate::output::StreamKind;

/// One thing a viewer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something happened, and is written down.
    Record(Arc<Record>),
    /// A command printed something; redacted.
    Output {
        /// Which command.
        key: Arc<EffectKey>,
        /// Which stream.
        stream: StreamKind,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Output was left out here because this viewer is slow.
    OutputLost {
        /// Bytes.
        bytes: u64,
    },
    /// Records after this number were left out because this viewer is slow: read them in the journal.
    RecordsLost {
        /// Number of the last record it was told.
        after: u64,
    },
    /// Something the operator should know that is not part of the run's history.
    Notice(String),
    /// The engine has ended.
    Ended(ExitCode),
}

/// Events of records and notices that a viewer may be behind.
const MAX_EVENTS: usize = 4096;
/// Bytes of output that a viewer may be behind.
const MAX_BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    bytes: usize,
    lost_bytes: u64,
    /// Records are being left out since this number.
    lost_after: Option<u64>,
    told: u64,
}

impl Queue {
    fn push(&mut self, event: Event) {
        match &event {
            Event::Output { bytes, .. } => {
                if self.lost_after.is_some() || self.bytes + bytes.len() > MAX_BYTES || self.events.len() >= MAX_EVENTS
                {
                    self.lost_bytes += bytes.len() as u64;
                    return;
                }
                self.bytes += bytes.len();
            }
            Event::Record(record) => {
                if self.lost_after.is_some() {
                    return;
                }
                if self.events.len() >= MAX_EVENTS {
                    self.lost_after = Some(self.told);
                    return;
                }
                self.told = record.seq;
            }
            // Few, and never left out.
            _ => {}
        }
        if self.lost_bytes > 0 {
            self.events.push_back(Event::OutputLost { bytes: std::mem::take(&mut self.lost_bytes) });
        }
        self.events.push_back(event);
    }

    fn pop(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            if let Event::Output { bytes, .. } = &event {
                self.bytes -= bytes.len();
            }
            return Some(event);
        }
        if self.lost_bytes > 0 {
            return Some(Event::OutputLost { bytes: std::mem::take(&mut self.lost_bytes) });
        }
        self.lost_after.take().map(|after| Event::RecordsLost { after })
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    news: Notify,
}

/// Tells all viewers of one run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Feed(Arc<Mutex<Vec<Weak<Shared>>>>);

impl Feed {
    /// A new viewer, told from here on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        let shared = Arc::new(Shared::default());
        locked(&self.0).push(Arc::downgrade(&shared));
        Subscription(shared)
    }

    /// Tells everybody. Never waits.
    pub(super) fn tell(&self, event: &Event) {
        locked(&self.0).retain(|viewer| {
            let Some(viewer) = viewer.upgrade() else { return false };
            locked(&viewer.queue).push(event.clone());
            viewer.news.notify_one();
            true
        });
    }

    pub(super) fn has_viewers(&self) -> bool {
        !locked(&self.0).is_empty()
    }
}

/// One viewer's place in the queue; let go of by dropping it.
#[derive(Debug)]
pub struct Subscription(Arc<Shared>);

impl Subscription {
    /// The next event, if there is one now.
    #[must_use]
    pub fn try_next(&self) -> Option<Event> {
        locked(&self.0.queue).pop()
    }

    /// Waits for the next event.
    pub async fn next(&self) -> Event {
        loop {
            let news = self.0.news.notified();
            if let Some(event) = self.try_next() {
                return event;
            }
            news.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(text: &str) -> Event {
        Event::Notice(text.to_owned())
    }

    fn output(len: usize) -> Event {
        let text = r#"{"run":"r","path":"a","host":"h","purpose":"main","attempt":1}"#;
        let key = serde_json::from_str(text).unwrap();
        Event::Output { key: Arc::new(key), stream: StreamKind::Stdout, bytes: vec![b'x'; len].into() }
    }

    #[test]
    fn a_slow_viewer_loses_output_and_is_told_how_much() {
        let feed = Feed::default();
        let viewer = feed.subscribe();
        feed.tell(&output(MAX_BYTES));
        feed.tell(&output(10));
        feed.tell(&output(5));
        feed.tell(&notice("still there"));
        assert!(matches!(viewer.try_next(), Some(Event::Output { .. })));
        assert_eq!(viewer.try_next(), Some(Event::OutputLost { bytes: 15 }));
        assert_eq!(viewer.try_next(), Some(notice("still there")));
        assert_eq!(viewer.try_next(), None);
        feed.tell(&output(10));
        assert!(matches!(viewer.try_next(), Some(Event::Output { .. })), "it caught up");
    }

    #[test]
    fn who_left_is_forgotten() {
        let feed = Feed::default();
        let viewer = feed.subscribe();
        assert!(feed.has_viewers());
        drop(viewer);
        feed.tell(&notice("nobody"));
        assert!(!feed.has_viewers());
    }
}
