//! What viewers are told while a run goes on.
//!
//! A viewer that does not keep up costs itself something, never the run: each has a queue of bounded size, and what
//! does not fit is left out and said. Records that were left out stand in the journal.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use banister_core::run::{Awaited, EffectKey, ExitCode, Record, State};
use tokio::sync::Notify;

use super::Wanted;
use super::pulse::{Pulse, Pulses};
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
    /// A command's process was seen alive where it runs.
    Alive {
        /// Which command.
        key: Arc<EffectKey>,
        /// When.
        at: Instant,
    },
    /// Something the operator should know that is not part of the run's history.
    Notice(String),
    /// The engine has ended.
    Ended(ExitCode),
}

/// Events of records and notices that a viewer may be behind.
const MAX_EVENTS: usize = if cfg!(test) { 64 } else { 4096 };
/// Bytes of output that a viewer may be behind.
const MAX_BYTES: usize = 1 << 20;
/// Bytes of output that a viewer is sent at once, and then in a second: nobody reads more, and to put a flood into a
/// protocol and out of it again costs the machine of the run more than the run.
const BURST: usize = 16 << 20;
const A_SECOND: usize = 4 << 20;
/// Notices that are kept for whoever comes next, while nobody is there to hear them.
const MAX_MISSED: usize = 64;

#[derive(Debug)]
struct Queue {
    wanted: Wanted,
    events: VecDeque<Event>,
    bytes: usize,
    /// Bytes of output that it may be sent now, and since when that is so.
    allowance: (usize, Instant),
    lost_bytes: u64,
    /// Records are being left out since this number.
    lost_after: Option<u64>,
    told: u64,
}

impl Queue {
    fn new(wanted: Wanted) -> Self {
        let allowance = (BURST, Instant::now());
        Self { wanted, events: VecDeque::new(), bytes: 0, allowance, lost_bytes: 0, lost_after: None, told: 0 }
    }

    /// Whether so many bytes more may be sent; then they are counted.
    fn allows(&mut self, bytes: usize, now: Instant) -> bool {
        let (left, since) = self.allowance;
        let passed = now.saturating_duration_since(since).as_micros();
        let more = usize::try_from(passed).map_or(BURST, |passed| passed.saturating_mul(A_SECOND) / 1_000_000);
        let left = left.saturating_add(more).min(BURST);
        let is_allowed = bytes <= left;
        self.allowance = (if is_allowed { left - bytes } else { left }, now);
        is_allowed
    }

    fn push(&mut self, event: Event) {
        self.push_at(event, Instant::now());
    }

