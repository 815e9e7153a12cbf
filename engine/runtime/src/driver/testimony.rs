//! What the hosts that a run touched say about its journal, for `verify --witnesses`.
//!
//! A file cannot tell that whole lines are missing from its end; a host that was sent a later one can. What it
//! deliberately does not do: it takes nothing over. Asking what a host has seen changes nothing there, so a running engine
//! is not disturbed.

use std::path::Path;
use std::sync::Arc;

use banister_core::run::{Record, RecordKind, Run};
use banister_core::runbook::HostName;

use super::executors::{executors, witnesses};
use super::ways::Ways;
use super::witness::is_in;
use super::{DriverError, Feed};
use crate::journal::{JournalError, read};
use crate::ledger::JournalHead;
use crate::ssh::SshSettings;
use crate::state::{RunDir, RunId};

/// What one host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Testimony {
    /// It has seen this record, and the journal holds it.
    Agrees(u64),
    /// It was sent no record.
    SawNothing,
    /// It has seen this record, and the journal does not hold it.
    Contradicts(u64),
    /// It could not be asked, in one sentence.
    NotAsked(String),
}

/// Asks every host that a run has touched what it has seen of the journal, all at once. The journal itself is for
/// [`verify`](crate::journal::verify) to look at first. Needs a tokio runtime with all drivers.
///
/// # Errors
/// A [`DriverError`] if the run's files cannot be read or do not fold.
pub async fn testimonies(
    dir: &RunDir,
    ssh: SshSettings,
    feed: &Feed,
) -> Result<Vec<(HostName, Testimony)>, DriverError> {
    let journal = dir.journal_path();
    let records = read(&journal)?.records;
    let (plan, _) = dir.read_plan()?;
    let (plan_hash, remembered) = match records.first().map(|record: &Record| &record.kind) {
        Some(RecordKind::RunPlanned { plan_hash, info, .. }) => (plan_hash.clone(), info.ssh_config.clone()),
        _ => return Ok(Vec::new()),
    };
    let id = dir.id().to_string();
    let run = Run::resume(Arc::new(plan), &plan_hash, &records)
        .map_err(|source| DriverError::Replay { run: id.clone(), source })?;
    let ssh = SshSettings { config: ssh.config.or(remembered.map(Into::into)) };
    // Masters of its own: those of a running engine are that engine's.
    let ways = Ways::open(&run.plan().hosts, RunId::random().as_str(), &ssh, feed, None);
    let masters = ways.masters();
    let mut said = Vec::new();
    for (host, answer) in witnesses(&run, &executors(&run, (&id, ""), &ways)).await {
        said.push((host, weigh(&journal, run.state().seq(), answer)?));
    }
    if let Some(masters) = masters {
        masters.close().await;
    }
    Ok(said)
}

fn weigh(journal: &Path, last: u64, answer: Result<Option<JournalHead>, String>) -> Result<Testimony, JournalError> {
    Ok(match answer {
        Err(why) => Testimony::NotAsked(why),
        Ok(None) => Testimony::SawNothing,
        Ok(Some(head)) if head.seq <= last && is_in(journal, &head)? => Testimony::Agrees(head.seq),
        Ok(Some(head)) => Testimony::Contradicts(head.seq),
    })
}
