//! What a run wants done, released only when its record is durable.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::{EffectClass, Shell, StepPath};
use crate::runbook::{HostName, ParamName};

/// Which command of a step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The step's own.
    Main,
    /// Its `preview:`.
    Preview,
    /// Its `verify:`.
    Verify,
    /// One probe of a gate.
    Sample,
}

/// Identity of one attempt at one command: the key in journal and ledger. Prints as `RUN/restart/@web-2/stop:main#1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectKey {
    /// The run's id.
    pub run: String,
    /// The instance.
    pub path: StepPath,
    /// Where it runs.
    pub host: HostName,
    /// Which of the step's commands.
    pub purpose: Purpose,
    /// Counted from 1 within (run, path, host, purpose).
    pub attempt: u32,
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purpose = match self.purpose {
            Purpose::Main => "main",
            Purpose::Preview => "preview",
            Purpose::Verify => "verify",
            Purpose::Sample => "sample",
        };
        write!(f, "{}/{}", self.run, self.path)?;
        if self.path.host().is_none() {
            write!(f, "/@{}", self.host)?;
        }
        write!(f, ":{purpose}#{}", self.attempt)
    }
}

/// A value that is known, or a secret that only the runtime can look up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedValue {
    /// As it is.
    Text(String),
    /// The value of this parameter.
    Secret(ParamName),
}

/// Script or argument vector, holes filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedKind {
    /// For a shell.
    Script {
        /// Who reads it.
        shell: Shell,
        /// Its text.
        text: String,
    },
    /// For no shell.
    Exec {
        /// At least the program.
        argv: Vec<String>,
    },
}

/// A command ready to be sent. Its digest stands in the intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedCommand {
    /// Script or argument vector.
    pub kind: ResolvedKind,
    /// `as:`.
    pub account: Option<String>,
    /// `env:`, in order.
    pub env: Vec<(String, ResolvedValue)>,
    /// `stdin:`.
    pub stdin: Option<ResolvedValue>,
    /// `cwd:`.
    pub cwd: Option<String>,
}

/// One command for one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecuteRequest {
    /// Its identity.
    pub key: EffectKey,
    /// The run's epoch; a ledger refuses lower ones.
    pub epoch: u64,
    /// Id of the ledger met at the preflight: another one there now means *unknown*, never *not started*.
    pub ledger: Option<String>,
    /// Reading commands skip the ledger and are killed with their connection.
    pub effect: EffectClass,
    /// What is sent.
    pub command: ResolvedCommand,
    /// SHA-256 of the command's canonical JSON, lower-case hex: what the intent and the ledger hold.
    pub digest: String,
    /// Reading commands: milliseconds until the executor kills it and reports `Cancelled`.
    pub kill_after_ms: Option<u64>,
    /// Milliseconds that may pass before it is sent: then the executor waits for a way to the host no longer, and reports
    /// that it never started.
    pub start_within_ms: Option<u64>,
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Time for the next automatic attempt.
    Retry {
        /// Of this instance.
        path: StepPath,
        /// The attempt to come.
        attempt: u32,
    },
    /// A changing step has run for as long as it may.
    Timeout {
        /// The instance.
        path: StepPath,
        /// Which attempt.
        attempt: u32,
        /// Which timeout of it: 1, and one more for each `wait` answered.
        round: u32,
    },
    /// Time for a gate's next sample.
    Sample {
        /// The gate.
        path: StepPath,
        /// Which sample.
        sample: u32,
    },
    /// A gate gives up.
    Gate {
        /// The gate.
        path: StepPath,
        /// Which timeout of it: 1, and one more for each `wait` answered.
        round: u32,
    },
    /// A `wait` is over.
    Wait {
        /// The step.
        path: StepPath,
    },
    /// Time to ask a host once more that did not answer.
    AskTarget {
        /// The instance in doubt.
        path: StepPath,
        /// Which attempt.
        attempt: u32,
        /// Which question of this doubt, from 1.
        round: u32,
    },
}

/// What the driver must do now. The core alone decides whether to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Look whether a host can be used: ledger, lock, accounts. Answered by `Input::Preflighted` or `Input::Locked`.
    Preflight {
        /// The host.
        host: HostName,
        /// Accounts that steps there will use through sudo.
        accounts: Vec<String>,
        /// Whether a step there changes something and so needs the ledger, and the host for this run alone.
        ledger: bool,
        /// The run's epoch.
        epoch: u64,
        /// The run that a person said may be taken over.
        over: Option<String>,
    },
    /// Run a command. Answered by `Input::Reported`.
    Execute(Box<ExecuteRequest>),
    /// Ask the host what became of a key; asking claims it. Answered by `Input::TargetAnswered`.
    AskTarget(Box<ExecuteRequest>),
    /// Stop a command's whole process tree. Its attempt is then answered by `Input::Reported`.
    Cancel(Box<ExecuteRequest>),
    /// Send `Input::TimerFired` when the boot clock has reached a moment.
    ArmTimer {
        /// Which.
        timer: Timer,
        /// Nanoseconds from the batch's `Now`.
        after_ns: u64,
    },
}
