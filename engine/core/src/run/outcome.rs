//! How a command ended, as an executor reports it, and the reasons a run's records give. The verdicts themselves are
//! records: `step.succeeded`, `step.failed`, `step.not_started`, `step.cancelled`, `step.unknown`.

use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// The status a shell would show: the code, or 128 + the signal.
    #[must_use]
    pub fn status(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// What a condition may read of a stream: at most 64 KiB, whole and UTF-8, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturedText {
    /// All of it, without its trailing newlines, as `$( )` would give it.
    Text(String),
    /// Longer than 64 KiB.
    Cut,
    /// Not UTF-8.
    NotUtf8,
}

/// The size and digest of a whole stream, after redaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StreamInfo {
    /// Bytes in all.
    pub bytes: u64,
    /// SHA-256 over all of them, lower-case hex.
    pub sha256: String,
    /// How many secrets were blotted out.
    pub redactions: u64,
    /// Whether the stored file keeps only head and tail.
    pub cut: bool,
}

/// One stream of a finished command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// For conditions.
    pub text: CapturedText,
    /// For the record.
    pub info: StreamInfo,
}

/// A command that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// Milliseconds it ran.
    pub took_ms: u64,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
}

/// What an executor says about a command. It tries once and judges nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It ran and ended.
    Ended(Box<Ended>),
    /// It never ran and never will under this key.
    NotStarted(NotStartedReason),
    /// It was cancelled, and the host confirmed what is left.
    Cancelled(CancelReport),
    /// Nobody knows.
    Unknown(UnknownReason),
}

/// What a cancel left behind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CancelReport {
    /// Processes of the command that still live, each as the host prints it.
    pub alive: Vec<String>,
}

/// Why a command never ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotStartedReason {
    /// The host could not be reached.
    Unreachable {
        /// In the transport's words.
        why: String,
    },
    /// It waited for a connection that needs an ssh agent, and nobody lent one in time. The engine lacks something, and not
    /// the host.
    NoAgent {
        /// In one sentence, with what to do.
        why: String,
    },
    /// The key was revoked before it was claimed: a late start will find that and refuse.
    Revoked {},
    /// It was sent again and again, and each time the connection was lost and the host says that it never came.
    NeverArrived {
        /// How often in a row.
        times: u32,
    },
    /// The ledger refused it: a lower epoch, an attempt too many, a directory it must not use.
    Refused {
        /// In the ledger's words.
        why: String,
    },
    /// `as:` is not possible.
    Account {
        /// In one sentence.
        why: String,
    },
    /// It could not be sent: a secret without a value, a hole without one.
    Incomplete {
        /// What is missing.
        why: String,
    },
}

/// Why nobody knows whether a command ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownReason {
    /// The connection or the engine was lost between the start and the answer.
    Lost {
        /// What was seen.
        why: String,
    },
    /// The ledger could not be asked.
    Unanswered {
        /// In the transport's words.
        why: String,
    },
    /// The ledger is not the one that was met first: another id, another machine, or gone.
    LedgerChanged {
        /// What differs.
        why: String,
    },
    /// The entry holds another command's digest.
    DigestDiffers {},
    /// It started, its process is gone and left no status (killed with its host, or by a reboot).
    NoStatus {
        /// What is known.
        why: String,
    },
    /// It ended well, but its verify could not be answered.
    VerifyUnanswered {
        /// Why not.
        why: String,
    },
    /// A person left it running.
    LeftRunning {},
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedReason {
    /// It ended otherwise than with status 0.
    Exit(Exit),
    /// What `expect:` asks did not hold.
    Expectation {
        /// The condition.
        condition: String,
    },
    /// A condition could not be evaluated.
    Condition {
        /// The condition.
        condition: String,
        /// Why.
        why: String,
    },
    /// An output was larger than 4 KiB.
    OutputTooLarge {
        /// Which.
        output: String,
        /// Its bytes.
        bytes: u64,
    },
    /// A reading step took longer than its timeout, or `on_timeout: kill`.
    TimedOut {
        /// The timeout, milliseconds.
        after_ms: u64,
    },
    /// Somebody cancelled it.
    Cancelled(CancelReport),
    /// Its verify said no.
    VerifyFalse {
        /// What the verify saw.
        why: String,
    },
    /// It was not started.
    NotStarted(NotStartedReason),
    /// A gate did not hold in time.
    GateTimeout {
        /// The last error or bad sample.
        last: String,
    },
    /// A person said so.
    SaidByPerson {
        /// Their reason.
        reason: String,
    },
    /// It waited for its next automatic attempt, and there will be none.
    NotTriedAgain {
        /// Why not.
        why: String,
    },
    /// An approval that could not be asked for: what it should have shown failed.
    PreviewFailed {
        /// Which preview, and how.
        why: String,
    },
}
