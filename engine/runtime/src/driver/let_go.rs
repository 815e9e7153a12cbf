//! Hosts that a run kept although it is over: its engine died between the last record and letting go of them.
//!
//! What it deliberately does not do: it takes no host from another run, and of a run that is not over it lets nothing go.
//! The way not taken: a record that the hosts were let go. A journal ends with the run's end, and a host that was let go
//! twice is as free as one that was let go once.

use std::sync::Arc;

use banister_core::run::{ExitCode, RecordKind, Run};
use banister_core::runbook::HostName;

use super::dispatch::whole;
use super::executors::{executors, ledger_of};
use super::ways::Ways;
use super::{DriverError, Feed};
use crate::journal::read;
use crate::ssh::SshSettings;
use crate::state::{RunDir, RunState, RunSummary};

/// What became of the hosts of a run that is over.
#[derive(Debug)]
pub struct LetGo {
    /// What the run ended with.
    pub exit: ExitCode,
    /// Each host that the run had met, in the plan's order, and in one sentence why it could not be told.
    pub hosts: Vec<(HostName, Result<(), String>)>,
}

/// Says once more to every host which a run that is over had met that it is over, all at once. `None`: it is not over.
/// Needs a tokio runtime with all drivers.
///
/// # Errors
/// A [`DriverError`] if an engine has the run, or its files cannot be read or do not fold.
pub async fn let_go(dir: &RunDir, ssh: SshSettings, feed: &Feed) -> Result<Option<LetGo>, DriverError> {
    // Looked at before the lock is taken: of a run that goes on, the next engine is not to be kept from it.
    let RunState::Finished(exit) = RunSummary::of(dir).state else { return Ok(None) };
    let _lock = dir.lock()?;
    let records = read(&dir.journal_path())?.records;
    let (plan, digest) = dir.read_plan()?;
    let id = dir.id().to_string();
    let Some(RecordKind::RunPlanned { plan_hash, info, .. }) = records.first().map(|record| &record.kind) else {
        return Ok(None);
    };
    if digest != info.plan_digest {
        return Err(DriverError::PlanChanged { run: id, found: digest, recorded: info.plan_digest.clone() });
    }
    let run = Run::resume(Arc::new(plan), plan_hash, &records)
        .map_err(|source| DriverError::Replay { run: id.clone(), source })?;
    let ssh = SshSettings { config: ssh.config.or(info.ssh_config.clone().map(Into::into)) };
    let ways = Ways::open(&run.plan().hosts, &id, &ssh, feed, None);
    let masters = ways.masters();
    let (executors, epoch) = (executors(&run, (&id, ""), &ways), run.state().epoch());
    let mut told = Vec::new();
    for (host, executor) in executors.iter().filter(|(host, _)| ledger_of(&run, host).is_some()) {
        let executor = executor.clone();
        let tell = async move { executor?.finish(epoch).await };
        told.push((host.clone(), tokio::spawn(whole(tell))));
    }
    let mut hosts = Vec::new();
    for (host, told) in told {
        let told = told.await.unwrap_or_else(|fault| Err(format!("a fault of banister: {fault}")));
        hosts.push((host, told.unwrap_or_else(Err)));
    }
    if let Some(masters) = masters {
        masters.close().await;
    }
    Ok(Some(LetGo { exit, hosts }))
}
