//! [`Run`] and [`Batch`]: inputs in, records out, effects last.
//!
//! The order is kept by types: effects are private to a batch until [`Batch::commit`] has handed its records to the
//! journal. A batch that is dropped, or whose append fails, leaves a run that refuses everything: its state is ahead
//! of its journal. Drop it and resume from what can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::sabotage::Sabotage;
use super::task::TaskIndex;
use super::{
    Actor, Durability, Effect, Graph, Input, Journal, Now, Purpose, Record, RecordKind, Rejected, ReplayError, State,
};
use crate::plan::{Conditions, HostIndex, Plan};

/// One look of a gate that is under way. Lost with the engine, on purpose: a sample half taken before a crash says
/// nothing about now.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) number: u32,
    pub(super) waiting: BTreeSet<HostIndex>,
    pub(super) hosts: u32,
    pub(super) bad: Vec<(HostIndex, String)>,
    pub(super) unreachable: u32,
    pub(super) began: u64,
}

/// Asking a host about one attempt in doubt, again and again. Lost with the engine: another one begins anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    pub(super) attempt: u32,
    /// When this doubt was first asked about, and when it was last; nanoseconds of the boot clock.
    pub(super) since: u64,
    pub(super) last: u64,
    /// Questions so far.
    pub(super) round: u32,
    /// A timer is armed for the next.
    pub(super) waits: bool,
}

/// What this engine has sent out and not heard back from. Not part of the fold: another engine asks anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Inflight {
    pub(super) commands: BTreeSet<(TaskIndex, Purpose, u32)>,
    pub(super) asked: BTreeSet<TaskIndex>,
    /// Hosts that are asked until they answer, or for as long as that makes sense.
    pub(super) asking: BTreeMap<TaskIndex, Asking>,
    pub(super) preflights: BTreeSet<HostIndex>,
    pub(super) samples: BTreeMap<TaskIndex, Sample>,
    /// Previews an approval waits for.
    pub(super) approving: BTreeMap<TaskIndex, BTreeSet<TaskIndex>>,
    /// Automatic attempts whose time came while nothing could start.
    pub(super) due: BTreeSet<TaskIndex>,
    /// The last bad hosts of each gate.
    pub(super) last_bad: BTreeMap<TaskIndex, Vec<(HostIndex, String)>>,
}

impl Inflight {
    /// Waits no longer for commands of one instance. Looks at its own only: a roll may have thousands under way.
    pub(super) fn forget(&mut self, task: TaskIndex, is_over: impl Fn(Purpose) -> bool) {
        let own = (task, Purpose::Main, 0)..=(task, Purpose::Sample, u32::MAX);
        let over: Vec<_> = self.commands.range(own).filter(|(_, purpose, _)| is_over(*purpose)).copied().collect();
        for command in over {
            self.commands.remove(&command);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.asked.is_empty() && self.preflights.is_empty() && self.samples.is_empty()
    }
}

/// The state machine of one run. Does no I/O and reads no clock: time and outcomes are inputs.
#[derive(Debug)]
pub struct Run {
    pub(super) state: State,
    pub(super) plan: Arc<Plan>,
    pub(super) plan_hash: String,
    pub(super) conditions: Arc<Conditions>,
    pub(super) inflight: Inflight,
    pub(super) awaits_resumed: bool,
    pub(super) poisoned: bool,
    pub(super) sabotage: Option<Sabotage>,
}

impl Run {
    /// Makes a run from its plan, the plan's hash and its records; a start is a resume with none.
    ///
    /// # Errors
    /// The first record that does not fit, or a plan that is not the first record's.
    pub fn resume<'r>(
        plan: Arc<Plan>,
        plan_hash: &str,
        records: impl IntoIterator<Item = &'r Record>,
    ) -> Result<Self, ReplayError> {
        let graph = Arc::new(Graph::new(Arc::clone(&plan)));
        let mut state = State::new(graph);
        for record in records {
            if let RecordKind::RunPlanned { plan_hash: recorded, .. } = &record.kind
                && recorded != plan_hash
            {
                return Err(ReplayError::OtherPlan { plan: plan_hash.to_owned(), recorded: recorded.clone() });
            }
            state.apply(record)?;
        }
        Ok(Self {
            awaits_resumed: state.seq() > 0,
            state,
            plan,
            plan_hash: plan_hash.to_owned(),
            conditions: Arc::new(Conditions::new()),
            inflight: Inflight::default(),
            poisoned: false,
            sabotage: None,
        })
    }

