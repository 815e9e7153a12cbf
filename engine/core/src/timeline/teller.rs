//! [`Teller`]: records in, a timeline out.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use super::changes::Changes;
use super::fold::{Alike, Fold, fold};
use super::model::{Gap, Header, Row, RowKind, Source, Timeline, Totals, Waited};
use super::totals;
use crate::plan::Plan;
use crate::run::{
    Actor, AskId, FailedReason, NotStartedReason, Purpose, Record, RecordKind, ReplayError, SkipReason, Stamp,
    TaskIndex, Word, Work, describe, describe_unknown,
};
use crate::view::{RunView, duration, path_of};

/// What was written down later than this after it happened says when it was learned.
const LATE: TimeDelta = TimeDelta::seconds(60);

/// Makes the timeline of one run, record by record.
#[derive(Debug, Clone)]
pub struct Teller {
    view: RunView,
    rows: Vec<Row>,
    changes: Changes,
    totals: Totals,
    gaps: Vec<Gap>,
}

impl Teller {
    /// A timeline without records.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            view: RunView::new(plan),
            rows: Vec::new(),
            changes: Changes::default(),
            totals: Totals::default(),
            gaps: Vec::new(),
        }
    }

    /// Takes one record.
    ///
    /// # Errors
    /// As [`RunView::apply`]; the timeline then ends before that record and says so.
    pub fn push(&mut self, record: &Record) -> Result<(), ReplayError> {
        if self.view.poison().is_none() && record.seq == self.view.state().seq() + 1 {
            totals::add(&mut self.totals, &mut self.gaps, &self.view, record);
        }
        self.view.apply(record)?;
        self.changes.note(&self.view, record);
        self.rows.extend(tell(&self.view, record));
        Ok(())
    }

    /// The timeline of the records so far; `None` without any.
    #[must_use]
    pub fn finish(self) -> Option<Timeline> {
        let Self { view, mut rows, changes, totals, gaps } = self;
        let last = view.state().last().cloned()?;
        let source = Source::Run { id: view.run_id().to_owned() };
        for running in view.now() {
            rows.push(Row {
                at: last.wall,
                learned: None,
                source: source.clone(),
                seq: view.state().seq(),
                kind: RowKind::Trouble,
                who: Actor::Engine {}.to_string(),
                path: Some(running.path),
                what: format!("RUN: {} when the records end", running.what),
                took_ms: None,
                usual_ms: running.usual_ms,
                fold: None,
            });
        }
        rows.sort_by_key(|row| row.at);
        Some(Timeline {
            header: header(&view)?,
            rows: fold(rows),
            waits: waits(&view, &last),
            changes: changes.into_changes(),
            totals,
            gaps,
        })
    }
}

/// The row of a record, as a view that has just taken it tells it; `None` for a record that is no news to people. For
/// displays of a run that goes on, which have a view already.
#[must_use]
pub fn tell(view: &RunView, record: &Record) -> Option<Row> {
    let taken = Taken { view };
    let (kind, what) = taken.run_row(record).or_else(|| taken.step_row(record)).or_else(|| taken.person_row(record))?;
    Some(taken.row(record, kind, what))
}

/// A view that has just taken a record.
struct Taken<'v> {
    view: &'v RunView,
}

