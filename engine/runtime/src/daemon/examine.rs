//! Looking at a run before an engine is started for it.

use banister_core::plan::Plan;
use banister_core::run::RecordKind;

use crate::driver::DriverError;
use crate::journal::Follower;
use crate::state::{RunDir, StateError};

/// The plan of a run that an engine can be started for. Refuses one that has an engine, and one whose plan was changed:
/// a changed plan could name a command as the source of a secret.
///
/// # Errors
/// A [`DriverError`]; nothing was run.
pub fn examine(run: &RunDir) -> Result<Plan, DriverError> {
    if run.is_taken()? {
        return Err(StateError::Held { run: run.id().to_string(), holder: run.holder() }.into());
    }
    let (plan, found) = run.read_plan()?;
    let journal = run.journal_path();
    let first = if journal.exists() { Follower::open(&journal)?.next()? } else { None };
    let recorded = match first.map(|first| first.record.kind) {
        Some(RecordKind::RunPlanned { info, .. }) => info.plan_digest,
        _ => run.read_start()?.info.plan_digest,
    };
    if found != recorded {
        return Err(DriverError::PlanChanged { run: run.id().to_string(), found, recorded });
    }
    Ok(plan)
}
