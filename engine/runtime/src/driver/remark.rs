//! A note or a decision on a run that no engine drives.

use std::sync::Arc;

use banister_core::run::{Command, Input, RecordKind, Rejected, Run};

use super::people::operator;
use super::{Clock, DriverError};
use crate::journal::Limits;
use crate::state::RunDir;

/// Appends a remark of the operator under the run's lock; gives the number of its record. Nothing else of the run
/// changes: it is neither resumed nor ended by it.
///
/// # Errors
/// A [`DriverError`]; [`DriverError::Remark`] where the run does not take it.
pub fn remark(run: &RunDir, command: Command) -> Result<u64, DriverError> {
    let lock = run.lock()?;
    let clock = Clock::new().map_err(|source| DriverError::Machine { what: "read this boot's id", source })?;
    let id = run.id().to_string();
    let (plan, found) = run.read_plan()?;
    let (mut journal, records) = lock.resume_journal(Limits::default(), &clock.now())?;
    let Some(RecordKind::RunPlanned { plan_hash, info, .. }) = records.first().map(|record| &record.kind) else {
        return Err(DriverError::Remark { run: id, why: Rejected::NotYetStarted });
    };
    if found != info.plan_digest {
        return Err(DriverError::PlanChanged { run: id, found, recorded: info.plan_digest.clone() });
    }
    let mut state = Run::resume(Arc::new(plan), plan_hash, &records)
        .map_err(|source| DriverError::Replay { run: id.clone(), source })?;
    let mut batch = state.batch(clock.now());
    batch
        .decide(Input::Commanded { actor: operator(), command })
        .map_err(|why| DriverError::Remark { run: id, why })?;
    batch.commit(&mut journal)?;
    Ok(state.state().seq())
}
