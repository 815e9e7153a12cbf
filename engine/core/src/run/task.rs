//! One instance of a step, and where it stands.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{AskId, BootId, FailedReason, UnknownReason};
use crate::runbook::{HostName, OutputName};

/// Position of an instance in the run's table. Never printed, never journalled: records speak of step paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskIndex(pub(crate) u32);

/// Who is expected to settle an unknown outcome next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The host is being asked.
    Target,
    /// A verify looks.
    Verify,
    /// A person must say.
    Person,
}

/// Why a verify runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyAfter {
    /// The command succeeded.
    Success,
    /// A person says it is done (`manual`), or a shell was closed.
    Person,
}

/// Where an instance stands. Each state has one word on every screen, see [`TaskState::word`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// Not begun.
    Todo,
    /// A destroy step's preview runs, right before the step or for an approval.
    Previewing,
    /// Its command runs.
    Running,
    /// Its next automatic attempt waits for its time.
    Retrying,
    /// Its command ended well, or a person says so; its verify runs.
    Verifying(VerifyAfter),
    /// A `wait` waits.
    Waiting,
    /// A gate polls.
    Gating,
    /// A person must answer before it is over.
    Asking,
    /// Nobody knows what became of it.
    Unknown {
        /// Why.
        reason: UnknownReason,
        /// Who settles it.
        doubt: Doubt,
    },
    /// It failed; its ask says what may be done.
    Failed(FailedReason),
    /// Its undo runs.
    Undoing,
    /// Its undo failed.
    Stuck,
    /// It did what it should.
    Succeeded,
    /// It was left out.
    Skipped,
    /// A person did it.
    ByHand,
    /// Its host is left out.
    Excluded,
}

impl TaskState {
    /// The word that every screen shows.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Previewing | Self::Running | Self::Retrying | Self::Verifying(_) | Self::Waiting | Self::Gating => {
                "RUN"
            }
            Self::Asking => "ASK",
            Self::Unknown { .. } => "UNKN",
            Self::Failed(_) => "FAIL",
            Self::Undoing => "undo",
            Self::Stuck => "STUCK",
            Self::Succeeded => "ok",
            Self::Skipped => "skip",
            Self::ByHand => "hand",
            Self::Excluded => "excl",
        }
    }

    /// Whether what needs this instance may go on.
    #[must_use]
    pub fn is_satisfied(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped | Self::ByHand | Self::Excluded)
    }

    /// Whether it must be settled before anything new starts beside it.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Unknown { .. } | Self::Undoing | Self::Stuck)
    }
}

/// A moment on both clocks, as a record kept it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Wall clock.
    pub wall: DateTime<Utc>,
    /// Nanoseconds of the boot clock.
    pub elapsed: u64,
    /// Which boot.
    pub boot: BootId,
}

/// One instance of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Where it stands.
    pub state: TaskState,
    /// Last attempt of its own command; 0 before the first.
    pub attempt: u32,
    /// Last attempt of its verify.
    pub verify_attempt: u32,
    /// Last attempt of its preview.
    pub preview_attempt: u32,
    /// Attempts in a row that the host says never came, since a person last said `retry`.
    pub lost_starts: u32,
    /// Attempts that failed since a person last said `retry`.
    pub tries: u32,
    /// Digest of its last preview.
    pub preview: Option<String>,
    /// Digest of the preview that was approved.
    pub approved_preview: Option<String>,
    /// Its outputs.
    pub outputs: BTreeMap<OutputName, String>,
    /// Its open ask.
    pub ask: Option<AskId>,
    /// Which timeout or gate period runs: 1, and one more for each `wait`.
    pub round: u32,
    /// When the running timer began, and for how many milliseconds.
    pub timer: Option<(Stamp, u64)>,
    /// When its last command was intended, its gate opened or its wait began.
    pub began: Option<Stamp>,
    /// Milliseconds its last command took.
    pub took_ms: Option<u64>,
    /// A person said that it goes on although it failed or its host counts: it may start beside trouble.
    pub granted: bool,
    /// It failed or was unknown and is not satisfied yet.
    pub trouble: bool,
    /// It failed and counts in its roll's budget; only its own success takes that back.
    pub spent: bool,
    /// Its undo has run.
    pub undone: bool,
    /// A contradicting late outcome was journalled.
    pub late: bool,
    /// In doubt, and a person left its host out instead of settling it.
    pub given_up: bool,
    /// The outcome of its last attempt was reported; otherwise it was settled without it.
    pub heard: bool,
    /// Attempts in doubt that a person replaced by another one: their outcomes are still news.
    pub abandoned: Vec<u32>,
    /// Good samples in a row.
    pub streak: u32,
    /// Last sample.
    pub sample: u32,
    /// Some sample reached a host since the gate opened.
    pub reached: bool,
    /// Hosts where its gate did not hold when it timed out.
    pub bad_hosts: Vec<HostName>,
    /// Evidence of a person that waits for the verify to agree.
    pub evidence: Option<String>,
}

impl Task {
    pub(crate) fn new() -> Self {
        Self {
            state: TaskState::Todo,
            attempt: 0,
            verify_attempt: 0,
            preview_attempt: 0,
            lost_starts: 0,
            tries: 0,
            preview: None,
            approved_preview: None,
            outputs: BTreeMap::new(),
            ask: None,
            round: 1,
            timer: None,
            began: None,
            took_ms: None,
            granted: false,
            trouble: false,
            spent: false,
            undone: false,
            late: false,
            given_up: false,
            heard: false,
            abandoned: Vec::new(),
            streak: 0,
            sample: 0,
            reached: false,
            bad_hosts: Vec::new(),
            evidence: None,
        }
    }
}
