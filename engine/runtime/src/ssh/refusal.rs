//! What ssh says when it cannot connect, and what the crate says when a channel does not open: every text of it.
//!
//! All of these come before anything was started on the host.

use std::fmt;

use super::SshTarget;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The host's key is in no file of known hosts.
    UnknownKey,
    /// Another key is known for it.
    ChangedKey,
    /// Its key was withdrawn.
    RevokedKey,
    /// It does not let us in.
    Denied,
    /// It needs a key, and nobody lent an agent for as long as whoever asked could wait.
    NoAgent,
    /// Its name has no address.
    NoAddress,
    /// It is there and takes no more connections at the moment; tried again.
    Busy,
    /// It does not answer.
    Silent,
    /// Nothing listens there, or the network says no.
    Closed,
    /// The operator's configuration is at fault.
    Configuration,
    /// There is no ssh on this machine.
    NoClient,
    /// Something else, in ssh's words.
    Other,
}

/// A connection that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Of what kind.
    pub kind: RefusalKind,
    /// One sentence with what to do, where something can be done.
    pub why: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }

    /// Whether it is a matter of the host's key, which is no matter of reaching it.
    #[must_use]
    pub fn is_about_a_key(&self) -> bool {
        matches!(self.kind, RefusalKind::UnknownKey | RefusalKind::ChangedKey | RefusalKind::RevokedKey)
    }

    /// The host whose key a refusal is about, in ssh's words.
    pub(crate) fn key_of(printed: &str) -> Option<&str> {
        let said = between(printed, "host key is known for ", " and you have requested")
            .or_else(|| between(printed, "ost key for ", " has changed"))?;
        Some(said.trim_start_matches('[').split("]:").next().unwrap_or(said))
    }

    /// From what an ssh printed that ended without a connection.
    pub(crate) fn of_text(target: &SshTarget, printed: &str) -> Self {
        let has = |text: &str| printed.contains(text);
        let name = target.name();
        // A changed key also says that verification failed; so does an unknown one.
        if has("REMOTE HOST IDENTIFICATION HAS CHANGED") || has(" has changed and you have requested strict checking") {
            let whose = whose(target, between(printed, "ost key for ", " has changed"));
            return Self::new(
                RefusalKind::ChangedKey,
                format!(
                    "the host key of {whose} is not the one that is known for it: it was set up anew, another machine \
                     has its address, or somebody listens in between; find out which, and only then take the new key \
                     with `banister hosts trust {name}`"
                ),
            );
        }
        if has("REVOKED HOST KEY DETECTED") || has(" was revoked and you have requested strict checking") {
            return Self::new(
                RefusalKind::RevokedKey,
                format!("the host key of {name} was withdrawn (`@revoked` in a file of known hosts): do not go there"),
            );
        }
        if has("host key is known for ") || has("Host key verification failed") {
            let whose = whose(target, between(printed, "host key is known for ", " and you have requested"));
            return Self::new(
                RefusalKind::UnknownKey,
                format!(
                    "the host key of {whose} is not known; compare it with what its owner says, and take it with \
                     `banister hosts trust {name}`"
                ),
            );
        }
        let last = last_line(printed);
        let kind = if has("Permission denied (") || has("Too many authentication failures") {
            return Self::new(
                RefusalKind::Denied,
                format!(
                    "it does not let us in ({last}); is the agent running, and is the key in it? `ssh-add -l` shows it"
                ),
            );
        } else if has("Could not resolve hostname") {
            RefusalKind::NoAddress
        } else if has("Bad configuration option") || has("Bad owner or permissions") || has("terminating, ") {
            RefusalKind::Configuration
        } else if has("timed out") || has("Operation timed out") {
            RefusalKind::Silent
        } else if has("Connection refused") || has("No route to host") || has("unreachable") {
            RefusalKind::Closed
        } else if has("kex_exchange_identification") || has("ssh_exchange_identification") || closed_by_peer(printed) {
            return Self::new(RefusalKind::Busy, format!("it takes no more connections at the moment ({last})"));
        } else {
            RefusalKind::Other
        };
        if last.is_empty() {
            return Self::new(kind, "ssh ended without a word; `ssh -v` to it says more");
        }
        Self::new(kind, last)
    }
}

/// Whose key it is, where ssh knows it by another name: a jump host, or what an alias stands for.
fn whose(target: &SshTarget, said: Option<&str>) -> String {
    let said = said.map(|text| text.trim_start_matches('[').split("]:").next().unwrap_or(text));
    match said {
        Some(said) if !target.is_called(said) => format!("{} (on the way to {})", printable(said), target.name()),
        _ => target.name().to_owned(),
    }
}

