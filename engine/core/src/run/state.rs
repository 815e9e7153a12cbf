//! The fold: what the records say about a run, and nothing else.
//!
//! `apply` evaluates no condition, template or pattern: their results are in the records. It is total: a record that
//! does not fit is an error with its name, never a panic, and the run then opens for reading only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::graph::{Graph, Role};
use super::input::{HostIdentity, LockHolder};
use super::task::{Stamp, Task, TaskIndex, TaskState};
use super::{
    Actor, AskId, AskKind, AskUnavailableReason, DrainReason, ExitCode, Hold, Record, RunningAtAbort, StartInfo, Word,
};
use crate::plan::{Action, HostIndex, StepIndex};

/// An ask that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Which.
    pub id: AskId,
    /// What kind.
    pub kind: AskKind,
    /// What is asked.
    /// Of a doubt it changes with what the host says next.
    pub question: String,
    /// What may be said.
    pub words: Vec<Word>,
    /// What must be typed to confirm, where something must.
    pub typed: Option<String>,
    /// The question whose answer the approver must know.
    pub fact: Option<String>,
    /// Since when.
    pub since: Stamp,
    /// Why it could not be put, if it could not.
    pub unavailable: Option<AskUnavailableReason>,
}

/// How far the run as a whole has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// No record yet.
    Empty,
    /// Hosts and preconditions are looked at.
    Checking,
    /// Steps may start.
    Started,
    /// Over.
    Finished,
}

/// Progress of a top-level step: of its units, which are instances, or batches of a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepProgress {
    pub(super) needs_left: u32,
    pub(super) units_left: u32,
}

/// Progress of a roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollProgress {
    /// The batch under way, from 0; the number of batches when all are done.
    pub current: u32,
    /// Its steps may start.
    pub open: bool,
    /// Hosts that failed and count.
    pub counted: BTreeSet<HostIndex>,
    /// Instances in trouble: nothing else in the roll starts beside one.
    pub troubles: u32,
    pub(super) hosts_left: Vec<u32>,
    pub(super) tasks_left: BTreeMap<HostIndex, u32>,
}

/// What is known of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostState {
    /// Who it was at the preflight.
    pub identity: Option<HostIdentity>,
    /// Why it cannot be used.
    pub refused: Option<String>,
    /// Why it is left out from here on.
    pub excluded: Option<String>,
    /// The other run that has it: nothing changes it from here.
    pub locked: Option<LockHolder>,
    /// The run that a person said may be taken over, until it is.
    pub take_over: Option<String>,
}

/// What people said at an `approve`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approval {
    /// Who agreed.
    pub by: Vec<Actor>,
    /// When enough had.
    pub granted: Option<Stamp>,
    /// The hash it is bound to.
    pub bound_to: Option<String>,
    /// The first effect it allows has been intended: its 15 minutes are over with.
    pub used: bool,
    /// Who broke the glass instead.
    pub broken: Option<Actor>,
}

