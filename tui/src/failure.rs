//! The one place where an error becomes an exit code, a sentence and a hint.
//!
//! Libraries say what went wrong in types of their own; every type a command can meet has its `From` here, so that two
//! commands never end differently for one cause.

use std::io;

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_lab::{LabError, Unavailable};
use banister_runtime::control::ControlError;
use banister_runtime::daemon::DaemonError;
use banister_runtime::driver::DriverError;
use banister_runtime::hosts::HostsError;
use banister_runtime::inventory::SshHostsError;
use banister_runtime::journal::JournalError;
use banister_runtime::output::OutputError;
use banister_runtime::secrets::SecretErrorReason;
use banister_runtime::settings::{ConfigError, FindError, NoHomeError, ReadError};
use banister_runtime::state::StateError;

use crate::exit_code;

/// Why a command ends otherwise than it should.
#[derive(Debug)]
pub struct Failure {
    /// What the process exits with.
    pub exit: ExitCode,
    /// What went wrong, lower case, no full stop; empty where everything has been said already.
    pub message: String,
    /// What to do; empty where the message says it.
    pub hint: String,
}

impl Failure {
    /// A failure with its sentence.
    #[must_use]
    pub fn new(exit: ExitCode, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: String::new() }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Ends with a code and says nothing more.
    #[must_use]
    pub fn silent(exit: ExitCode) -> Self {
        Self::new(exit, "")
    }

    /// Standard output could not be written. A reader that went away (`banister log last | head`) is no error.
    #[must_use]
    pub fn stdout(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::silent(ExitCode::DONE)
        } else {
            Self::new(exit_code::IO, format!("cannot write to standard output: {error}"))
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = match &error {
            ConfigError::Guard(_) => "only you and root may be able to write it and the directories above it",
            ConfigError::Read { .. } => "",
            ConfigError::Parse { .. } => "it may hold `runbooks`, `inventory` and `state_dir`",
        };
        Self::new(exit_code::CONFIG, error.to_string()).hint(hint)
    }
}

impl From<NoHomeError> for Failure {
    fn from(error: NoHomeError) -> Self {
        Self::new(exit_code::CONFIG, error.to_string())
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        let hint = match &error {
            FindError::NoFile(_) => "",
            FindError::NoName { .. } => "give the path of a file, or name its directory in the configuration",
        };
        Self::new(exit_code::NO_INPUT, error.to_string()).hint(hint)
    }
}

impl From<HostsError> for Failure {
    fn from(error: HostsError) -> Self {
        let (exit, hint) = match error {
            HostsError::Journal(error) => return error.into(),
            HostsError::State(error) => return error.into(),
            HostsError::NoKey { .. } => (exit_code::UNAVAILABLE, String::new()),
            HostsError::JumpHost { ref jump, .. } => (
                exit_code::UNAVAILABLE,
                format!("`banister hosts trust {}`, by the name your ssh configuration gives it", visible(jump)),
            ),
            HostsError::Revoked { .. } => (exit_code::NOT_ALLOWED, "do not go there".to_owned()),
            HostsError::NotYours { .. } => (
                exit_code::NOT_ALLOWED,
                "whoever keeps that file must change it; ssh goes on refusing the host until then".to_owned(),
            ),
            HostsError::Program { .. } => (exit_code::IO, "install OpenSSH's client".to_owned()),
            HostsError::NoFile(_) | HostsError::Said { .. } | HostsError::File { .. } | HostsError::Changed(_) => {
                (exit_code::IO, String::new())
            }
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}

impl From<SshHostsError> for Failure {
    fn from(error: SshHostsError) -> Self {
        let (exit, hint) = match &error {
            SshHostsError::NoFile(_) | SshHostsError::NoHome | SshHostsError::NoHosts(_) => (
                exit_code::NO_INPUT,
                "`-F FILE` takes another ssh configuration, `-i FILE` an inventory; for an inventory called `ssh` write `-i ./ssh`",
            ),
            SshHostsError::Read { .. } => (exit_code::IO, ""),
            SshHostsError::Line { .. } | SshHostsError::Endless { .. } => {
                (exit_code::BAD_RUNBOOK, "ssh refuses this configuration too; mend it there")
            }
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let exit = match &error {
            StateError::NoPlace => exit_code::CONFIG,
            StateError::Io { .. } => exit_code::IO,
            StateError::Unfit { .. } => exit_code::NOT_ALLOWED,
            StateError::NotARun(_) | StateError::Ambiguous { .. } => exit_code::USAGE,
            StateError::NoSuchRun { .. } | StateError::NoRuns(_) => exit_code::NO_INPUT,
            StateError::Held { .. } => exit_code::BUSY,
            StateError::Plan { .. } => ExitCode::JOURNAL_BROKEN,
            StateError::NeverBegun(_) => exit_code::NO_INPUT,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let exit = match &error {
            JournalError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => exit_code::NO_INPUT,
            JournalError::Read { .. } => exit_code::IO,
            other => other.exit_code(),
        };
        Self::new(exit, error.to_string())
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::new(exit_code::IO, error.to_string())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let exit = match error.source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => exit_code::NO_INPUT,
            io::ErrorKind::PermissionDenied => exit_code::NOT_ALLOWED,
            _ => exit_code::IO,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        Self::new(exit_code::IO, error.to_string()).hint("`--foreground` needs no process of its own")
    }
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        let exit = match &error {
            DriverError::Secret(secret) => match secret.reason {
                SecretErrorReason::Prompt(_) => ExitCode::ASK_UNAVAILABLE,
                _ => exit_code::BAD_RUNBOOK,
            },
            DriverError::Over { .. } | DriverError::NotADrill { .. } | DriverError::Remark { .. } => {
                exit_code::NOT_ALLOWED
            }
            DriverError::Machine { .. } => exit_code::IO,
            other => other.exit_code().unwrap_or(ExitCode::BUG),
        };
        match error {
            DriverError::State(error) => error.into(),
            error => Self::new(exit, error.to_string()),
        }
    }
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        let (exit, hint) = match &error {
            Unavailable::NotRoot => (exit_code::NOT_ALLOWED, "put `sudo` before this command"),
            Unavailable::Refused(_) => (exit_code::NOT_ALLOWED, "in a container it takes `--privileged`"),
            _ => (exit_code::UNAVAILABLE, "`banister rehearse` plays a runbook through without a host"),
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        let (exit, hint) = match error {
            LabError::Unavailable(why) => return why.into(),
            LabError::Spec(_) => (exit_code::USAGE, ""),
            LabError::NoHost(_) => (exit_code::NO_INPUT, "`banister lab list` names them"),
            LabError::Standing => {
                (exit_code::BUSY, "`banister lab list` shows its hosts, `banister lab down` takes it down")
            }
            LabError::Layer { .. } => (
                exit_code::UNAVAILABLE,
                "made once where there is a network, the layer is kept and needs none any more",
            ),
            LabError::Down => (exit_code::UNAVAILABLE, ""),
            _ => (exit_code::IO, ""),
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        let (exit, hint) = match &error {
            ControlError::NotLive(_) => (exit_code::UNAVAILABLE, "`banister runs` says how it stands"),
            ControlError::Unavailable(_) => (exit_code::UNAVAILABLE, "try again in a moment"),
            ControlError::Rejected { .. } => (exit_code::NOT_ALLOWED, ""),
            ControlError::Engine(_) | ControlError::Io { .. } => (exit_code::IO, ""),
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}
