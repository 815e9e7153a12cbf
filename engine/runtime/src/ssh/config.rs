//! The configuration that every ssh of a run is given.

use std::path::{Path, PathBuf};

use super::control::SshError;
use super::{ALIVE_COUNT, ALIVE_INTERVAL, CONNECT_TIME};

/// What the operator says about ssh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SshSettings {
    /// `-F FILE`: taken instead of `~/.ssh/config` and `/etc/ssh/ssh_config`, as ssh itself takes it.
    pub config: Option<PathBuf>,
}

/// Where ssh looks itself. The tilde is ssh's to expand: it takes the home of the account, not of the environment.
const OWN: &str = "~/.ssh/config";
/// The machine's.
const MACHINE: &str = "/etc/ssh/ssh_config";

impl SshSettings {
    /// The files that are included, in their order.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        match &self.config {
            Some(file) if file.as_os_str() == "none" => Vec::new(),
            Some(file) => vec![file.clone()],
            None => vec![OWN.into(), MACHINE.into()],
        }
    }

    /// The text of the generated file: ours first, since ssh takes the first value it finds. A jump host's ssh is
    /// started by ssh with the same file, so that all of this holds on the way too.
    ///
    /// # Errors
    /// [`SshError::Config`] for a path that cannot stand in it.
    pub(crate) fn text(&self) -> Result<String, SshError> {
        let mut text = format!(
            "\
# Made by banister. ssh takes the first value of each setting: these, then the operator's own.
Host *
    # Unknown and changed host keys are refused, whatever is said below.
    StrictHostKeyChecking yes
    # Nobody is asked anything on a terminal.
    BatchMode yes
    ConnectTimeout {connect}
    ServerAliveInterval {interval}
    ServerAliveCountMax {count}
    # What a refusal says must be readable.
    LogLevel INFO
    # A master carries commands and nothing else.
    ClearAllForwardings yes
    PermitLocalCommand no
    RemoteCommand none
    RequestTTY no
",
            connect = CONNECT_TIME.as_secs(),
            interval = ALIVE_INTERVAL.as_secs(),
            count = ALIVE_COUNT
        );
        for file in self.files() {
            // Back to all hosts: an included file that ends in a block of its own must not swallow the next one.
            text += &format!("Match all\nInclude {}\n", included(&file)?);
        }
        Ok(text)
    }
}

/// A path as `Include` takes it: it would read patterns, quotes and variables.
fn included(file: &Path) -> Result<String, SshError> {
    let fail = |why: &str| SshError::Config { path: file.to_owned(), why: why.to_owned() };
    let text = file.to_str().ok_or_else(|| fail("its name is not UTF-8"))?;
    if text.bytes().any(|b| b.is_ascii_control() || b"\"\\*?[]{}$%".contains(&b)) {
        return Err(fail("its name holds a character that means something to ssh; give it another name"));
    }
    Ok(if text.contains([' ', '\'', '#']) { format!("\"{text}\"") } else { text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_come_first_and_the_operators_follow() {
        insta::assert_snapshot!(SshSettings::default().text().expect("a text"));
        let given = |file: &str| {
            SshSettings { config: Some(file.into()) }
                .text()
                .map(|text| text.lines().filter(|line| line.starts_with("Include")).collect::<Vec<_>>().join("; "))
        };
        assert_eq!(given("/a/my config").expect("quoted"), "Include \"/a/my config\"");
        assert_eq!(given("none").expect("nothing"), "");
        assert!(given("/a/*.conf").is_err() && given("/a/\"b").is_err() && given("/a\nHost").is_err());
    }
}