impl Taken<'_> {
    fn row(&self, record: &Record, kind: RowKind, what: String) -> Row {
        let path = path_of(&record.kind).cloned();
        let task = path.as_ref().and_then(|path| self.view.state().graph().find(path));
        let (took_ms, usual_ms) = match (kind, task) {
            (RowKind::Step | RowKind::Trouble, Some(task)) => (self.took(task, record), self.view.usual_ms(task)),
            _ => (None, None),
        };
        let fold = match (kind, task) {
            (RowKind::Step, Some(task)) => self.alike(task, record),
            _ => None,
        };
        Row {
            at: record.at,
            learned: (record.recorded.signed_duration_since(record.at) > LATE).then_some(record.recorded),
            source: Source::Run { id: self.view.run_id().to_owned() },
            seq: record.seq,
            kind,
            who: record.actor.to_string(),
            path,
            what,
            took_ms,
            usual_ms,
            fold,
        }
    }

    /// A command's own time; a gate's from its opening.
    fn took(&self, task: TaskIndex, record: &Record) -> Option<u64> {
        match &record.kind {
            RecordKind::StepSucceeded { purpose: Purpose::Main, took_ms, .. } => Some(*took_ms),
            RecordKind::StepFailed { purpose: Purpose::Main, took_ms, .. } => *took_ms,
            RecordKind::StepSucceeded { .. } | RecordKind::StepSettled { .. } => self.view.state().task(task).took_ms,
            RecordKind::GateHeld { .. } | RecordKind::GateTimedOut { .. } | RecordKind::StepCompleted { .. } => {
                let began = self.view.state().task(task).began.as_ref()?;
                Some(crate::view::between_ms(began, &crate::run::State::stamp(record)))
            }
            _ => None,
        }
    }

    /// With which rows a step that went as it should may become one.
    fn alike(&self, task: TaskIndex, record: &Record) -> Option<Fold> {
        let is_plain = match &record.kind {
            RecordKind::StepSucceeded { adopted, .. } => !adopted && self.view.state().task(task).attempt <= 1,
            RecordKind::GateHeld { .. } => true,
            _ => false,
        };
        if !is_plain {
            return None;
        }
        let graph = self.view.state().graph();
        let path = graph.path(task);
        let alike = match (graph.batch_of(task), path.is_precondition()) {
            (_, true) => Alike::Preconditions,
            (Some((roll, batch)), _) => Alike::Batch(graph.top(roll).id.clone(), batch + 1),
            (None, false) => Alike::Step(path.root().clone()),
        };
        let last = path.batch().or(graph.batch_of(task).map(|(_, batch)| batch + 1)).unwrap_or(0);
        let began = self.view.state().task(task).began.as_ref().map_or(record.at, |s| s.wall);
        let hosts: BTreeSet<_> = graph.host(task).map(|h| h.name.clone()).into_iter().collect();
        let gated = matches!(record.kind, RecordKind::GateHeld { .. });
        Some(Fold { alike, began, hosts, last, gated })
    }

    fn run_row(&self, record: &Record) -> Option<(RowKind, String)> {
        Some(match &record.kind {
            RecordKind::RunPlanned { info, .. } => (RowKind::Run, format!("run {} started", info.run)),
            RecordKind::RunResumed { gap_ms, rebooted, rechecked, again, .. } => {
                let mut what = format!("resumed, engine gone {}", duration(*gap_ms));
                if *rebooted {
                    what.push_str("; its machine was booted in between");
                }
                if *rechecked {
                    what.push_str("; preconditions looked at again");
                    if !again.is_empty() {
                        let names: Vec<String> = again.iter().map(ToString::to_string).collect();
                        what.push_str(&format!(", and {} before anything started", names.join(", ")));
                    }
                }
                (RowKind::Run, what)
            }
            RecordKind::LockRefused { host, by } => (RowKind::Trouble, format!("{host} is another run's: {by}")),
            RecordKind::LockTakenOver { host, from, reason } => {
                (RowKind::Decision, format!("takes {host} over from run {} of {}: {reason}", from.run, from.holder))
            }
            RecordKind::HostRefused { host, why } => (RowKind::Trouble, format!("{host} cannot be used: {why}")),
            RecordKind::RunHeld {} => (RowKind::Person, "HELD: nothing new starts".to_owned()),
            RecordKind::RunContinued {} => (RowKind::Person, "continued".to_owned()),
            RecordKind::RunAborted { .. } => (RowKind::Person, "aborted".to_owned()),
            RecordKind::RunStopped { .. } => (RowKind::Trouble, "stops the run".to_owned()),
            RecordKind::RunDraining { .. } => (RowKind::Run, "draining: nothing new starts".to_owned()),
            RecordKind::RunDrained { exit } => {
                (RowKind::Run, format!("engine ended, can be resumed: {exit} {}", exit.meaning()))
            }
            RecordKind::RunFinished { exit } => (RowKind::Run, format!("finished: {exit} {}", exit.meaning())),
            RecordKind::HostExcluded { host, reason, .. } => {
                let kind = match record.actor {
                    Actor::Person { .. } => RowKind::Exception,
                    Actor::Engine {} => RowKind::Trouble,
                };
                (kind, format!("excl {host}: {reason}"))
            }
            RecordKind::TailRecovered { len, .. } => {
                (RowKind::Trouble, format!("the journal ended in {len} torn bytes, which were answered"))
            }
            _ => return None,
        })
    }

    fn step_row(&self, record: &Record) -> Option<(RowKind, String)> {
        let path = path_of(&record.kind)?;
        let task = self.view.state().graph().find(path)?;
        let trouble = |what: String| Some((RowKind::Trouble, what));
        match &record.kind {
            RecordKind::StepSucceeded { purpose: Purpose::Main | Purpose::Verify, adopted, attempt, .. } => {
                // Its verify, or the person who looks, has the last word.
                if !self.view.state().task(task).state.is_satisfied() {
                    return None;
                }
                let mut what = "ok".to_owned();
                let attempt = self.view.state().task(task).attempt.max(*attempt);
                if attempt > 1 {
                    what.push_str(&format!(", attempt {attempt}"));
                }
                if *adopted {
                    what.push_str(", the host says");
                }
                Some((RowKind::Step, what))
            }
            RecordKind::StepFailed { purpose, reason, attempt, .. } => {
                let of = match purpose {
                    Purpose::Preview => ", its preview",
                    _ => "",
                };
                let attempt = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                trouble(format!("FAIL{of}{attempt}: {}", describe(reason)))
            }
            RecordKind::StepNotStarted { reason: NotStartedReason::Revoked {}, .. } => {
                trouble("never started, the host says".to_owned())
            }
            RecordKind::StepNotStarted { reason, .. } => {
                trouble(format!("FAIL: {}", describe(&FailedReason::NotStarted(reason.clone()))))
            }
            RecordKind::StepCancelled { report, .. } => {
                trouble(format!("FAIL: {}", describe(&FailedReason::Cancelled(report.clone()))))
            }
            RecordKind::StepUnknown { reason, .. } => trouble(format!("UNKN: {}", describe_unknown(reason))),
            RecordKind::StepReattached { .. } => trouble("still runs, the host says".to_owned()),
            RecordKind::StepSettled { failed: None, by, .. } => Some((RowKind::Step, format!("ok, settled by {by}"))),
            RecordKind::StepSettled { failed: Some(reason), by, .. } => {
                trouble(format!("FAIL, settled by {by}: {}", describe(reason)))
            }
            RecordKind::StepSkipped { reason, .. } => {
                let kind = match reason {
                    SkipReason::Person { .. } => RowKind::Exception,
                    SkipReason::When { .. } | SkipReason::NoHosts {} => RowKind::Step,
                };
                Some((kind, format!("skip: {}", reason.why())))
            }
            RecordKind::StepDoneByHand { evidence, .. } => {
                Some((RowKind::Exception, format!("done by hand: {evidence}")))
            }
            RecordKind::StepCompleted { .. } if matches!(self.view.state().graph().work(task), Work::Wait(_)) => {
                Some((RowKind::Step, "ok, waited".to_owned()))
            }
            RecordKind::UndoStarted { .. } => trouble("undo started".to_owned()),
            RecordKind::UndoFinished { succeeded: true, .. } => trouble("undone".to_owned()),
            RecordKind::UndoFinished { succeeded: false, .. } => trouble("STUCK: its undo failed".to_owned()),
            RecordKind::GateHeld { .. } => Some((RowKind::Step, "ok, holds".to_owned())),
            RecordKind::GateTimedOut { last, unreachable, .. } => {
                let word = if *unreachable { "UNKN" } else { "FAIL" };
                trouble(format!("{word}: did not hold in time; last: {last}"))
            }
            RecordKind::GateOverridden { reason, .. } => Some((RowKind::Exception, format!("overridden: {reason}"))),
            RecordKind::ApprovalGranted { bound_to, .. } => {
                Some((RowKind::Step, format!("granted, bound to {bound_to}")))
            }
            RecordKind::ApprovalVoided { reason, .. } => trouble(format!("approval void: {reason}")),
            RecordKind::OutcomeLate { said, .. } => trouble(format!("late outcome, changed nothing: {said}")),
            _ => None,
        }
    }

    fn person_row(&self, record: &Record) -> Option<(RowKind, String)> {
        Some(match &record.kind {
            RecordKind::AskAnswered { ask, word, reason, evidence, .. } => {
                let waited =
                    self.waited(ask, record).map(|ms| format!(", waited {}", duration(ms))).unwrap_or_default();
                // What is an exception says its reason in the row that follows.
                let is_said_again =
                    matches!(word, Word::Skip | Word::ByHand | Word::Exclude | Word::Override | Word::BreakGlass);
                let because = reason.as_ref().or(evidence.as_ref());
                let because = because.filter(|b| !is_said_again && !b.trim().is_empty());
                let because = because.map(|b| format!(": {b}")).unwrap_or_default();
                (RowKind::Person, format!("{word}{because}{waited}"))
            }
            RecordKind::BreakglassUsed { path, reason, .. } => {
                let task = self.view.state().graph().find(path);
                let needs = task.and_then(|task| self.view.needs(task)).unwrap_or_default();
                (RowKind::BreakGlass, format!("granted alone what needs {needs}: {reason}"))
            }
            RecordKind::AskUnavailable { .. } => (RowKind::Trouble, "nobody could be asked".to_owned()),
            RecordKind::NoteAdded { text } => (RowKind::Note, text.clone()),
            RecordKind::DecisionMade { text } => (RowKind::Decision, text.clone()),
            RecordKind::PenTaken {} => (RowKind::Person, "drives from here on".to_owned()),
            _ => return None,
        })
    }

    fn waited(&self, ask: &AskId, record: &Record) -> Option<u64> {
        let wait = self.view.waits().iter().rev().find(|wait| wait.ask == *ask)?;
        Some(wait.waited_ms(&crate::run::State::stamp(record)))
    }
}

fn header(view: &RunView) -> Option<Header> {
    let plan = view.plan();
    Some(Header {
        runbook: plan.runbook.clone(),
        title: plan.title.clone(),
        run: view.run_id().to_owned(),
        environment: plan.environment.clone(),
        incident: view.incident().map(str::to_owned),
        plan_hash: view.state().plan_hash().to_owned(),
        operator: view.state().starter().map(ToString::to_string).unwrap_or_default(),
        drill: view.state().info().is_some_and(|info| info.drill),
        began: view.began()?,
        ended: view.ended(),
        exit: view.exit(),
        touched: view.touched(),
        poison: view.poison().map(ToString::to_string),
    })
}

fn waits(view: &RunView, last: &Stamp) -> Vec<Waited> {
    let waited = |wait: &crate::view::Wait| Waited {
        since: wait.since.wall,
        path: wait.ask.path.clone(),
        kind: wait.kind,
        ms: wait.waited_ms(last),
        by: wait.said.last().map(|said| (said.by.to_string(), said.word.to_string())),
        open: wait.until.is_none(),
    };
    view.waits().iter().map(waited).collect()
}
