//! What becomes of the run as a whole: planned, started, held, resumed, ended, and who drives it.

use crate::plan::{Plan, StepIndex, StepPath};
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{Actor, Hold, Phase, Record, RecordKind, State};

impl State {
    pub(super) fn apply_run(&mut self, record: &Record) -> Result<(), String> {
        match &record.kind {
            RecordKind::RunPlanned { format, semantics, plan_hash, info, .. } => {
                if (*format, *semantics) != (Plan::FORMAT, Plan::SEMANTICS) {
                    return Err(format!(
                        "plan format {format} with semantics {semantics} needs another Banister: this one runs format {} with semantics {}, the run was made by {}",
                        Plan::FORMAT,
                        Plan::SEMANTICS,
                        info.tool
                    ));
                }
                self.plan_hash.clone_from(plan_hash);
                self.info = Some(info.clone());
                self.starter = Some(record.actor.clone());
                self.pen = Some(record.actor.clone());
                self.epoch = 1;
                self.phase = Phase::Checking;
                self.open_preconditions();
            }
            RecordKind::RunResumed { epoch, rechecked, again, .. } => {
                self.epoch = *epoch;
                // No engine, nobody who drove: whoever brings the run back does.
                if matches!(record.actor, Actor::Person { .. }) {
                    self.pen = Some(record.actor.clone());
                }
                self.draining = None;
                self.drained = None;
                for ask in self.asks.values_mut() {
                    ask.unavailable = None;
                }
                for host in &mut self.hosts {
                    host.refused = None;
                    host.locked = None;
                }
                self.hosts_refused = 0;
                for task in self.graph.tasks() {
                    if self.task(task).state == TaskState::Gating {
                        self.task_mut(task).streak = 0;
                    }
                }
                if *rechecked {
                    self.recheck(again)?;
                }
            }
            RecordKind::RunStarted {} => {
                self.phase = Phase::Started;
                self.rechecking = false;
                self.again.clear();
                for step in 0..self.steps.len() {
                    let index = StepIndex(u32::try_from(step).unwrap_or(u32::MAX));
                    let is_open = self.rolls.get(&index).is_some_and(|r| r.open);
                    if self.steps[step].needs_left == 0 && self.steps[step].units_left > 0 && !is_open {
                        self.open_step(index);
                    }
                }
            }
            RecordKind::RunHeld {} => {
                self.held = Some(Hold { by: record.actor.clone(), since: Self::stamp(record) });
            }
            RecordKind::RunContinued {} => self.held = None,
            RecordKind::RunAborted { running } => self.aborted = Some(*running),
            RecordKind::RunStopped { path } => {
                let task = self.find(path)?;
                self.stopped = true;
                self.stopped_by.insert(task);
                if self.graph.is_approve(task) {
                    self.refused = true;
                }
            }
            RecordKind::RunDraining { reason } => self.draining = Some(*reason),
            RecordKind::RunDrained { exit } => self.drained = Some(*exit),
            RecordKind::RunFinished { exit } => {
                self.finished = Some(*exit);
                self.phase = Phase::Finished;
            }
            RecordKind::PenTaken {} => self.pen = Some(record.actor.clone()),
            _ => {}
        }
        Ok(())
    }

    fn open_preconditions(&mut self) {
        for task in (0..self.graph.preconditions).map(TaskIndex) {
            if self.task(task).state == TaskState::Todo {
                self.put_up(task);
            }
        }
    }

    /// After a gap what was seen before it is stale: preconditions and gates are looked at again, and nothing starts before
    /// they hold.
    fn recheck(&mut self, again: &[StepPath]) -> Result<(), String> {
        if self.phase == Phase::Started {
            self.phase = Phase::Checking;
            self.rechecking = true;
        }
        for task in (0..self.graph.preconditions).map(TaskIndex) {
            // A host that is left out may well be down: it is not looked at, and holds nothing up.
            let is_out = self.graph.node(task).host.is_some_and(|host| self.host(host).excluded.is_some());
            if self.task(task).state == TaskState::Succeeded && !is_out {
                self.task_mut(task).tries = 0;
                self.transition(task, TaskState::Todo);
            }
        }
        self.open_preconditions();
        for gate in again {
            let gate = self.find(gate)?;
            self.again.insert(gate);
            if self.task(gate).state == TaskState::Succeeded {
                self.transition(gate, TaskState::Todo);
            }
        }
        Ok(())
    }
}
