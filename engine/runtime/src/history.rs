//! What earlier runs of a runbook took.
//!
//! What it deliberately does not do: it verifies nothing and complains about nothing. A run that cannot be read teaches
//! nothing, and the screen goes without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banister_core::view::{RunView, Usual};

use crate::journal::Follower;
use crate::state::{RunState, RunSummary, StateDir};

/// Runs that are looked at, the youngest first.
const RUNS: usize = 20;
/// How long all of it may take: a screen waits for it, though for nothing else.
const TIME: Duration = Duration::from_secs(2);
/// Bytes of a journal that is still read.
const BYTES: u64 = 64 << 20;

/// How long the steps of a runbook usually take in an environment, by its last runs that are over.
#[must_use]
pub fn usual(state: &StateDir, runbook: &str, environment: &str) -> Usual {
    let began = Instant::now();
    let mut usual = Usual::default();
    let is_alike = |run: &RunSummary| {
        run.runbook.as_deref() == Some(runbook)
            && run.environment.as_deref() == Some(environment)
            && matches!(run.state, RunState::Finished(_))
    };
    let runs = state.list().unwrap_or_default();
    for run in runs.iter().filter(|run| is_alike(run)).take(RUNS) {
        if began.elapsed() > TIME {
            break;
        }
        if let Some(view) = fold(state, run) {
            usual.add(&view);
        }
    }
    usual
}

fn fold(state: &StateDir, run: &RunSummary) -> Option<RunView> {
    let run = state.find(&run.id.as_str().parse().ok()?).ok()?;
    let path = run.journal_path();
    if std::fs::metadata(&path).ok()?.len() > BYTES {
        return None;
    }
    let mut view = RunView::without_remarks(Arc::new(run.read_plan().ok()?.0));
    let mut follower = Follower::open(&path).ok()?;
    while let Some(followed) = follower.next().ok()? {
        view.apply(&followed.record).ok()?;
    }
    Some(view)
}
