//! What is said on the socket.

use banister_core::run::{Actor, EffectKey};
use banister_core::run::{Answer, AskId, Command, ExitCode, Input, Record, Rejected, RunningAtAbort, Word};
use banister_core::view::Snapshot;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::driver::Refusal;
use crate::output::StreamKind;

/// The protocol's version.
pub const VERSION: u32 = 1;

/// One line from a front end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [`VERSION`].
    pub v: u32,
    /// The sender's number; the answer has the same.
    pub id: u64,
    /// What is wanted.
    #[serde(rename = "do")]
    pub verb: Verb,
}

/// What can be wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verb {
    /// Nothing new starts.
    Hold {},
    /// Go on after a hold.
    Continue {},
    /// End the run.
    Abort {
        /// What becomes of what is running.
        running: RunningAtAbort,
    },
    /// A line in the timeline.
    Note {
        /// The line.
        text: String,
        /// When it was so, if not now.
        at: Option<DateTime<Utc>>,
    },
    /// A decision in the timeline.
    Decide {
        /// What was decided.
        text: String,
    },
    /// Take the right to drive.
    Pen {},
    /// Answer an ask.
    Answer(Box<AnswerSaid>),
    /// Show how the run stands.
    Snapshot {},
    /// Show how the run stands, and everything after that.
    Follow {
        /// Also what commands print.
        output: bool,
    },
}

/// One answer of the person at the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerSaid {
    /// Which ask.
    pub ask: AskId,
    /// The word.
    pub word: Word,
    /// Why.
    pub reason: Option<String>,
    /// What was seen.
    pub evidence: Option<String>,
    /// The fact an approval asks for.
    pub fact: Option<String>,
    /// The plan's hash the person looked at.
    pub plan: Option<String>,
    /// What was typed in confirmation.
    pub typed: Option<String>,
    /// `wait`: how much longer, milliseconds.
    pub wait_ms: Option<u64>,
}

impl Verb {
    /// The input of a verb that does something; `None` for one that only looks.
    pub(super) fn input(self, actor: Actor) -> Option<Input> {
        let command = match self {
            Self::Hold {} => Command::Hold,
            Self::Continue {} => Command::Continue,
            Self::Abort { running } => Command::Abort { running },
            Self::Note { text, at } => Command::Note { text, at },
            Self::Decide { text } => Command::Decide { text },
            Self::Pen {} => Command::Pen,
            Self::Answer(said) => {
                let AnswerSaid { ask, word, reason, evidence, fact, plan, typed, wait_ms } = *said;
                // Whoever speaks here could have typed a confirmation: only a file's answers are prepared.
                let answer = Answer { ask, word, reason, evidence, fact, plan, typed, wait_ms, prepared: false };
                return Some(Input::Answered { actor, answer });
            }
            Self::Snapshot {} | Self::Follow { .. } => return None,
        };
        Some(Input::Commanded { actor, command })
    }
}

/// One line from the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// [`VERSION`].
    pub v: u32,
    /// The request's number; 0 where it could not be read.
    pub id: u64,
    /// What is answered.
    #[serde(rename = "is")]
    pub body: Body,
}

/// What can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// It was taken, and is on the disk.
    Done {
        /// The run's last record then.
        seq: u64,
    },
    /// The run did not take it; nothing changed.
    Rejected {
        /// The reason's name, for programs.
        name: String,
        /// The reason, for people.
        why: String,
    },
    /// It could not be read, or not be done.
    Error {
        /// Why.
        why: String,
    },
    /// How the run stands.
    Snapshot(Box<Snapshot>),
    /// Something happened.
    Record(Box<Record>),
    /// A command printed something.
    Output {
        /// Which command.
        key: EffectKey,
        /// `stdout` or `stderr`.
        stream: String,
        /// The bytes, redacted, as base64.
        bytes: String,
    },
    /// Output was left out here; all of it is kept beside the journal.
    OutputLost {
        /// Bytes.
        bytes: u64,
    },
    /// Something the operator should know that is not part of the run's history.
    Notice {
        /// In one sentence.
        text: String,
    },
    /// The engine has ended; nothing follows.
    Ended {
        /// What it ended with.
        exit: ExitCode,
    },
}

impl Body {
    pub(super) fn of(result: Result<u64, Refusal>) -> Self {
        match result {
            Ok(seq) => Self::Done { seq },
            Err(Refusal::Rejected(rejected)) => Self::rejected(&rejected),
            Err(other) => Self::Error { why: other.to_string() },
        }
    }

    fn rejected(rejected: &Rejected) -> Self {
        Self::Rejected { name: rejected.name().to_owned(), why: rejected.to_string() }
    }

    pub(super) fn output(key: &EffectKey, stream: StreamKind, bytes: &[u8]) -> Self {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.encode(bytes);
        Self::Output { key: key.clone(), stream: stream.to_string(), bytes }
    }
}

impl Request {
    /// Reads a line. The version is looked at first: a later one must not be told that its verbs are wrong.
    ///
    /// # Errors
    /// The request's number as far as it can be read, and a sentence.
    pub(super) fn parse(line: &[u8]) -> Result<Self, (u64, String)> {
        let value: serde_json::Value =
            serde_json::from_slice(line).map_err(|e| (0, format!("the line is not JSON: {e}")))?;
        let number = |name: &str| value.get(name).and_then(serde_json::Value::as_u64);
        let id = number("id").unwrap_or(0);
        match number("v") {
            Some(v) if v == u64::from(VERSION) => {}
            Some(v) => return Err((id, format!("this engine speaks version {VERSION} of the protocol, not {v}"))),
            None => return Err((id, format!("the line has no version: write \"v\":{VERSION}"))),
        }
        serde_json::from_value(value).map_err(|e| (id, format!("the line is not a request: {e}")))
    }
}