fn closed_by_peer(printed: &str) -> bool {
    printed.lines().any(|line| {
        (line.starts_with("Connection closed by ") || line.starts_with("Connection reset by "))
            && !line.contains("UNKNOWN port 65535")
    }) || printed.contains("Exceeded MaxStartups")
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The last thing that was said, without its `ssh:`.
pub(super) fn last_line(printed: &str) -> String {
    const LONGEST: usize = 300;
    let line = printed.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("");
    let line = line.strip_prefix("ssh: ").unwrap_or(line);
    printable(line).chars().take(LONGEST).collect::<String>().trim_end_matches('.').to_owned()
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Why a channel of a living master did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// The host takes no more channels on this connection at the moment: back-pressure.
    Full,
    /// The master is gone, or nobody knows.
    Dead(String),
}

impl NotOpened {
    /// From the crate's error before a channel was open.
    pub(super) fn of(error: &openssh::Error) -> Self {
        let text = match error {
            openssh::Error::SshMux(inner) => inner.to_string(),
            other => other.to_string(),
        };
        if text.contains("Session open refused by peer") { Self::Full } else { Self::Dead(text) }
    }
}

/// What the end of a channel says, in the crate's words, about the connection: nothing, if the other side told it; why
/// not, if it did not. It never says anything about the command.
pub(super) fn lost(ended: Result<(), openssh::Error>) -> Option<&'static str> {
    match ended {
        // `Remote` is status 127, which the crate reports as an error.
        Ok(()) | Err(openssh::Error::Remote(_)) => None,
        Err(openssh::Error::RemoteProcessTerminated) => {
            Some("the connection was lost, or the shell on the host was killed")
        }
        Err(_) => Some("the connection was lost"),
    }
}

#[cfg(test)]
mod tests {
    use banister_core::plan::{Host, Inventory};
    use banister_core::runbook::{HostAddress, HostName};

    use super::*;

    fn target() -> SshTarget {
        let mut host: Host = Inventory::local().host("localhost").expect("it is there").clone();
        host.name = HostName::new("web-1").expect("a name");
        host.address = HostAddress::new("192.0.2.11").expect("an address");
        SshTarget::of(&host)
    }

    #[test]
    fn every_text_of_ssh_has_its_sentence() {
        let changed = "@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@\nIT IS POSSIBLE \
                       THAT SOMEONE IS DOING SOMETHING NASTY!\nHost key for 192.0.2.11 has changed and you have requested \
                       strict checking.\nHost key verification failed.\n";
        let texts = [
            changed,
            "No ED25519 host key is known for 192.0.2.11 and you have requested strict checking.\nHost key verification failed.",
            "No ED25519 host key is known for [192.0.2.11]:2222 and you have requested strict checking.\nHost key verification failed.",
            "No ED25519 host key is known for bastion and you have requested strict checking.\nHost key verification failed.\nConnection closed by UNKNOWN port 65535",
            "@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key for 192.0.2.11 was revoked and you have requested strict checking.",
            "ops@192.0.2.11: Permission denied (publickey).",
            "Received disconnect from 192.0.2.11 port 22:2: Too many authentication failures\nDisconnected from 192.0.2.11",
            "ssh: Could not resolve hostname web-1: Name or service not known",
            "ssh: connect to host 192.0.2.11 port 22: Connection refused",
            "ssh: connect to host 192.0.2.11 port 22: Connection timed out",
            "Connection timed out during banner exchange\nConnection to 192.0.2.11 port 22 timed out",
            "ssh: connect to host 192.0.2.11 port 22: No route to host",
            "kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.11 port 22",
            "kex_exchange_identification: read: Connection reset by peer",
            "Connection closed by 192.0.2.11 port 22",
            "/home/a/.ssh/config: line 3: Bad configuration option: prot\n/home/a/.ssh/config: terminating, 1 bad configuration options",
            "Bad owner or permissions on /home/a/.ssh/config",
            "",
            "something\x1b[2Jnew",
        ];
        let table: Vec<String> = texts
            .iter()
            .map(|text| Refusal::of_text(&target(), text))
            .map(|refusal| format!("{:?}: {refusal}", refusal.kind))
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn only_a_refused_channel_is_back_pressure() {
        let full = openssh::Error::SshMux(std::io::Error::other("Session open refused by peer").into());
        assert_eq!(NotOpened::of(&full), NotOpened::Full);
        let dead = NotOpened::of(&openssh::Error::Disconnected);
        assert_eq!(dead, NotOpened::Dead("the connection was terminated".to_owned()));
    }

    #[test]
    fn the_end_of_a_channel_says_nothing_about_the_command() {
        assert_eq!(lost(Ok(())), None);
        assert_eq!(lost(Err(openssh::Error::Remote(std::io::ErrorKind::NotFound.into()))), None);
        assert!(lost(Err(openssh::Error::RemoteProcessTerminated)).is_some());
        assert!(lost(Err(openssh::Error::Disconnected)).is_some());
    }
}
