//! One who is told everything.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Interval, interval};

use super::lines::Out;
use super::protocol::{Body, PulseSaid, VERSION, Welcome};
use super::roster::Seat;
use super::server::Shared;
use crate::driver::{Event, Subscription, Wanted};
use crate::journal::{Bodies, JournalError};

/// Bytes of records that are sent together when old ones are told.
const TOGETHER: usize = 128 * 1024;

/// Between two signs of life of what runs.
const BEAT: Duration = Duration::from_secs(1);

/// A front end's place: what it was told, and what it will be told.
pub(super) struct Attached {
    /// The number of the request that attached it.
    id: u64,
    viewer: Subscription,
    seat: Seat,
    /// The last record it was told.
    seq: u64,
    /// The journal, read as far as it was needed.
    bodies: Option<Bodies>,
    /// When signs of life are told, and which were.
    beat: (Interval, u64),
}

/// What it is told next.
pub(super) enum News {
    /// Of the run.
    Event(Event),
    /// Of those who are attached.
    Present(Vec<super::Presence>),
    /// It is time for signs of life.
    Beat,
}

/// The next news of one who may be attached; may be dropped at any await.
pub(super) async fn news(attached: &mut Option<Attached>) -> News {
    match attached {
        Some(attached) => tokio::select! {
            people = attached.seat.news() => News::Present(people),
            event = attached.viewer.next() => News::Event(event),
            _ = attached.beat.0.tick() => News::Beat,
        },
        None => std::future::pending().await,
    }
}

impl Attached {
    /// Says what the run is, and everything that has happened. First the place in the queue is taken, then the journal
    /// is read: nothing can fall between, and what comes from both is told by its number.
    pub(super) async fn begin(
        shared: &Shared,
        (id, after): (u64, u64),
        (you, watch): (banister_core::run::Actor, bool),
        output: Wanted,
        out: &mut Out,
    ) -> Option<Self> {
        let served = &shared.served;
        let viewer = served.feed.subscribe(output);
        let seat = shared.roster.sit(you.clone(), watch);
        let welcome = Welcome {
            run: served.run.id().to_string(),
            you,
            operator: served.operator.clone(),
            plan: Box::new((*served.plan).clone()),
            seq: served.feed.seq(),
            watch,
            foreground: served.foreground,
            can_ask: served.can_ask,
        };
        out.say(id, Body::Welcome(Box::new(welcome))).await?;
        let mut attached = Self { id, viewer, seat, seq: after, bodies: None, beat: (interval(BEAT), 0) };
        // Before the records: whoever has all of them may ask at once who is there.
        let people = attached.seat.news().await;
        out.say(id, Body::Present { people }).await?;
        attached.catch_up(shared, out).await?;
        Some(attached)
    }

    /// Wants other output from here on.
    pub(super) fn want(&self, output: Wanted) {
        self.viewer.want(output);
    }

    /// Tells the next; `None`: the other end is gone, or was told the end.
    pub(super) async fn tell(&mut self, news: News, shared: &Shared, out: &mut Out) -> Option<()> {
        let event = match news {
            News::Present(people) => return out.say(self.id, Body::Present { people }).await,
            News::Event(event) => event,
            News::Beat => {
                let (count, pulses) = shared.served.feed.pulses(self.beat.1);
                self.beat.1 = count;
                if pulses.is_empty() {
                    return Some(());
                }
                let pulses = pulses.iter().map(PulseSaid::of).collect();
                return out.say(self.id, Body::Pulses { pulses }).await;
            }
        };
        let body = match event {
            Event::Record(record) if record.seq <= self.seq => return Some(()),
            Event::Record(record) if record.seq == self.seq + 1 => {
                self.seq = record.seq;
                Body::Record(Box::new((*record).clone()))
            }
            // It was too slow for some: the journal has them. The way not taken: a fresh snapshot, which is larger than
            // what was missed and says nothing of how it came about.
            Event::Record(_) | Event::RecordsLost { .. } => return self.catch_up(shared, out).await,
            Event::Output { key, stream, bytes } => Body::output(&key, stream, &bytes),
            Event::OutputLost { bytes } => Body::OutputLost { bytes },
            Event::Alive { key, at } => {
                let ago_ms = u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
                Body::Alive { key: (*key).clone(), ago_ms }
            }
            Event::Notice(text) => Body::Notice { text },
            Event::Ended(exit) => {
                self.catch_up(shared, out).await?;
                out.say(self.id, Body::Ended { exit }).await;
                return None;
            }
        };
        out.say(self.id, body).await
    }

    /// Tells every record that is written and was not told, as the journal holds it.
    async fn catch_up(&mut self, shared: &Shared, out: &mut Out) -> Option<()> {
        let (from, to) = (self.seq, shared.served.feed.seq());
        if to <= from {
            return Some(());
        }
        let (sender, mut pieces) = mpsc::channel(2);
        let (journal, bodies, id) = (shared.served.run.journal_path(), self.bodies.take(), self.id);
        let reading = tokio::task::spawn_blocking(move || {
            let mut bodies = match bodies {
                Some(bodies) => bodies,
                None => Bodies::open(&journal)?,
            };
            pieces_of(&mut bodies, id, (from, to), &sender).map(|()| bodies)
        });
        while let Some(piece) = pieces.recv().await {
            out.lines(&piece).await?;
        }
        let why = match reading.await {
            Ok(Ok(bodies)) if bodies.seq() >= to => {
                (self.seq, self.bodies) = (bodies.seq(), Some(bodies));
                return Some(());
            }
            Ok(Ok(bodies)) => format!("the journal holds {} of {to} records", bodies.seq()),
            Ok(Err(error)) => error.to_string(),
            Err(fault) => format!("a fault of banister: {fault}"),
        };
        // Without them what follows would make no sense to anybody.
        out.say(self.id, Body::Error { why }).await;
        None
    }
}

/// Reads records and sends them as lines of the protocol, many at a time, their bytes untouched.
fn pieces_of(
    bodies: &mut Bodies,
    id: u64,
    (from, to): (u64, u64),
    sender: &mpsc::Sender<Vec<u8>>,
) -> Result<(), JournalError> {
    let begin = format!("{{\"v\":{VERSION},\"id\":{id},\"is\":{{\"record\":");
    let mut piece = Vec::with_capacity(TOGETHER * 2);
    while bodies.seq() < to {
        let number = bodies.seq() + 1;
        let Some(body) = bodies.next()? else { break };
        if number <= from {
            continue;
        }
        piece.extend_from_slice(begin.as_bytes());
        piece.extend_from_slice(body);
        piece.extend_from_slice(b"}}\n");
        if piece.len() >= TOGETHER && sender.blocking_send(std::mem::take(&mut piece)).is_err() {
            // The other end is gone.
            return Ok(());
        }
    }
    drop(sender.blocking_send(piece));
    Ok(())
}
