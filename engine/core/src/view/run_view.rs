//! [`RunView`]: the fold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::instance::{Attempt, Instance, LastSample};
use super::remark::Remark;
use super::wait::{Said, Wait};
use crate::plan::{HostIndex, Plan, StepPath};
use crate::run::{
    Actor, AskId, Exit, ExitCode, Graph, Purpose, Record, RecordKind, ReplayError, SkipReason, Stamp, State,
    StreamInfo, TaskIndex, Word, Work, describe, describe_unknown,
};

/// How a run stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// No record yet.
    Empty,
    /// Hosts and preconditions are looked at.
    Checking,
    /// Steps run.
    Running,
    /// Nothing runs; a person must answer.
    Asking,
    /// A person holds it.
    Held,
    /// Nothing new starts, the engine is about to end.
    Draining,
    /// The engine ended; the run can be resumed.
    Drained,
    /// A person ended it; what runs is awaited.
    Aborting,
    /// The engine is gone without having said so; the run can be resumed.
    Interrupted,
    /// Over.
    Finished,
}

/// What any display shows of one run: the fold of its records and nothing else.
#[derive(Debug, Clone)]
pub struct RunView {
    pub(super) state: State,
    pub(super) instances: Vec<Instance>,
    pub(super) touched: BTreeSet<HostIndex>,
    pub(super) remarks: Vec<Remark>,
    pub(super) waits: Vec<Wait>,
    open_waits: BTreeMap<AskId, usize>,
    pub(super) began: Option<DateTime<Utc>>,
    pub(super) ended: Option<DateTime<Utc>>,
    /// Who holds the run, while it is held: a person, or the engine for want of something.
    pub(super) held_by: Option<Actor>,
    /// What the engine says that it lacks, and since when, until somebody continues or something comes to its end.
    lacks: Option<(String, DateTime<Utc>)>,
    /// The latest note: before it holds the run, the engine says why in one.
    last_note: Option<String>,
    pub(super) stopped_by: Option<StepPath>,
    poison: Option<ReplayError>,
}

