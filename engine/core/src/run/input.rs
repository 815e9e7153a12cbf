//! What can happen to a run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Actor, AskId, AskUnavailableReason, DrainReason, EffectKey, NotStartedReason, Report, Timer, UnknownReason,
};
use crate::runbook::HostName;

/// What only the runtime knows about a start, written into the first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartInfo {
    /// The run's id.
    pub run: String,
    /// SHA-256 of `plan.json`, lower-case hex.
    pub plan_digest: String,
    /// The runbook's file, as given, and its SHA-256.
    pub runbook_file: String,
    /// SHA-256 of the runbook's file.
    pub runbook_digest: String,
    /// Commit the file stood in, if it stood in a git work tree.
    pub git_commit: Option<String>,
    /// Whether that work tree had changes.
    pub git_dirty: Option<bool>,
    /// SHA-256 of the inventory's file; `None` without one.
    pub inventory_digest: Option<String>,
    /// `--incident`.
    pub incident: Option<String>,
    /// Banister's version.
    pub tool: String,
    /// The engine's machine.
    pub machine: String,
    /// The operator's time zone, as an offset such as `+01:00`.
    pub time_zone: String,
    /// A drill or rehearsal, in which `as:` and approvals by several named people are possible.
    pub drill: bool,
    /// The ssh configuration that was given (`-F`), as an absolute path: a resume takes it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_config: Option<String>,
}

/// What people can say; the word is the same on screens, in answers and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Go on after a `pause`.
    Continue,
    /// Agree.
    Approve,
    /// Do not agree.
    Refuse,
    /// A `manual` step is done.
    Done,
    /// Leave it out.
    Skip,
    /// Try again.
    Retry,
    /// Leave the host out from here on.
    Exclude,
    /// It was done by hand.
    ByHand,
    /// Run the step's undo.
    Undo,
    /// A recorded shell, then look again.
    Shell,
    /// Give it to somebody else.
    HandOver,
    /// Ask the host once more.
    AskAgain,
    /// It did fail.
    Failed,
    /// Wait longer.
    Wait,
    /// Stop it.
    Kill,
    /// Leave it running; its outcome stays unknown.
    Leave,
    /// Go on although the gate does not hold.
    Override,
    /// Take a host over from the run that has it.
    TakeOver,
    /// Approve alone what others should have approved.
    BreakGlass,
}

/// One answer of one person to one ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which ask.
    pub ask: AskId,
    /// The word.
    pub word: Word,
    /// Why, where the word needs a reason.
    pub reason: Option<String>,
    /// What was seen, where the word needs evidence.
    pub evidence: Option<String>,
    /// The fact an approval asks for.
    pub fact: Option<String>,
    /// The plan's hash the person looked at; needed to approve a destroy step.
    pub plan: Option<String>,
    /// The word or phrase typed in confirmation.
    pub typed: Option<String>,
    /// `wait`: how much longer, milliseconds.
    pub wait_ms: Option<u64>,
    /// It was given beforehand, in an answers file: nothing could be typed in confirmation, so a destroy step needs `plan`.
    pub prepared: bool,
}

/// What becomes of running steps at an abort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunningAtAbort {
    /// They finish.
    Wait,
    /// They are stopped.
    Kill,
    /// They run on, unknown.
    Leave,
}

/// What an operator may say at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing new starts.
    Hold,
    /// Go on after a hold.
    Continue,
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
    Pen,
}

/// What a host said about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetAnswer {
    /// It never started, and now never will.
    NeverStarted(NotStartedReason),
    /// It runs; the executor has attached to it again and will report its end.
    Running,
    /// It ended; this is how.
    Ended(Report),
    /// The host does not know, or could not be asked.
    Unknown(UnknownReason),
}

/// What can happen to a run, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The first input of a run without records.
    Start {
        /// Who starts it.
        actor: Actor,
        /// What only the runtime knows.
        info: Box<StartInfo>,
    },
    /// The first input of a run with records.
    Resumed {
        /// Who resumes it.
        actor: Actor,
    },
    /// What looking at a host gave.
    Preflighted {
        /// The host.
        host: HostName,
        /// Its ledger's and machine's ids, or the sentence that says why it cannot be used.
        result: Result<HostIdentity, String>,
    },
    /// A host is another run's.
    Locked {
        /// The host.
        host: HostName,
        /// Who has it.
        by: LockHolder,
    },
    /// How an attempt ended.
    Reported {
        /// Which.
        key: EffectKey,
        /// How.
        report: Report,
        /// When, if the executor knows better than now.
        at: Option<DateTime<Utc>>,
    },
    /// What the host said about an attempt in doubt.
    TargetAnswered {
        /// Which.
        key: EffectKey,
        /// What it said.
        answer: TargetAnswer,
    },
    /// An armed timer's moment has come.
    TimerFired {
        /// Which.
        timer: Timer,
    },
    /// A person answers an ask.
    Answered {
        /// Who.
        actor: Actor,
        /// What.
        answer: Answer,
    },
    /// An ask cannot be put to anybody.
    AskUnavailable {
        /// Which.
        ask: AskId,
        /// Why.
        reason: AskUnavailableReason,
    },
    /// An operator's command.
    Commanded {
        /// Who.
        actor: Actor,
        /// What.
        command: Command,
    },
    /// The engine lacks what only a person can give it: nothing new starts until one says `continue`. What runs goes on.
    Halted {
        /// What it lacks, in one sentence; written down as a note of the engine's.
        why: String,
    },
    /// Nothing new starts; when what runs has ended, the engine ends and the run can be resumed.
    Drain {
        /// Why.
        reason: DrainReason,
    },
}

/// Who has a host: one run at a time, as its ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The run's id.
    pub run: String,
    /// Who runs it and where: `alice@ops`.
    pub holder: String,
    /// Since when, as the holder's machine wrote it.
    pub since: String,
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "run {} of {} has had it since {}", self.run, self.holder, self.since)
    }
}

/// Who a host is: if one of these differs later, its answers are *unknown*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostIdentity {
    /// Random, written at first contact; `None` where no step needs the ledger.
    pub ledger: Option<String>,
    /// The machine's id.
    pub machine: String,
    /// The boot it was met in.
    pub boot: String,
}