    fn push_at(&mut self, event: Event, now: Instant) {
        match &event {
            Event::Output { key, .. } if !self.wanted.takes(key) => return,
            // A later one says the same.
            Event::Alive { .. } if self.events.len() >= MAX_EVENTS => return,
            Event::Output { bytes, .. } => {
                if self.lost_after.is_some()
                    || self.bytes + bytes.len() > MAX_BYTES
                    || self.events.len() >= MAX_EVENTS
                    || !self.allows(bytes.len(), now)
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

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Told {
    viewers: Mutex<Viewers>,
    /// The last record that is written and may be shown.
    seq: AtomicU64,
    /// What the run waits for a person for, by these records.
    awaited: Mutex<Vec<Awaited>>,
    pulses: Pulses,
    /// Somebody has come, now or before.
    met: Notify,
}

#[derive(Debug, Default)]
struct Viewers {
    each: Vec<Weak<Shared>>,
    /// What nobody was there to hear.
    missed: VecDeque<Event>,
}

/// Tells all viewers of one run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Feed(Arc<Told>);

impl Feed {
    /// A new viewer, told from here on, with the output it wants. The first one is told what nobody has heard.
    #[must_use]
    pub fn subscribe(&self, wanted: Wanted) -> Subscription {
        let mut queue = Queue::new(wanted);
        let mut viewers = locked(&self.0.viewers);
        viewers.missed.drain(..).for_each(|event| queue.push(event));
        let shared = Arc::new(Shared { queue: Mutex::new(queue), news: Notify::new() });
        viewers.each.push(Arc::downgrade(&shared));
        // Kept for who asks later.
        self.0.met.notify_one();
        Subscription(shared)
    }

    /// Tells everybody. Never waits.
    pub(super) fn tell(&self, event: &Event) {
        let mut viewers = locked(&self.0.viewers);
        viewers.each.retain(|viewer| {
            let Some(viewer) = viewer.upgrade() else { return false };
            locked(&viewer.queue).push(event.clone());
            viewer.news.notify_one();
            true
        });
        if viewers.each.is_empty() && matches!(event, Event::Notice(_)) && viewers.missed.len() < MAX_MISSED {
            viewers.missed.push_back(event.clone());
        }
    }

    pub(super) fn has_viewers(&self) -> bool {
        !locked(&self.0.viewers).each.is_empty()
    }

    /// Waits until somebody has come.
    pub(super) async fn met(&self) {
        self.0.met.notified().await;
    }

    /// Whether anybody wants what a command prints.
    pub(super) fn wants(&self, key: &EffectKey) -> bool {
        let viewers = locked(&self.0.viewers);
        viewers.each.iter().filter_map(Weak::upgrade).any(|viewer| locked(&viewer.queue).wanted.takes(key))
    }

    /// A command printed something, whoever wants to see it.
    pub(super) fn beat(&self, key: &EffectKey, bytes: &[u8]) {
        self.0.pulses.beat(key, bytes);
    }

    /// A command's output is over.
    pub(super) fn forget(&self, key: &EffectKey) {
        self.0.pulses.forget(key);
    }

    /// Signs of life since a count, and the count now.
    pub(crate) fn pulses(&self, since: u64) -> (u64, Vec<Pulse>) {
        self.0.pulses.since(since)
    }

    /// Everything in this state is written, and may be shown.
    pub(super) fn written(&self, state: &State) {
        *locked(&self.0.awaited) = state.awaited();
        self.0.seq.store(state.seq(), Ordering::Release);
    }

    /// What the run waits for a person for.
    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        locked(&self.0.awaited).clone()
    }

    /// The last record that is written.
    pub(crate) fn seq(&self) -> u64 {
        self.0.seq.load(Ordering::Acquire)
    }
}

/// One viewer's place in the queue; let go of by dropping it.
#[derive(Debug)]
pub struct Subscription(Arc<Shared>);

impl Subscription {
    /// Wants other output from here on.
    pub fn want(&self, wanted: Wanted) {
        locked(&self.0.queue).wanted = wanted;
    }

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
        let viewer = feed.subscribe(Wanted::All {});
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
    fn a_flood_is_sent_as_far_as_somebody_could_read_it() {
        let mut queue = Queue::new(Wanted::All {});
        let began = queue.allowance.1;
        let sent = |queue: &mut Queue, ms: u64| {
            let mut sent = 0;
            // Whoever reads keeps up.
            for _ in 0..64 {
                queue.push_at(output(MAX_BYTES), began + std::time::Duration::from_millis(ms));
                while let Some(event) = queue.pop() {
                    sent += usize::from(matches!(event, Event::Output { .. }));
                }
            }
            sent * MAX_BYTES
        };
        assert_eq!(sent(&mut queue, 0), BURST);
        assert_eq!(sent(&mut queue, 0), 0);
        assert_eq!(sent(&mut queue, 1_000), A_SECOND);
        assert_eq!(sent(&mut queue, 1_500), A_SECOND / 2);
        assert_eq!(sent(&mut queue, 3_600_000), BURST, "what nobody used is not saved up");
    }

    #[test]
    fn who_left_is_forgotten() {
        let feed = Feed::default();
        let viewer = feed.subscribe(Wanted::All {});
        assert!(feed.has_viewers());
        drop(viewer);
        feed.tell(&notice("nobody"));
        assert!(!feed.has_viewers());
    }

    #[test]
    fn only_wanted_output_takes_room() {
        let feed = Feed::default();
        let viewer = feed.subscribe(Wanted::None {});
        feed.tell(&output(10));
        assert_eq!(viewer.try_next(), None);
        let Event::Output { key, .. } = output(0) else { panic!("it is output") };
        assert!(!feed.wants(&key));
        viewer.want(Wanted::Step { path: key.path.clone(), host: Some(key.host.clone()) });
        assert!(feed.wants(&key));
        feed.tell(&output(10));
        assert!(matches!(viewer.try_next(), Some(Event::Output { .. })));
        viewer.want(Wanted::Step { path: banister_core::plan::StepPath::parse("other").unwrap(), host: None });
        feed.tell(&output(MAX_BYTES * 2));
        assert_eq!(viewer.try_next(), None, "it is not lost either");
    }

    #[test]
    fn what_nobody_heard_is_told_to_the_next_who_comes() {
        let feed = Feed::default();
        feed.tell(&notice("the disk is full"));
        feed.tell(&output(3));
        let viewer = feed.subscribe(Wanted::All {});
        assert_eq!(viewer.try_next(), Some(notice("the disk is full")));
        assert_eq!(viewer.try_next(), None, "output lies beside the journal");
        assert_eq!(feed.subscribe(Wanted::All {}).try_next(), None, "once");
    }
}
