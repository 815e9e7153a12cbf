//! Who is attached.

use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;

use super::protocol::Presence;
use banister_core::run::Actor;

/// Everybody who is attached to one run. Cheap to clone.
#[derive(Clone)]
pub(super) struct Roster(Arc<watch::Sender<Vec<(u64, Presence)>>>);

impl Default for Roster {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }
}

/// A place on it; given up by dropping it.
pub(super) struct Seat {
    roster: Roster,
    number: u64,
    news: watch::Receiver<Vec<(u64, Presence)>>,
}

impl Roster {
    /// Takes a place.
    pub(super) fn sit(&self, who: Actor, watch: bool) -> Seat {
        let mut number = 0;
        self.0.send_modify(|seats| {
            number = seats.iter().map(|(number, _)| *number).max().unwrap_or(0) + 1;
            seats.push((number, Presence { who, since: Utc::now(), watch }));
        });
        let mut news = self.0.subscribe();
        // Who comes is told who is there.
        news.mark_changed();
        Seat { roster: self.clone(), number, news }
    }
}

impl Seat {
    /// Everybody, when somebody has come or gone.
    pub(super) async fn news(&mut self) -> Vec<Presence> {
        if self.news.changed().await.is_err() {
            // Invariant: the seat holds the roster, so its sender lives.
            std::future::pending::<()>().await;
        }
        self.news.borrow_and_update().iter().map(|(_, presence)| presence.clone()).collect()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.roster.0.send_modify(|seats| seats.retain(|(number, _)| *number != self.number));
    }
}