    /// Opens a batch at a moment.
    #[must_use = "a batch does nothing before it is committed"]
    pub fn batch(&mut self, mut now: Now) -> Batch<'_> {
        // As the journal keeps it: a resumed run must not know finer times than the run that wrote them.
        now.wall = millis(now.wall);
        Batch { run: self, now, at: None, records: Vec::new(), effects: Vec::new(), must_sync: false, done: false }
    }

    /// What the committed records say. Between batches it is exactly the fold of the journal.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Breaks one rule on purpose, so that the simulator can show that it would notice.
    #[cfg(any(test, feature = "sabotage"))]
    pub fn sabotage(&mut self, rule: Sabotage) {
        self.sabotage = Some(rule);
    }

    /// What of this run is not in its records; a rejected input leaves it as it is.
    #[cfg(test)]
    pub(crate) fn fingerprint(&self) -> String {
        format!("{} {:?} {}", self.state.seq, self.inflight, self.awaits_resumed)
    }

    #[cfg(test)]
    pub(crate) fn is_awaiting_resumed(&self) -> bool {
        self.awaits_resumed
    }

    pub(super) fn is_broken(&self, rule: Sabotage) -> bool {
        cfg!(any(test, feature = "sabotage")) && self.sabotage == Some(rule)
    }
}

/// Any number of inputs that become durable together.
#[derive(Debug)]
#[must_use = "a batch does nothing before it is committed"]
pub struct Batch<'r> {
    pub(super) run: &'r mut Run,
    pub(super) now: Now,
    pub(super) at: Option<DateTime<Utc>>,
    records: Vec<Record>,
    effects: Vec<Effect>,
    must_sync: bool,
    done: bool,
}

