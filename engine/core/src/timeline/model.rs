//! What a timeline holds. Texts of hosts and people are as they came: an export makes them safe for its own format.

use chrono::{DateTime, Utc};

use crate::plan::StepPath;
use crate::run::{AskKind, ExitCode};

/// Where a row comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Source {
    /// The records of a run.
    Run {
        /// Its id.
        id: String,
    },
}

/// What a row is, for exports that show kinds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKind {
    /// The run began, was resumed, ended.
    Run,
    /// A step, a gate, a host went as it should.
    Step,
    /// Something failed, is unknown, was left out.
    Trouble,
    /// A person answered, held, aborted.
    Person,
    /// A note.
    Note,
    /// A decision.
    Decision,
    /// A person granted alone what others should have: before everything else.
    BreakGlass,
    /// A person went around a rule: an override, work by hand, a skip, an exclusion.
    Exception,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// When it was written down, where that was noticeably later.
    pub learned: Option<DateTime<Utc>>,
    /// Where it comes from.
    pub source: Source,
    /// The record it ends with: evidence.
    pub seq: u64,
    /// What it is.
    pub kind: RowKind,
    /// Who.
    pub who: String,
    /// The step, where it is about one.
    pub path: Option<StepPath>,
    /// What happened.
    pub what: String,
    /// Milliseconds it took.
    pub took_ms: Option<u64>,
    /// Milliseconds it usually takes.
    pub usual_ms: Option<u64>,
    /// With which rows alike it may become one.
    pub(super) fold: Option<super::fold::Fold>,
}

/// One wait for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// Since when.
    pub since: DateTime<Utc>,
    /// The step that asked.
    pub path: StepPath,
    /// What kind of ask.
    pub kind: AskKind,
    /// Milliseconds.
    pub ms: u64,
    /// Who ended it, and with which word; `None` if nobody did.
    pub by: Option<(String, String)>,
    /// It was still open at the last record.
    pub open: bool,
}

/// How one step's outcome changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The step.
    pub path: StepPath,
    /// State words and why, oldest first.
    pub words: Vec<(String, Option<String>)>,
}

/// A time of which the records say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// From the end of the record before.
    pub from: DateTime<Utc>,
    /// Milliseconds.
    pub ms: u64,
    /// The engine was gone. Otherwise nothing happened although it was there.
    pub engine_gone: bool,
}

/// Where the time went. Each moment counts once: gone before running, running before waiting, waiting before held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// First to last record, milliseconds.
    pub all_ms: u64,
    /// The engine had something under way.
    pub running_ms: u64,
    /// Nothing ran and a person was asked.
    pub waiting_ms: u64,
    /// Nothing ran, nobody was asked, and a person held the run.
    pub held_ms: u64,
    /// The engine was gone.
    pub gone_ms: u64,
}

/// What the timeline is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Runbook's name.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// The run's id.
    pub run: String,
    /// Environment word.
    pub environment: String,
    /// Incident.
    pub incident: Option<String>,
    /// The plan's hash.
    pub plan_hash: String,
    /// Who started it.
    pub operator: String,
    /// A drill or rehearsal.
    pub drill: bool,
    /// First record.
    pub began: DateTime<Utc>,
    /// When it was over or its engine had drained; `None` otherwise.
    pub ended: Option<DateTime<Utc>>,
    /// What it ended with.
    pub exit: Option<ExitCode>,
    /// Hosts touched, and hosts in all.
    pub touched: (usize, usize),
    /// Why later records are not in it.
    pub poison: Option<String>,
}

/// The story of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// What it is about.
    pub header: Header,
    /// What happened, in the order it happened.
    pub rows: Vec<Row>,
    /// Waits for people, in the order they began.
    pub waits: Vec<Waited>,
    /// Steps whose outcome changed.
    pub changes: Vec<Change>,
    /// Where the time went.
    pub totals: Totals,
    /// Times of which nothing is known.
    pub gaps: Vec<Gap>,
}
