//! What is said on the socket.

use banister_core::plan::Plan;
use banister_core::run::{Actor, EffectKey};
use banister_core::run::{
    Answer, AskId, Awaited, Command, DrainReason, ExitCode, Input, Record, Rejected, RunningAtAbort, Word,
};
use banister_core::view::Snapshot;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::driver::{Pulse, Refusal, Wanted};
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
    /// Say what the run waits for a person for: answered from memory, at once, also while the engine starts up.
    Awaited {},
    /// Let nothing new start and end the engine when what runs has ended; the run can be resumed. Only for the person
    /// who started the engine, whose front end was interrupted and has nobody to ask.
    Drain {},
    /// Lend this connection for the ssh agent of whoever is at its other end: answered by `done`, and by [`Body::Use`] when
    /// an ssh of the engine needs an agent and that person has the pen. From there on the connection carries what is said
    /// to an agent, and no more lines.
    LendAgent {},
    /// Say what the run is, then everything that happened after a record, then everything as it happens.
    Attach {
        /// The last record that is known already; 0: none.
        after: u64,
        /// Only look: what does something is rejected on this connection.
        watch: bool,
        /// What of the commands' output is sent as it comes.
        output: Wanted,
    },
    /// Send other output from here on.
    Want {
        /// Which.
        output: Wanted,
    },
    /// Show what a command has printed so far, as it is stored.
    Read {
        /// Which command.
        key: EffectKey,
        /// Which stream.
        stream: StreamKind,
        /// From which byte on; `None`: the last bytes.
        from: Option<u64>,
        /// How many bytes at most; never more than [`MOST_READ`].
        most: u32,
    },
}

/// Bytes that one [`Verb::Read`] gives at most.
pub const MOST_READ: u32 = 256 * 1024;

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
            Self::Drain {} => return Some(Input::Drain { reason: DrainReason::Signal }),
            Self::Snapshot {}
            | Self::Awaited {}
            | Self::LendAgent {}
            | Self::Attach { .. }
            | Self::Want { .. }
            | Self::Read { .. } => return None,
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
    /// The engine takes nothing now: it starts up, or has ended. Nothing changed; it may be asked again.
    Unavailable {
        /// Why.
        why: String,
    },
    /// What the run is, to who has attached.
    Welcome(Box<Welcome>),
    /// How the run stands.
    Snapshot(Box<Snapshot>),
    /// What the run waits for a person for.
    Awaited {
        /// What has waited longest first; empty: for nobody.
        list: Vec<Awaited>,
    },
    /// Something happened.
    Record(Box<Record>),
    /// A command printed something.
    Output {
        /// Which command.
        key: EffectKey,
        /// Which stream.
        stream: StreamKind,
        /// The bytes, redacted, as base64.
        bytes: String,
    },
    /// Stored output.
    Chunk {
        /// Its first byte's place in what is stored.
        from: u64,
        /// Bytes that are stored so far.
        total: u64,
        /// The bytes, redacted, as base64.
        bytes: String,
    },
    /// A command's process was seen alive where it runs.
    Alive {
        /// Which command.
        key: EffectKey,
        /// How long ago, milliseconds.
        ago_ms: u64,
    },
    /// What runs has printed since it was said last; once a second, of all commands, whatever output is wanted.
    Pulses {
        /// Those that printed something.
        pulses: Vec<PulseSaid>,
    },
    /// Who is attached; sent whenever somebody comes or goes.
    Present {
        /// Everybody, in the order they came.
        people: Vec<Presence>,
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
    /// The lent connection is used from here on: what follows are bytes for an agent.
    Use {},
    /// The engine has ended; nothing follows.
    Ended {
        /// What it ended with.
        exit: ExitCode,
    },
}

/// What the run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The run's id.
    pub run: String,
    /// Who is at the other end of this connection, by what the kernel says.
    pub you: Actor,
    /// Who started this engine.
    pub operator: Actor,
    /// What runs.
    pub plan: Box<Plan>,
    /// The last record that is written: everything up to it follows at once.
    pub seq: u64,
    /// Whether this connection only looks.
    pub watch: bool,
    /// The engine is part of the program that was called, and ends with its terminal.
    pub foreground: bool,
    /// Asks wait for people. If not, one without an answer given beforehand ends the engine.
    pub can_ask: bool,
}

/// Somebody who is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub who: Actor,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Only looks.
    pub watch: bool,
}

/// A sign of life of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulseSaid {
    /// Which command.
    pub key: EffectKey,
    /// Bytes that it printed so far, on both streams.
    pub bytes: u64,
    /// Milliseconds since it printed last.
    pub ago_ms: u64,
    /// Its last line, redacted and cut; what is no UTF-8 is replaced. From a host: pass it through `visible`.
    pub line: String,
}

impl PulseSaid {
    pub(super) fn of(pulse: &Pulse) -> Self {
        Self {
            key: pulse.key.clone(),
            bytes: pulse.bytes,
            ago_ms: u64::try_from(pulse.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            line: String::from_utf8_lossy(&pulse.line).into_owned(),
        }
    }
}

impl Body {
    pub(super) fn of(result: Result<u64, Refusal>) -> Self {
        match result {
            Ok(seq) => Self::Done { seq },
            Err(Refusal::Rejected(rejected)) => Self::rejected(&rejected),
            Err(Refusal::Gone(gone)) => Self::Unavailable { why: gone.to_string() },
            Err(other @ Refusal::NotWritten(_)) => Self::Error { why: other.to_string() },
        }
    }

    fn rejected(rejected: &Rejected) -> Self {
        Self::Rejected { name: rejected.name().to_owned(), why: rejected.to_string() }
    }

    pub(super) fn read_only() -> Self {
        let why = "you only watch this run: attach to it without watching";
        Self::Rejected { name: "read_only".to_owned(), why: why.to_owned() }
    }

    pub(super) fn output(key: &EffectKey, stream: StreamKind, bytes: &[u8]) -> Self {
        Self::Output { key: key.clone(), stream, bytes: base64(bytes) }
    }

    /// The bytes of [`Body::Output`] and [`Body::Chunk`]; empty for others, and for what is not base64.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        use base64::Engine as _;
        match self {
            Self::Output { bytes, .. } | Self::Chunk { bytes, .. } => {
                base64::engine::general_purpose::STANDARD.decode(bytes).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
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
