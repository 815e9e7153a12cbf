//! What the hosts that a run touched say about its journal, for `verify --witnesses`.
//!
//! A file cannot tell that whole lines are missing from its end; a host that was sent a later one can. What it
//! deliberately does not do: it takes nothing over. It asks under the epoch that the journal has, so a running engine is
//! not disturbed.

use std::path::Path;
use std::sync::Arc;

use banister_core::run::{Record, RecordKind, Run};
use banister_core::runbook::HostName;
use tokio::time::{Duration, timeout};

use super::dispatch::ledger_of;
use super::ways::Ways;
use super::witness::is_in;
use super::{DriverError, Feed};
use crate::journal::{JournalError, read};
use crate::ledger::LedgerPlace;
use crate::ssh::SshSettings;
use crate::state::{RunDir, RunId};
use crate::transport::Executor;

/// How long one host has to answer, cold.
const ANSWER_TIME: Duration = Duration::from_secs(60);

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
    let ways = Ways::open(run.plan(), RunId::random().as_str(), &ssh, feed);
    let masters = ways.masters();
    let epoch = run.state().epoch();
    let mut asked = Vec::new();
    for host in &run.plan().hosts {
        let Some(ledger) = ledger_of(&run, &host.name) else { continue };
        let executor = ways.to(host).map(|way| {
            let place = LedgerPlace {
                dir: host.ledger_dir.clone(),
                run: id.clone(),
                manifest: String::new(),
                expect: Some(ledger),
                machine: super::dispatch::machine_of(&run, &host.name),
                holder: String::new(),
                grace_ms: 0,
                beat_ms: 0,
            };
            Executor::new(way, place)
        });
        let answer = tokio::spawn(async move {
            let executor = executor?;
            timeout(ANSWER_TIME, executor.witness(epoch))
                .await
                .unwrap_or_else(|_| Err(format!("it did not answer within {} s", ANSWER_TIME.as_secs())))
        });
        asked.push((host.name.clone(), answer));
    }
    let mut said = Vec::new();
    for (host, answer) in asked {
        let answer = answer.await.unwrap_or_else(|fault| Err(format!("a fault of banister: {fault}")));
        said.push((host, weigh(&journal, run.state().seq(), answer)?));
    }
    if let Some(masters) = masters {
        masters.close().await;
    }
    Ok(said)
}

fn weigh(
    journal: &Path,
    last: u64,
    answer: Result<Option<crate::ledger::JournalHead>, String>,
) -> Result<Testimony, JournalError> {
    Ok(match answer {
        Err(why) => Testimony::NotAsked(why),
        Ok(None) => Testimony::SawNothing,
        Ok(Some(head)) if head.seq <= last && is_in(journal, &head)? => Testimony::Agrees(head.seq),
        Ok(Some(head)) => Testimony::Contradicts(head.seq),
    })
}