/// The fold of a run's records.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) graph: Arc<Graph>,
    /// Every instance.
    pub(super) tasks: Vec<Task>,
    pub(super) steps: Vec<StepProgress>,
    pub(super) rolls: BTreeMap<StepIndex, RollProgress>,
    pub(super) hosts: Vec<HostState>,
    pub(super) asks: BTreeMap<AskId, Ask>,
    pub(super) ask_count: u32,
    pub(super) approvals: BTreeMap<StepIndex, Approval>,
    pub(super) phase: Phase,
    pub(super) info: Option<Box<StartInfo>>,
    pub(super) plan_hash: String,
    pub(super) starter: Option<Actor>,
    pub(super) pen: Option<Actor>,
    pub(super) epoch: u64,
    pub(super) held: Option<Hold>,
    pub(super) aborted: Option<RunningAtAbort>,
    pub(super) stopped: bool,
    /// The failed steps that stopped the run.
    pub(super) stopped_by: BTreeSet<TaskIndex>,
    pub(super) refused: bool,
    pub(super) draining: Option<DrainReason>,
    pub(super) drained: Option<ExitCode>,
    pub(super) finished: Option<ExitCode>,
    pub(super) exceptions: u32,
    pub(super) busy: u32,
    pub(super) preconditions_left: u32,
    pub(super) preconditions_failed: u32,
    /// Hosts that have not been met.
    pub(super) hosts_unmet: u32,
    pub(super) hosts_refused: u32,
    /// Instances whose undo is under way.
    pub(super) undoing: BTreeSet<TaskIndex>,
    pub(super) rechecking: bool,
    /// Gates that are looked at again after a gap, before anything starts.
    pub(super) again: BTreeSet<TaskIndex>,
    /// What may start as far as its own step is concerned, by top-level step; preconditions under `None`.
    pub(super) eligible: BTreeMap<Option<StepIndex>, BTreeSet<TaskIndex>>,
    /// What a person said shall go on, in turn or not.
    pub(super) granted: BTreeSet<TaskIndex>,
    pub(super) steps_left: u32,
    pub(super) last: Option<Stamp>,
    pub(super) seq: u64,
    pub(super) batch: u64,
}

impl State {
    /// The state of a run without records.
    #[must_use]
    pub fn new(graph: Arc<Graph>) -> Self {
        let plan = &graph.plan;
        let steps = plan
            .steps
            .iter()
            .enumerate()
            .map(|(i, step)| StepProgress {
                needs_left: u32::try_from(step.needs.len()).unwrap_or(u32::MAX),
                units_left: match &step.action {
                    Action::Roll(roll) => u32::try_from(roll.batches.len()).unwrap_or(u32::MAX),
                    _ => graph.of_step[i].end - graph.of_step[i].start,
                },
            })
            .collect();
        let mut rolls = BTreeMap::new();
        for (i, step) in plan.steps.iter().enumerate() {
            if let Action::Roll(roll) = &step.action {
                let inner = u32::try_from(roll.steps.len()).unwrap_or(u32::MAX);
                let progress = RollProgress {
                    current: 0,
                    open: false,
                    counted: BTreeSet::new(),
                    troubles: 0,
                    hosts_left: roll.batches.iter().map(|b| u32::try_from(b.len()).unwrap_or(u32::MAX)).collect(),
                    tasks_left: roll.batches.iter().flatten().map(|&h| (h, inner)).collect(),
                };
                rolls.insert(StepIndex(u32::try_from(i).unwrap_or(u32::MAX)), progress);
            }
        }
        Self {
            tasks: graph.nodes.iter().map(|_| Task::new()).collect(),
            steps,
            rolls,
            hosts: vec![HostState::default(); plan.hosts.len()],
            asks: BTreeMap::new(),
            ask_count: 0,
            approvals: BTreeMap::new(),
            phase: Phase::Empty,
            info: None,
            plan_hash: String::new(),
            starter: None,
            pen: None,
            epoch: 0,
            held: None,
            aborted: None,
            stopped: false,
            stopped_by: BTreeSet::new(),
            refused: false,
            draining: None,
            drained: None,
            finished: None,
            exceptions: 0,
            busy: 0,
            preconditions_left: graph.preconditions,
            preconditions_failed: 0,
            hosts_unmet: u32::try_from(plan.hosts.len()).unwrap_or(u32::MAX),
            hosts_refused: 0,
            undoing: BTreeSet::new(),
            rechecking: false,
            again: BTreeSet::new(),
            eligible: BTreeMap::new(),
            granted: BTreeSet::new(),
            steps_left: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
            last: None,
            seq: 0,
            batch: 0,
            graph,
        }
    }

    /// The instances and how they lie to each other.
    #[must_use]
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// One instance.
    #[must_use]
    pub fn task(&self, task: TaskIndex) -> &Task {
        &self.tasks[task.0 as usize]
    }

