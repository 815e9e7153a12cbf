//! A shell on the host where a step failed, recorded.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use banister_core::plan::{Host, Plan, Transport};
use banister_runtime::ssh::{SshSettings, SshTarget};
use banister_runtime::state::RunDir;
use chrono::Utc;

use crate::terminal;

/// Opens shells on the operator's terminal.
pub(crate) struct Shell {
    run: RunDir,
    plan: Arc<Plan>,
}

impl Shell {
    pub(crate) fn new(run: &RunDir, plan: &Arc<Plan>) -> Self {
        Self { run: run.clone(), plan: plan.clone() }
    }

    /// Opens one and waits until it is closed. What is typed and shown there is kept in the run's `out` directory.
    pub(crate) fn open(&self, host: &str, ask: u32) -> Result<(), String> {
        let host = self.plan.hosts.iter().find(|its| its.name.as_str() == host);
        let host = host.ok_or("the plan has no such host")?;
        let command = self.command(host)?;
        let name = format!("shell.{ask}.{}", Utc::now().format("%Y%m%dT%H%M%S%3fZ"));
        // Made here: `script` would make it as open as the umask leaves it.
        let file = self.run.make_output(&name).map_err(|error| error.to_string())?;
        terminal::talk(&format!("\nshell on {}, recorded in {}; `exit` leads back", host.name, file.display()));
        let lent = terminal::lend();
        // By `script` of util-linux. The way not taken: a shell that leaves no record.
        let ended = Command::new("script")
            .args(["--quiet", "--flush", "--command", &command])
            .arg(&file)
            .status()
            .map_err(|e| format!("it is recorded by `script` (util-linux), and that cannot be started: {e}"));
        drop(lent);
        // A shell ends with the status of its last command, which says nothing about the record.
        let kept = match ended {
            Ok(_) if file.metadata().is_ok_and(|metadata| metadata.len() > 0) => return Ok(()),
            Ok(status) => Err(format!("`script` ended with {status} and recorded nothing")),
            Err(why) => Err(why),
        };
        // Nothing stands in it.
        let _ = std::fs::remove_file(&file);
        kept
    }

    /// What `script` runs, by a shell.
    fn command(&self, host: &Host) -> Result<String, String> {
        match host.transport {
            Transport::Local => {
                let shell = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
                Ok(shell.unwrap_or_else(|| "sh".to_owned()))
            }
            Transport::Ssh => {
                let start = self.run.read_start().map_err(|error| error.to_string())?;
                let config = start.info.ssh_config.map(PathBuf::from);
                ssh(&SshSettings { config }, &SshTarget::of(host))
            }
        }
    }
}

/// A connection of its own, with the settings of the run: strict about keys, but a person is there to be asked.
fn ssh(settings: &SshSettings, target: &SshTarget) -> Result<String, String> {
    let mut words = vec!["ssh".to_owned(), "-tt".to_owned()];
    if let Some(config) = &settings.config {
        words.extend(["-F".to_owned(), config.display().to_string()]);
    }
    words.extend(["-o", "StrictHostKeyChecking=yes", "-o", "ClearAllForwardings=yes"].map(str::to_owned));
    words.extend(target.arguments());
    words.iter().map(|word| quoted(word)).collect::<Result<Vec<_>, _>>().map(|words| words.join(" "))
}

/// One word for `sh`, whatever it holds.
fn quoted(word: &str) -> Result<String, String> {
    if word.contains('\0') {
        return Err("a word of the command holds a NUL".to_owned());
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Ok(word.to_owned());
    }
    Ok(format!("'{}'", word.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_to_the_shell() {
        for (word, expect) in
            [("-F", "-F"), ("/a b/c", "'/a b/c'"), ("it's", "'it'\\''s'"), ("$(x)", "'$(x)'"), ("", "''")]
        {
            assert_eq!(quoted(word).as_deref(), Ok(expect));
        }
        assert!(quoted("a\0b").is_err());
    }
}
