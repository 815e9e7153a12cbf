//! What happens to the hosts, the network and the engine in a fault.

use super::moment::Moment;
use crate::run::Answers;
use crate::runbook::HostName;

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What it waits for; `None`: nothing but the act before.
    pub when: Option<When>,
    /// Milliseconds that pass before it happens.
    pub after_ms: u64,
    /// What happens.
    pub kind: ActKind,
}

/// What an act waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// A record in the journal, behind the one that the act before waited for.
    Record(Moment),
    /// The engine has ended.
    Ended,
}

/// What an act does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActKind {
    /// `kill: engine`: kill -9 of the engine.
    KillEngine,
    /// `cut`: takes a host's network away.
    Cut(HostName),
    /// `mend`: gives it back.
    Mend(HostName),
    /// `slow_login`: every new login there sleeps first.
    SlowLogin {
        /// The host.
        host: HostName,
        /// Milliseconds.
        by_ms: u64,
    },
    /// `slow_next_login`: only the next one does.
    SlowNextLogin {
        /// The host.
        host: HostName,
        /// Milliseconds.
        by_ms: u64,
    },
    /// `quick_login`: none does any more.
    QuickLogin(HostName),
    /// `reboot`: its processes die, it comes back with another boot id.
    Reboot(HostName),
    /// `replace`: it comes back as another machine: other keys, nothing of what was on it.
    Replace(HostName),
    /// `fill`: the file system of a directory has no room any more.
    Fill {
        /// The host.
        host: HostName,
        /// The directory.
        dir: String,
    },
    /// `free`: it has again.
    Free {
        /// The host.
        host: HostName,
        /// The directory.
        dir: String,
    },
    /// `run`: a script there, as root.
    Run {
        /// The host.
        host: HostName,
        /// The script.
        script: String,
    },
    /// `resume`: the run is gone on with, with these answers.
    Resume(Answers),
}

impl ActKind {
    /// What it does, for the line that says so.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::KillEngine => "the engine is killed with -9".to_owned(),
            Self::Cut(host) => format!("{host}'s network is cut"),
            Self::Mend(host) => format!("{host}'s network is back"),
            Self::SlowLogin { host, by_ms } => format!("every new login on {host} sleeps for {by_ms} ms"),
            Self::SlowNextLogin { host, by_ms } => format!("the next login on {host} sleeps for {by_ms} ms"),
            Self::QuickLogin(host) => format!("logins on {host} sleep no more"),
            Self::Reboot(host) => format!("{host} is rebooted"),
            Self::Replace(host) => format!("{host} is replaced by another machine"),
            Self::Fill { host, dir } => format!("{host}: the file system of {dir} is filled up"),
            Self::Free { host, dir } => format!("{host}: the file system of {dir} has room again"),
            Self::Run { host, script } => format!("{host} runs: {}", script.trim_end()),
            Self::Resume(_) => "the run is resumed".to_owned(),
        }
    }
}