    pub(super) fn task_mut(&mut self, task: TaskIndex) -> &mut Task {
        &mut self.tasks[task.0 as usize]
    }

    /// The open asks, in order.
    pub fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.asks.values()
    }

    /// The open ask of an id.
    #[must_use]
    pub fn ask(&self, id: &AskId) -> Option<&Ask> {
        self.asks.get(id)
    }

    /// Whether an ask must be answered before the run can go on. One about a step whose host is still being asked may be
    /// answered, and is withdrawn when the host answers.
    #[must_use]
    pub fn is_pressing(&self, ask: &Ask) -> bool {
        let task = self.graph.find(&ask.id.path).map(|task| &self.task(task).state);
        !matches!(task, Some(TaskState::Unknown { doubt: super::Doubt::Target, .. }))
    }

    /// How far the run has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What the first record says.
    #[must_use]
    pub fn info(&self) -> Option<&StartInfo> {
        self.info.as_deref()
    }

    /// The plan's hash, as the first record has it.
    #[must_use]
    pub fn plan_hash(&self) -> &str {
        &self.plan_hash
    }

    /// Who started the run.
    #[must_use]
    pub fn starter(&self) -> Option<&Actor> {
        self.starter.as_ref()
    }

    /// Who drives: the starter, whoever resumed last, or whoever took it since. `None`: it was handed over, and nobody has
    /// taken it up.
    #[must_use]
    pub fn pen(&self) -> Option<&Actor> {
        self.pen.as_ref()
    }

    /// This engine's epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether a person holds the run.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Who holds the run, and since when, while it is held.
    #[must_use]
    pub fn hold(&self) -> Option<&Hold> {
        self.held.as_ref()
    }

    /// Whether a person ended the run, and how.
    #[must_use]
    pub fn aborted(&self) -> Option<RunningAtAbort> {
        self.aborted
    }

    /// Why the engine is about to end, if it is.
    #[must_use]
    pub fn draining(&self) -> Option<DrainReason> {
        self.draining
    }

    /// What the engine ended with, if the run can be resumed.
    #[must_use]
    pub fn drained(&self) -> Option<ExitCode> {
        self.drained
    }

    /// What the run ended with.
    #[must_use]
    pub fn finished(&self) -> Option<ExitCode> {
        self.finished
    }

    /// Whether a step said that nothing new starts (`on_failure: stop`, a refusal).
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether anything of the run can have begun: else what is refused ends it.
    pub(super) fn has_begun(&self) -> bool {
        self.phase == Phase::Started || self.rechecking
    }

    /// Whether the engine itself has something under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy > 0
    }

    /// What is known of a host.
    #[must_use]
    pub fn host(&self, host: HostIndex) -> &HostState {
        &self.hosts[host.0 as usize]
    }

    /// Progress of a roll.
    #[must_use]
    pub fn roll(&self, step: StepIndex) -> Option<&RollProgress> {
        self.rolls.get(&step)
    }

    /// The moment of the last record.
    #[must_use]
    pub fn last(&self) -> Option<&Stamp> {
        self.last.as_ref()
    }

    /// The number of the last record; 0 without any.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether something new may start as far as the whole run is concerned.
    pub(super) fn may_start(&self) -> bool {
        self.held.is_none()
            && self.aborted.is_none()
            && !self.stopped
            && self.draining.is_none()
            && self.drained.is_none()
            && self.finished.is_none()
    }

    /// What the run would end with now: the first that is true, from worst to best.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        let mut truths = BTreeSet::new();
        let mut truth = |code: ExitCode| {
            truths.insert(ExitCode::ORDER.iter().position(|c| *c == code));
        };
        for task in self.graph.tasks() {
            let is_precondition = task.0 < self.graph.preconditions;
            match &self.task(task).state {
                TaskState::Unknown { .. } => truth(ExitCode::UNKNOWN),
                TaskState::Stuck => truth(ExitCode::UNDO_FAILED),
                TaskState::Failed(_) if is_precondition => truth(ExitCode::PRECONDITION),
                TaskState::Failed(super::FailedReason::GateTimeout { .. }) => truth(ExitCode::GATE),
                TaskState::Failed(_) if self.graph.is_approve(task) && self.refused => {}
                TaskState::Failed(_) if matches!(self.graph.node(task).role, Role::Undo { .. }) => {}
                TaskState::Failed(_) => truth(ExitCode::FAILED),
                _ => {}
            }
        }
        for ask in self.asks.values() {
            match ask.unavailable {
                Some(AskUnavailableReason::AnswerDidNotFit) => truth(ExitCode::REFUSED),
                Some(_)
                    if matches!(
                        ask.kind,
                        AskKind::Pause | AskKind::Approve | AskKind::Manual | AskKind::Verify | AskKind::Lock
                    ) =>
                {
                    truth(ExitCode::ASK_UNAVAILABLE);
                }
                _ => {}
            }
        }
        if self.aborted.is_some() {
            truth(ExitCode::ABORTED);
        }
        if self.refused {
            truth(ExitCode::REFUSED);
        }
        if self.hosts_refused > 0 {
            truth(ExitCode::PRECONDITION);
        }
        if self.exceptions > 0 {
            truth(ExitCode::DONE_WITH_EXCEPTIONS);
        }
        match truths.first() {
            Some(Some(position)) => ExitCode::ORDER[*position],
            _ => ExitCode::DONE,
        }
    }

    /// Names the first part in which two folds of one plan differ. `None`: they are the same.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> Option<String> {
        let differ = |part: &str, is: &dyn std::fmt::Debug, was: &dyn std::fmt::Debug| {
            Some(format!("{part}: {is:?} here, {was:?} there"))
        };
        if let Some(task) = self.graph.tasks().find(|t| self.tasks[t.0 as usize] != other.tasks[t.0 as usize]) {
            return differ(&self.graph.path(task).to_string(), self.task(task), other.task(task));
        }
        macro_rules! compare {
            ($($part:ident)*) => {
                $(if self.$part != other.$part {
                    return differ(stringify!($part), &self.$part, &other.$part);
                })*
            };
        }
        compare!(steps rolls hosts asks ask_count approvals phase info plan_hash starter pen epoch held aborted stopped stopped_by);
        compare!(refused draining drained finished exceptions busy preconditions_left rechecking again eligible);
        compare!(preconditions_failed hosts_unmet hosts_refused undoing);
        compare!(granted steps_left last seq batch);
        None
    }

    pub(crate) fn stamp(record: &Record) -> Stamp {
        Stamp { wall: record.recorded, elapsed: record.elapsed, boot: record.boot.clone() }
    }

    /// The hosts a gate looks at now: its own, or what remains of its batch.
    #[must_use]
    pub fn gate_hosts(&self, task: TaskIndex) -> Vec<HostIndex> {
        let super::graph::Work::Gate(gate) = self.graph.work(task) else { return Vec::new() };
        let all: &[HostIndex] = match (&gate.hosts, self.graph.node(task).role) {
            (Some(hosts), _) => hosts,
            (None, Role::BatchGate { roll, batch }) => {
                self.graph.roll(roll).and_then(|r| r.batches.get(batch as usize)).map_or(&[], Vec::as_slice)
            }
            (None, _) => self.graph.step(task).map_or(&[], |s| s.hosts.as_slice()),
        };
        let inner = self.graph.node(task).host;
        let one: Vec<HostIndex> = inner.into_iter().collect();
        let all = if gate.hosts.is_none() && inner.is_some() { one.as_slice() } else { all };
        all.iter().copied().filter(|h| self.host(*h).excluded.is_none()).collect()
    }
}
