//! What a screen hears of its run.

use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::{Actor, EffectKey, ExitCode, Record};
use banister_core::view::Usual;
use banister_runtime::control::PulseSaid;
use chrono::{DateTime, Utc};

/// One thing that came from the engine, or from a journal that is played.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// The first: whose run it is, and who this screen is.
    Welcome {
        /// The run's id.
        run: String,
        /// What runs.
        plan: Arc<Plan>,
        /// Who looks, by the kernel.
        you: Actor,
        /// This screen may only look.
        watch: bool,
        /// The last record that was written when it came: until it is here, the screen is behind.
        seq: u64,
    },
    /// Something happened.
    Record(Box<Record>),
    /// A command printed something; redacted.
    Output {
        /// Which.
        key: EffectKey,
        /// `stdout` or `stderr`.
        stream: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Output was left out on this screen; all of it is kept.
    OutputLost {
        /// Bytes.
        bytes: u64,
    },
    /// A part of what a command printed, as it was asked for.
    Chunk {
        /// The request.
        id: u64,
        /// Where it begins.
        from: u64,
        /// Bytes there are in all.
        total: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Who is attached now.
    Present(Vec<Presence>),
    /// The process of a command was seen alive.
    Alive {
        /// Which.
        key: EffectKey,
        /// How long ago, milliseconds.
        ago_ms: u64,
    },
    /// What runs has printed since it was said last, whatever output this screen gets.
    Pulses(Vec<PulseSaid>),
    /// How long things usually take, by the runs there were.
    Usual(Arc<Usual>),
    /// Something the operator should know that is no record.
    Notice(String),
    /// What became of a request.
    Replied {
        /// Which.
        id: u64,
        /// The run's last record then, or why it was not taken.
        result: Result<u64, Refused>,
    },
    /// The engine ended in good order.
    Ended(ExitCode),
    /// The engine is gone without a word.
    Lost {
        /// What is known, in one sentence.
        why: String,
    },
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The reason's name, where the run gave one.
    pub(crate) name: Option<String>,
    /// For people.
    pub(crate) why: String,
}

/// One who is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Presence {
    /// Who, by the kernel.
    pub(crate) who: Actor,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
    /// Only looks.
    pub(crate) watch: bool,
}
