//! What happened last, for the strip of the wide run page. The timeline page has all of it.

use std::collections::VecDeque;

use banister_core::plan::StepPath;
use banister_core::run::{Actor, Purpose, Record, RecordKind};
use chrono::{DateTime, Utc};

/// Events that are kept: those of two hundred hosts are a row or two.
const KEPT: usize = 512;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) at: DateTime<Utc>,
    /// `step`, `ask`, `gate`, `note`, `DECIDE`, `run`.
    pub(crate) kind: &'static str,
    pub(crate) who: Actor,
    /// The instance it is about.
    pub(crate) path: Option<StepPath>,
    /// As it came from people: `shown` makes it fit to be seen.
    pub(crate) what: String,
}

/// The last events, the newest at the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail(VecDeque<Told>);

impl Tail {
    /// Takes a record, if it is news to people.
    pub(super) fn push(&mut self, record: &Record) {
        let Some((kind, path, what)) = told(&record.kind) else { return };
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        let (at, who) = (record.at, record.actor.clone());
        self.0.push_back(Told { at, kind, who, path: path.cloned(), what });
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Told> {
        self.0.iter().rev()
    }
}

fn told(kind: &RecordKind) -> Option<(&'static str, Option<&StepPath>, String)> {
    use RecordKind as Kind;
    let is_own = |purpose: &Purpose| *purpose == Purpose::Main;
    Some(match kind {
        Kind::RunPlanned { .. } => ("run", None, "started".to_owned()),
        Kind::RunResumed { .. } => ("run", None, "resumed".to_owned()),
        Kind::RunStarted {} => ("run", None, "every precondition holds".to_owned()),
        Kind::RunHeld {} => ("run", None, "HELD: nothing new starts".to_owned()),
        Kind::RunContinued {} => ("run", None, "goes on".to_owned()),
        Kind::RunAborted { .. } => ("run", None, "aborted".to_owned()),
        Kind::RunDraining { .. } => ("run", None, "the engine is about to end".to_owned()),
        Kind::RunDrained { exit } => ("run", None, format!("the engine ended with {exit}")),
        Kind::RunFinished { exit } => ("run", None, format!("ended with {exit}: {}", exit.meaning())),
        Kind::PenTaken {} => ("run", None, "took the pen".to_owned()),
        Kind::HostRefused { host, why } => ("run", None, format!("{host} cannot be used: {why}")),
        Kind::HostExcluded { host, reason, .. } => ("run", None, format!("{host} is left out: {reason}")),
        Kind::LockRefused { host, by } => ("run", None, format!("{host} is another run's: {by}")),
        Kind::StepIntended { path, purpose, .. } if is_own(purpose) => ("step", Some(path), "started".to_owned()),
        Kind::StepSucceeded { path, purpose, .. } if is_own(purpose) => ("step", Some(path), "ok".to_owned()),
        Kind::StepFailed { path, purpose, .. } | Kind::StepNotStarted { path, purpose, .. } if is_own(purpose) => {
            ("step", Some(path), "FAIL".to_owned())
        }
        Kind::StepCancelled { path, .. } => ("step", Some(path), "was stopped".to_owned()),
        Kind::StepUnknown { path, .. } => ("step", Some(path), "UNKN: nobody knows what became of it".to_owned()),
        Kind::StepReattached { path, .. } => ("step", Some(path), "runs, the host says".to_owned()),
        Kind::StepSettled { path, failed, by, .. } => {
            let word = if failed.is_some() { "FAIL" } else { "ok" };
            ("step", Some(path), format!("{word}, settled by {by}"))
        }
        Kind::StepRetryScheduled { path, attempt, .. } => ("step", Some(path), format!("try {attempt} follows")),
        Kind::StepSkipped { path, .. } => ("step", Some(path), "skip".to_owned()),
        Kind::StepDoneByHand { path, evidence } => ("step", Some(path), format!("hand: {evidence}")),
        Kind::UndoStarted { path } => ("step", Some(path), "is undone".to_owned()),
        Kind::UndoFinished { path, succeeded } => {
            ("step", Some(path), if *succeeded { "undone" } else { "STUCK: its undo failed" }.to_owned())
        }
        Kind::GateOpened { path, .. } => ("gate", Some(path), "polls".to_owned()),
        Kind::GateHeld { path } => ("gate", Some(path), "holds".to_owned()),
        Kind::GateTimedOut { path, last, .. } => ("gate", Some(path), format!("did not hold in time: {last}")),
        Kind::GateOverridden { path, reason } => ("gate", Some(path), format!("overridden: {reason}")),
        Kind::AskOpened { ask, question, .. } => ("ask", Some(&ask.path), format!("ASK: {question}")),
        Kind::AskAnswered { ask, word, reason, evidence, .. } => {
            let because = reason.as_ref().or(evidence.as_ref()).map(|text| format!(": {text}"));
            ("ask", Some(&ask.path), format!("{word}{}", because.unwrap_or_default()))
        }
        Kind::ApprovalGranted { path, .. } => ("ask", Some(path), "approved".to_owned()),
        Kind::ApprovalVoided { path, reason } => {
            ("ask", Some(path), format!("the approval no longer counts: {reason}"))
        }
        Kind::OutcomeLate { path, said, .. } => ("step", Some(path), format!("a late outcome contradicts: {said}")),
        Kind::BreakglassUsed { .. } => ("BREAK", None, "break-glass was used".to_owned()),
        Kind::NoteAdded { text } => ("note", None, text.clone()),
        Kind::DecisionMade { text } => ("DECIDE", None, text.clone()),
        _ => return None,
    })
}
