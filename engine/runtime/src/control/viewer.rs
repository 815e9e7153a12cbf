//! The view that the socket shows, folded from the journal when somebody wants to see it.
//!
//! The way not taken: folding it in the loop. A run that nobody watches should not pay for being watched.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use banister_core::plan::Plan;
use banister_core::view::RunView;

use super::protocol::Body;
use crate::journal::{Follower, JournalError};

/// Follows a run's journal.
pub(super) struct Viewer {
    run: String,
    journal: PathBuf,
    plan: Arc<Plan>,
    state: Mutex<Option<(Follower, RunView)>>,
}

impl Viewer {
    pub(super) fn new(run: String, journal: PathBuf, plan: Arc<Plan>) -> Self {
        Self { run, journal, plan, state: Mutex::new(None) }
    }

    /// How the run stands, by all records that are written.
    pub(super) async fn snapshot(self: &Arc<Self>) -> Body {
        let viewer = self.clone();
        let look = tokio::task::spawn_blocking(move || viewer.look());
        match look.await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => Body::Error { why: error.to_string() },
            Err(fault) => Body::Error { why: format!("a fault of banister: {fault}") },
        }
    }

    fn look(&self) -> Result<Body, JournalError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (follower, view) = match state.as_mut() {
            Some(state) => state,
            None => state.insert((Follower::open(&self.journal)?, RunView::new(self.plan.clone()))),
        };
        while let Some(followed) = follower.next()? {
            // What does not fit is said in the snapshot itself.
            let _ = view.apply(&followed.record);
        }
        let mut snapshot = view.snapshot();
        // Whoever comes before the first record is written is told whose run it is all the same.
        snapshot.run.clone_from(&self.run);
        Ok(Body::Snapshot(Box::new(snapshot)))
    }
}
