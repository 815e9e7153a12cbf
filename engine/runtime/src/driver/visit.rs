//! One host, visited outside of a run.

use std::sync::Arc;

use banister_core::plan::Host;

use super::Feed;
use super::ways::Ways;
use crate::ledger::{LedgerEntry, LedgerPlace};
use crate::ssh::{Masters, SshSettings};
use crate::state::RunId;
use crate::transport::Executor;

/// A visit to one host's ledger. It belongs to no run, so nothing can be started by it.
pub struct Visit {
    executor: Arc<Executor>,
    masters: Option<Arc<Masters>>,
}

impl Visit {
    /// Prepares the way. Connects to nothing yet.
    ///
    /// # Errors
    /// One sentence, if there is no way by ssh.
    pub fn new(host: &Host, ssh: &SshSettings) -> Result<Self, String> {
        let run = RunId::random();
        let place = LedgerPlace {
            dir: host.ledger_dir.clone(),
            run: run.to_string(),
            manifest: String::new(),
            expect: None,
            machine: None,
            holder: String::new(),
            grace_ms: 1_000,
            beat_ms: 10_000,
        };
        let ways = Ways::open(std::slice::from_ref(host), run.as_str(), ssh, &Feed::default(), None);
        Ok(Self { executor: Executor::new(ways.to(host)?, place), masters: ways.masters() })
    }

    /// What runs have left there.
    ///
    /// # Errors
    /// One sentence, if the host could not be asked.
    pub async fn entries(&self) -> Result<Vec<LedgerEntry>, String> {
        self.executor.entries().await
    }

    /// Removes what runs have left there, of runs that are not over only if `open`. Gives each run's id, with the reason
    /// where it was kept.
    ///
    /// # Errors
    /// One sentence, if the host could not be asked.
    pub async fn prune(&self, runs: &[String], open: bool) -> Result<Vec<(String, Option<String>)>, String> {
        self.executor.prune(runs, open).await
    }

    /// Ends the connection.
    pub async fn leave(self) {
        if let Some(masters) = self.masters {
            masters.close().await;
        }
    }
}
