//! A shell on the host where a step failed, recorded.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use banister_core::plan::{Plan, Transport};
use chrono::Utc;

use super::question::Question;

/// Opens shells on the operator's terminal.
pub(crate) struct Shell {
    out: PathBuf,
    plan: Arc<Plan>,
}

impl Shell {
    pub(crate) fn new(out: PathBuf, plan: &Arc<Plan>) -> Self {
        Self { out, plan: plan.clone() }
    }

    /// Opens one and waits until it is closed. What is typed and shown there is kept in the run's `out` directory.
    pub(super) fn open(&self, question: &Question) -> Result<(), String> {
        let host = question.host.as_ref().ok_or("this step has no host")?;
        let is_local = self.plan.hosts.iter().any(|h| h.name == *host && h.transport == Transport::Local);
        if !is_local {
            return Err(format!("{host} is not this machine, and this version reaches no other"));
        }
        let file = self.out.join(format!("shell.{}.{}", question.ask.id.number, Utc::now().format("%Y%m%dT%H%M%SZ")));
        let shell = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty()).unwrap_or_else(|| "sh".to_owned());
        // By `script` of util-linux. The way not taken: a shell that leaves no record.
        let status = Command::new("script")
            .args(["--quiet", "--flush", "--command", &shell])
            .arg(&file)
            .status()
            .map_err(|e| format!("it is recorded by `script` (util-linux), and that cannot be started: {e}"))?;
        // A shell ends with the status of its last command, which says nothing about the record.
        if file.exists() { Ok(()) } else { Err(format!("`script` ended with {status} and recorded nothing")) }
    }
}