impl RunView {
    /// The view of a run without records.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let state = State::new(Arc::new(Graph::new(plan)));
        let instances = state.graph().tasks().map(|_| Instance::default()).collect();
        Self {
            state,
            instances,
            touched: BTreeSet::new(),
            remarks: Vec::new(),
            waits: Vec::new(),
            open_waits: BTreeMap::new(),
            began: None,
            ended: None,
            held_by: None,
            lacks: None,
            last_note: None,
            stopped_by: None,
            poison: None,
        }
    }

    /// Folds one record in. After one that does not fit, the view stays as it was before it, says so in
    /// [`RunView::poison`], and takes no more.
    ///
    /// # Errors
    /// A [`ReplayError`] that names the first record that does not fit.
    pub fn apply(&mut self, record: &Record) -> Result<(), ReplayError> {
        if let Some(poison) = &self.poison {
            return Err(poison.clone());
        }
        if let Err(error) = self.state.apply(record) {
            self.poison = Some(error.clone());
            return Err(error);
        }
        self.show(record);
        Ok(())
    }

    /// The state that the machine itself folds from the same records.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.state.graph().plan
    }

    /// The first record that did not fit, if one did not: what is shown ends before it.
    #[must_use]
    pub fn poison(&self) -> Option<&ReplayError> {
        self.poison.as_ref()
    }

    /// The run's id; empty before the first record.
    #[must_use]
    pub fn run_id(&self) -> &str {
        self.state.info().map_or("", |info| info.run.as_str())
    }

    /// The incident, if one was named.
    #[must_use]
    pub fn incident(&self) -> Option<&str> {
        self.state.info().and_then(|info| info.incident.as_deref())
    }

    /// Who drives: the starter, whoever resumed last, or whoever took the pen since. `None` before the first record, and
    /// when the pen was handed over and nobody has taken it up.
    #[must_use]
    pub fn pen(&self) -> Option<&Actor> {
        self.state.pen()
    }

    /// Who holds the run, while it is held: a person, or the engine, which says in a note before it what it lacks.
    #[must_use]
    pub fn held_by(&self) -> Option<&Actor> {
        self.held_by.as_ref()
    }

    /// What the engine lacks for what runs (an ssh agent), in its sentence, and since when.
    #[must_use]
    pub fn lacks(&self) -> Option<(&str, DateTime<Utc>)> {
        self.lacks.as_ref().map(|(why, since)| (why.as_str(), *since))
    }

    /// When the first record was written.
    #[must_use]
    pub fn began(&self) -> Option<DateTime<Utc>> {
        self.began
    }

    /// When the run was over, or its engine had drained; `None` while neither is so.
    #[must_use]
    pub fn ended(&self) -> Option<DateTime<Utc>> {
        self.ended
    }

    /// Notes and decisions, in the order they were written.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Every wait for people, in the order they began.
    #[must_use]
    pub fn waits(&self) -> &[Wait] {
        &self.waits
    }

    /// What the run or its engine ended with; `None` while neither has.
    #[must_use]
    pub fn exit(&self) -> Option<ExitCode> {
        self.state.finished().or(self.state.drained())
    }

    /// How the run stands. `engine_lives`: whether a process holds the run; the records cannot know.
    #[must_use]
    pub fn status(&self, engine_lives: bool) -> RunStatus {
        use crate::run::Phase;
        let state = &self.state;
        match state.phase() {
            Phase::Empty => RunStatus::Empty,
            Phase::Finished => RunStatus::Finished,
            _ if state.drained().is_some() => RunStatus::Drained,
            _ if !engine_lives => RunStatus::Interrupted,
            _ if state.draining().is_some() => RunStatus::Draining,
            _ if state.aborted().is_some() => RunStatus::Aborting,
            _ if state.is_held() => RunStatus::Held,
            _ if !state.is_busy() && state.asks().next().is_some() => RunStatus::Asking,
            Phase::Checking => RunStatus::Checking,
            Phase::Started => RunStatus::Running,
        }
    }

    pub(crate) fn instance(&self, task: TaskIndex) -> &Instance {
        &self.instances[task.0 as usize]
    }

    /// The display's part of one record. The state has taken it, so its step exists; what is missing is passed over.
    fn show(&mut self, record: &Record) {
        let stamp = State::stamp(record);
        if self.began.is_none() {
            self.began = Some(record.recorded);
        }
        if matches!(
            record.kind,
            RecordKind::RunContinued {}
                | RecordKind::RunResumed { .. }
                | RecordKind::StepSucceeded { .. }
                | RecordKind::StepFailed { .. }
                | RecordKind::StepNotStarted { .. }
        ) {
            self.lacks = None;
        }
        match &record.kind {
            RecordKind::RunResumed { .. } => self.ended = None,
            RecordKind::RunDrained { .. } | RecordKind::RunFinished { .. } => self.ended = Some(record.recorded),
            RecordKind::RunHeld {} => {
                if matches!(record.actor, Actor::Engine {}) {
                    self.lacks = self.last_note.take().map(|why| (why, record.at));
                }
                self.held_by = Some(record.actor.clone());
            }
            RecordKind::RunContinued {} => self.held_by = None,
            RecordKind::RunStopped { path } => self.stopped_by = Some(path.clone()),
            RecordKind::NoteAdded { text } => {
                self.last_note = Some(text.clone());
                self.remark(record, text, false);
            }
            RecordKind::DecisionMade { text } => self.remark(record, text, true),
            RecordKind::AskOpened { .. }
            | RecordKind::AskAnswered { .. }
            | RecordKind::AskUnavailable { .. }
            | RecordKind::AskWithdrawn { .. } => self.show_ask(record, &stamp),
            RecordKind::HostExcluded { host, reason, .. } => self.show_excluded(host, reason, &stamp),
            _ => self.show_step(record, &stamp),
        }
    }

    fn remark(&mut self, record: &Record, text: &str, decision: bool) {
        self.remarks.push(Remark {
            at: record.at,
            recorded: record.recorded,
            by: record.actor.clone(),
            decision,
            text: text.to_owned(),
        });
    }

    fn show_ask(&mut self, record: &Record, stamp: &Stamp) {
        match &record.kind {
            RecordKind::AskOpened { ask, kind, question, .. } => {
                if let Some(task) = self.state.graph().find(&ask.path) {
                    self.instances[task.0 as usize].began.get_or_insert_with(|| stamp.clone());
                }
                self.open_waits.insert(ask.clone(), self.waits.len());
                self.waits.push(Wait {
                    ask: ask.clone(),
                    kind: *kind,
                    question: question.clone(),
                    since: stamp.clone(),
                    until: None,
                    said: Vec::new(),
                    unavailable: None,
                });
            }
            RecordKind::AskAnswered { ask, word, reason, evidence, .. } => {
                if let Some(wait) = self.open_waits.get(ask).and_then(|at| self.waits.get_mut(*at)) {
                    wait.said.push(Said {
                        at: record.at,
                        by: record.actor.clone(),
                        word: *word,
                        because: reason.clone().or_else(|| evidence.clone()),
                    });
                    // An approval stays open until it is granted: enough have agreed, or the glass was broken.
                    if !matches!(word, Word::Approve | Word::BreakGlass) {
                        self.close_wait(ask, stamp);
                    }
                }
            }
            RecordKind::AskUnavailable { ask, reason } => {
                if let Some(wait) = self.open_waits.get(ask).and_then(|at| self.waits.get_mut(*at)) {
                    wait.unavailable = Some(*reason);
                }
            }
            RecordKind::AskWithdrawn { ask } => self.close_wait(ask, stamp),
            _ => {}
        }
    }

    fn close_wait(&mut self, ask: &AskId, stamp: &Stamp) {
        if let Some(at) = self.open_waits.remove(ask)
            && let Some(wait) = self.waits.get_mut(at)
        {
            wait.until = Some(stamp.clone());
        }
    }

    fn show_excluded(&mut self, host: &crate::runbook::HostName, reason: &str, stamp: &Stamp) {
        let Some(host) = self.state.graph().find_host(host) else { return };
        for task in self.state.graph().on_host[host.0 as usize].clone() {
            if self.state.task(task).state == crate::run::TaskState::Excluded {
                let instance = &mut self.instances[task.0 as usize];
                instance.why = Some(reason.to_owned());
                instance.ended.get_or_insert_with(|| stamp.clone());
            }
        }
        // Asks about what was left out were closed with it.
        let open: Vec<AskId> = self.open_waits.keys().filter(|id| self.state.ask(id).is_none()).cloned().collect();
        for ask in open {
            self.close_wait(&ask, stamp);
        }
    }

    fn show_step(&mut self, record: &Record, stamp: &Stamp) {
        let Some(path) = path_of(&record.kind) else { return };
        let Some(task) = self.state.graph().find(path) else { return };
        let needed = match self.state.graph().work(task) {
            Work::Gate(gate) => gate.samples,
            _ => 0,
        };
        let changes = self.state.graph().effect(task).changes();
        let host = self.state.graph().node(task).host;
        let instance = &mut self.instances[task.0 as usize];
        let ended = Ended { at: record.at, ..Ended::default() };
        match &record.kind {
            RecordKind::StepIntended { purpose, attempt, .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                if *purpose == Purpose::Main {
                    (instance.ended, instance.by, instance.why) = (None, None, None);
                    if changes {
                        self.touched.extend(host);
                    }
                }
                instance.attempts.push(Attempt {
                    purpose: *purpose,
                    attempt: *attempt,
                    began: record.at,
                    ended: None,
                    word: "RUN".to_owned(),
                    why: None,
                    took_ms: None,
                    status: None,
                    stdout_bytes: 0,
                    stderr_bytes: 0,
                    adopted: false,
                });
            }
            RecordKind::StepSucceeded { purpose, attempt, took_ms, exit, stdout, stderr, adopted, .. } => {
                let streams = [Some(stdout), Some(stderr)];
                let (took_ms, exit) = (Some(*took_ms), Some(*exit));
                let end = Ended { word: "ok", took_ms, exit, streams, adopted: *adopted, ..ended };
                instance.settle(*purpose, *attempt, end);
                // A preview is not what the step is about.
                if *purpose != Purpose::Preview {
                    instance.over(stamp, None);
                }
            }
            RecordKind::StepFailed { purpose, attempt, took_ms, exit, reason, stdout, stderr, adopted, .. } => {
                let why = Some(describe(reason));
                let streams = [stdout.as_ref(), stderr.as_ref()];
                let end = Ended {
                    word: "FAIL",
                    why: why.clone(),
                    took_ms: *took_ms,
                    exit: *exit,
                    streams,
                    adopted: *adopted,
                    ..ended
                };
                instance.settle(*purpose, *attempt, end);
                instance.over(stamp, why);
            }
            RecordKind::StepNotStarted { purpose, attempt, reason, .. } => {
                let why = Some(describe(&crate::run::FailedReason::NotStarted(reason.clone())));
                instance.settle(*purpose, *attempt, Ended { word: "FAIL", why: why.clone(), ..ended });
                instance.over(stamp, why);
            }
            RecordKind::StepCancelled { purpose, attempt, report, .. } => {
                let why = Some(describe(&crate::run::FailedReason::Cancelled(report.clone())));
                instance.settle(*purpose, *attempt, Ended { word: "FAIL", why: why.clone(), ..ended });
                instance.over(stamp, why);
            }
            RecordKind::StepUnknown { attempt, reason, .. } => {
                let why = Some(describe_unknown(reason));
                instance.settle(Purpose::Main, *attempt, Ended { word: "UNKN", why: why.clone(), ..ended });
                instance.why = why;
            }
            RecordKind::StepReattached { attempt, .. } => {
                instance.settle(Purpose::Main, *attempt, Ended { word: "RUN", ..ended });
                (instance.why, instance.ended) = (None, None);
            }
            RecordKind::StepSettled { attempt, failed, by, .. } => {
                let why = failed.as_ref().map(describe);
                let word = if failed.is_some() { "FAIL" } else { "ok" };
                instance.settle(Purpose::Main, *attempt, Ended { word, why: why.clone(), ..ended });
                instance.by = Some(by.clone());
                instance.over(stamp, why);
            }
            RecordKind::StepSkipped { reason, .. } => {
                let why = match reason {
                    SkipReason::When { condition } => condition.clone(),
                    SkipReason::Person { reason } => reason.clone(),
                };
                instance.by = matches!(reason, SkipReason::Person { .. }).then(|| record.actor.to_string());
                instance.over(stamp, Some(why));
            }
            RecordKind::StepDoneByHand { evidence, .. } => {
                instance.by = Some(record.actor.to_string());
                instance.over(stamp, Some(evidence.clone()));
            }
            RecordKind::StepCompleted { .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                if let Actor::Person { .. } = record.actor {
                    instance.by = Some(record.actor.to_string());
                }
                instance.over(stamp, None);
            }
            RecordKind::UndoFinished { succeeded, .. } => {
                let why = if *succeeded { "undone" } else { "its undo failed" };
                instance.over(stamp, Some(why.to_owned()));
            }
            RecordKind::StepWaiting { .. } | RecordKind::GateOpened { .. } | RecordKind::ApprovalBegan { .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                (instance.ended, instance.why) = (None, None);
            }
            RecordKind::GateSampled { sample, good, streak, bad, bad_hosts, .. } => {
                instance.sample = Some(LastSample {
                    sample: *sample,
                    good: *good,
                    streak: *streak,
                    needed,
                    bad: bad.clone(),
                    bad_hosts: *bad_hosts,
                });
            }
            RecordKind::GateHeld { .. } => instance.over(stamp, None),
            RecordKind::ApprovalGranted { .. } => {
                instance.over(stamp, None);
                let by: Vec<AskId> = self.open_waits.keys().filter(|id| id.path == *path).cloned().collect();
                for ask in by {
                    self.close_wait(&ask, stamp);
                }
            }
            RecordKind::GateTimedOut { last, .. } => instance.over(stamp, Some(format!("did not hold: {last}"))),
            RecordKind::GateOverridden { reason, .. } => {
                instance.by = Some(record.actor.to_string());
                instance.over(stamp, Some(format!("overridden: {reason}")));
            }
            _ => {}
        }
    }
}

