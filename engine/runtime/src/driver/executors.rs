//! One executor for each host of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use banister_core::plan::Host;
use banister_core::run::Run;
use banister_core::runbook::HostName;

use super::dispatch::whole;
use super::ways::Ways;
use crate::ledger::{JournalHead, LedgerPlace};
use crate::transport::Executor;

/// Milliseconds between TERM and KILL of a cancel.
const GRACE_MS: u64 = 5_000;
/// Milliseconds between two heartbeats of a command that runs.
const BEAT_MS: u64 = 10_000;

/// By host; or why there is no way to it.
pub(super) type Executors = BTreeMap<HostName, Result<Arc<Executor>, String>>;

/// Makes them. Connects to nothing yet.
pub(super) fn executors(run: &Run, (id, holder): (&str, &str), ways: &Ways) -> Executors {
    let one = |host: &Host| {
        let place = LedgerPlace {
            dir: host.ledger_dir.clone(),
            run: id.to_owned(),
            manifest: format!("banister run {id} of {} in {}", run.plan().runbook, run.plan().environment),
            expect: ledger_of(run, &host.name),
            machine: machine_of(run, &host.name),
            holder: holder.to_owned(),
            grace_ms: GRACE_MS,
            beat_ms: BEAT_MS,
        };
        (host.name.clone(), ways.to(host).map(|way| Executor::new(way, place)))
    };
    run.plan().hosts.iter().map(one).collect()
}

/// The id of a host's ledger, if the run has met it.
pub(super) fn ledger_of(run: &Run, host: &HostName) -> Option<String> {
    let host = run.state().graph().find_host(host)?;
    run.state().host(host).identity.as_ref()?.ledger.clone()
}

/// The id of a host's machine, if it has a ledger: reading needs no machine in particular.
fn machine_of(run: &Run, host: &HostName) -> Option<String> {
    let identity = run.state().host(run.state().graph().find_host(host)?).identity.as_ref()?;
    identity.ledger.as_ref().map(|_| identity.machine.clone())
}

/// The latest journal head that each touched host was sent, in the plan's order. All are asked at once: one that does not
/// answer must not keep the others waiting.
pub(super) async fn witnesses(
    run: &Run,
    executors: &Executors,
) -> Vec<(HostName, Result<Option<JournalHead>, String>)> {
    let mut asked = Vec::new();
    for host in run.plan().hosts.iter().filter(|host| ledger_of(run, &host.name).is_some()) {
        let executor = executors.get(&host.name).cloned();
        let answer = async move {
            let executor =
                executor.unwrap_or_else(|| Err("it has no executor; this is a fault of banister".to_owned()))?;
            executor.witness().await
        };
        asked.push((host.name.clone(), tokio::spawn(whole(answer))));
    }
    let mut answers = Vec::new();
    for (name, answer) in asked {
        let answer = answer.await.unwrap_or_else(|fault| Err(format!("a fault of banister: {fault}")));
        answers.push((name, answer.unwrap_or_else(Err)));
    }
    answers
}