impl Batch<'_> {
    /// Takes one input: checks it, writes down what follows from it, and what may now start.
    ///
    /// # Errors
    /// A [`Rejected`] with its name; a rejected input changes nothing.
    pub fn decide(&mut self, input: Input) -> Result<(), Rejected> {
        if self.run.poisoned {
            return Err(Rejected::Poisoned);
        }
        self.check_phase(&input)?;
        self.at = None;
        // A remark may come before `Resumed`; nothing may follow from it, this engine has no epoch yet.
        let is_early = self.run.awaits_resumed && !matches!(input, Input::Resumed { .. });
        match input {
            Input::Start { actor, info } => self.start(actor, info),
            Input::Resumed { actor } => self.resumed(actor),
            Input::Preflighted { host, result } => self.preflighted(&host, result)?,
            Input::Locked { host, by } => self.locked(&host, by)?,
            Input::Reported { key, report, at } => {
                self.at = at;
                self.reported(&key, report)?;
                self.at = None;
            }
            Input::TargetAnswered { key, answer } => self.target_answered(&key, answer)?,
            Input::TimerFired { timer } => self.timer_fired(&timer)?,
            Input::Answered { actor, answer } => self.answered(&actor, answer)?,
            Input::AskUnavailable { ask, reason } => self.ask_unavailable(&ask, reason)?,
            Input::Commanded { actor, command } => self.commanded(&actor, command)?,
            Input::Halted { why } => self.halted(why)?,
            Input::Drain { reason } => self.drain(reason)?,
        }
        if !is_early {
            self.advance();
        }
        Ok(())
    }

    /// Hands the records to the journal, and only then the effects to the caller.
    ///
    /// # Errors
    /// The journal's own. The run is poisoned then: drop it and resume from what can be read.
    pub fn commit<J: Journal>(mut self, journal: &mut J) -> Result<Vec<Effect>, J::Error> {
        self.done = true;
        if self.records.is_empty() {
            return Ok(std::mem::take(&mut self.effects));
        }
        let durability = if self.must_sync { Durability::Synced } else { Durability::Written };
        match journal.append(&self.records, durability) {
            Ok(()) => Ok(std::mem::take(&mut self.effects)),
            Err(_) if self.run.is_broken(Sabotage::EffectsBeforeCommit) => Ok(std::mem::take(&mut self.effects)),
            Err(error) => {
                self.run.poisoned = true;
                Err(error)
            }
        }
    }

    /// The records of this batch so far.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    fn check_phase(&self, input: &Input) -> Result<(), Rejected> {
        let state = &self.run.state;
        match (state.seq(), input) {
            (0, Input::Start { .. }) => return Ok(()),
            (0, _) => return Err(Rejected::NotYetStarted),
            (_, Input::Start { .. }) => return Err(Rejected::AlreadyStarted),
            _ => {}
        }
        let is_remark = matches!(
            input,
            Input::Commanded { command: super::Command::Note { .. } | super::Command::Decide { .. }, .. }
        );
        if state.finished().is_some() && !is_remark {
            return Err(Rejected::RunOver);
        }
        match (self.run.awaits_resumed, input) {
            (true, Input::Resumed { .. }) => Ok(()),
            (true, _) if !is_remark => Err(Rejected::NotResumed),
            (false, Input::Resumed { .. }) => Err(Rejected::AlreadyStarted),
            (false, _) if state.drained().is_some() && !is_remark => Err(Rejected::Drained),
            _ => Ok(()),
        }
    }

    pub(super) fn state(&self) -> &State {
        &self.run.state
    }

    /// Writes one record down and folds it in.
    pub(super) fn emit(&mut self, actor: Actor, kind: RecordKind) {
        let state = &self.run.state;
        // A batch's number: one more than the last committed record's, the same for all of its records.
        let batch = self.records.first().map_or(state.batch + 1, |first| first.batch);
        self.must_sync |= needs_sync(self.run, &kind);
        let record = Record {
            v: 1,
            seq: state.seq + 1,
            batch,
            at: self.at.map_or(self.now.wall, millis),
            recorded: self.now.wall,
            boot: self.now.boot.clone(),
            elapsed: self.now.elapsed,
            actor,
            kind,
        };
        if self.run.state.apply(&record).is_err() {
            // A record of our own that does not fit is a fault of ours: stop here rather than write it down.
            debug_assert!(false, "{record:?} does not fit");
            self.run.poisoned = true;
            return;
        }
        self.records.push(record);
    }

    pub(super) fn engine(&mut self, kind: RecordKind) {
        self.emit(Actor::Engine {}, kind);
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if !self.done && !self.records.is_empty() {
            self.run.poisoned = true;
        }
    }
}

fn millis(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

/// Whether a record must be on the disk before anything follows from it: an intent that changes something, what a
/// person said, and the ends. The rest is written, and synced with the next that must.
fn needs_sync(run: &Run, kind: &RecordKind) -> bool {
    match kind {
        RecordKind::StepIntended { path, purpose, .. } => {
            *purpose == Purpose::Main
                && !run.is_broken(Sabotage::IntentNotSynced)
                && run.state.graph().find(path).is_some_and(|task| run.state.graph().effect(task).changes())
        }
        RecordKind::RunPlanned { .. }
        | RecordKind::RunResumed { .. }
        | RecordKind::RunHeld {}
        | RecordKind::RunContinued {}
        | RecordKind::RunAborted { .. }
        | RecordKind::RunStopped { .. }
        | RecordKind::RunDrained { .. }
        | RecordKind::RunFinished { .. }
        | RecordKind::AskAnswered { .. }
        | RecordKind::LockTakenOver { .. }
        | RecordKind::ApprovalGranted { .. }
        | RecordKind::BreakglassUsed { .. }
        | RecordKind::UndoStarted { .. }
        | RecordKind::NoteAdded { .. }
        | RecordKind::DecisionMade { .. }
        | RecordKind::PenTaken {} => true,
        _ => false,
    }
}