/// What an attempt ended with.
#[derive(Default)]
struct Ended<'a> {
    at: DateTime<Utc>,
    word: &'static str,
    why: Option<String>,
    took_ms: Option<u64>,
    exit: Option<Exit>,
    streams: [Option<&'a StreamInfo>; 2],
    adopted: bool,
}

impl Instance {
    fn over(&mut self, stamp: &Stamp, why: Option<String>) {
        self.ended = Some(stamp.clone());
        self.why = why;
    }

    fn settle(&mut self, purpose: Purpose, attempt: u32, end: Ended<'_>) {
        let found = self.attempts.iter_mut().rev().find(|a| a.purpose == purpose && a.attempt == attempt);
        let Some(is) = found else { return };
        is.word = end.word.to_owned();
        is.ended = (end.word != "RUN").then_some(end.at);
        is.why = end.why;
        is.took_ms = end.took_ms.or(is.took_ms);
        is.status = end.exit.map(Exit::status).or(is.status);
        is.adopted |= end.adopted;
        if let [Some(stdout), _] = end.streams {
            is.stdout_bytes = stdout.bytes;
        }
        if let [_, Some(stderr)] = end.streams {
            is.stderr_bytes = stderr.bytes;
        }
    }
}

/// The instance a record is about.
pub(crate) fn path_of(kind: &RecordKind) -> Option<&StepPath> {
    match kind {
        RecordKind::RunStopped { path }
        | RecordKind::StepIntended { path, .. }
        | RecordKind::StepSucceeded { path, .. }
        | RecordKind::StepFailed { path, .. }
        | RecordKind::StepNotStarted { path, .. }
        | RecordKind::StepCancelled { path, .. }
        | RecordKind::StepUnknown { path, .. }
        | RecordKind::StepReattached { path, .. }
        | RecordKind::StepSettled { path, .. }
        | RecordKind::StepRetryScheduled { path, .. }
        | RecordKind::StepSkipped { path, .. }
        | RecordKind::StepDoneByHand { path, .. }
        | RecordKind::StepCompleted { path }
        | RecordKind::StepWaiting { path, .. }
        | RecordKind::UndoStarted { path }
        | RecordKind::UndoFinished { path, .. }
        | RecordKind::GateOpened { path, .. }
        | RecordKind::GateSampled { path, .. }
        | RecordKind::GateHeld { path }
        | RecordKind::GateTimedOut { path, .. }
        | RecordKind::GateOverridden { path, .. }
        | RecordKind::ApprovalBegan { path }
        | RecordKind::BreakglassUsed { path, .. }
        | RecordKind::ApprovalGranted { path, .. }
        | RecordKind::ApprovalVoided { path, .. }
        | RecordKind::OutcomeLate { path, .. } => Some(path),
        RecordKind::AskOpened { ask, .. }
        | RecordKind::AskAnswered { ask, .. }
        | RecordKind::AskUnavailable { ask, .. }
        | RecordKind::AskWithdrawn { ask } => Some(&ask.path),
        _ => None,
    }
}
