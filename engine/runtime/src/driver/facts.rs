//! What only the runtime knows about a start, gathered for the first record.

use std::path::Path;
use std::process::{Command, Stdio};

use banister_core::run::StartInfo;
use chrono::{Local, Offset as _};

use crate::digest::sha256;
use crate::ssh::SshSettings;
use crate::state::RunId;

/// Where a plan came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The runbook's file, as given.
    pub runbook_file: String,
    /// Its bytes, as they were compiled.
    pub runbook: Vec<u8>,
    /// The inventory file's bytes, if there was one.
    pub inventory: Option<Vec<u8>>,
    /// `--incident`.
    pub incident: Option<String>,
    /// Banister's version.
    pub tool: String,
}

impl Origin {
    /// Everything for the first record.
    pub(super) fn info(&self, run: &RunId, plan_digest: String, ssh: &SshSettings) -> StartInfo {
        let (git_commit, git_dirty) = git(Path::new(&self.runbook_file));
        let offset = Local::now().offset().fix();
        StartInfo {
            run: run.to_string(),
            plan_digest,
            runbook_file: self.runbook_file.clone(),
            runbook_digest: sha256(&self.runbook),
            git_commit,
            git_dirty,
            inventory_digest: self.inventory.as_deref().map(sha256),
            incident: self.incident.clone(),
            tool: self.tool.clone(),
            machine: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            time_zone: offset.to_string(),
            drill: false,
            ssh_config: ssh.config.as_ref().map(|file| file.to_string_lossy().into_owned()),
        }
    }
}

/// Commit of the work tree a file stands in, and whether that tree has changes. Nothing where git says nothing: that
/// must never keep a run from starting.
fn git(file: &Path) -> (Option<String>, Option<bool>) {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let ask = |args: &[&str]| {
        // A repository's own configuration could name a program to run: not in ours.
        let output = Command::new("git")
            .args(["-c", "core.fsmonitor=false", "--no-optional-locks", "-C"])
            .arg(dir)
            .args(args)
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output.status.success().then_some(output.stdout)
    };
    let commit = ask(&["rev-parse", "--verify", "HEAD"]).and_then(|out| String::from_utf8(out).ok());
    let dirty = commit.is_some().then(|| ask(&["status", "--porcelain"]).map(|out| !out.is_empty())).flatten();
    (commit.map(|text| text.trim().to_owned()), dirty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_outside_of_any_work_tree_has_no_commit() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(git(&dir.path().join("a.yaml")), (None, None));
    }

    #[test]
    fn the_first_record_holds_digests_not_contents() {
        let origin =
            Origin { runbook_file: "/x/a.yaml".into(), runbook: b"runbook: a\n".to_vec(), ..Origin::default() };
        let info = origin.info(&RunId::random(), "00".into(), &SshSettings::default());
        assert_eq!(info.runbook_digest, sha256(b"runbook: a\n"));
        assert_eq!(info.time_zone.len(), 6, "{}", info.time_zone);
        assert!(!info.machine.is_empty());
    }
}
