//! One record, one change of the [`State`]. What people are asked and say is in `apply/asks.rs`.

mod asks;

use super::task::{Stamp, TaskIndex, TaskState, VerifyAfter};
use super::{
    Actor, Doubt, FailedReason, NotStartedReason, Phase, Purpose, Record, RecordKind, ReplayError, State, UnknownReason,
};
use crate::plan::{Action, Plan, StepIndex, StepPath, Verify};

impl State {
    /// Folds one record in. A record out of order, or about something the plan does not hold, changes nothing.
    ///
    /// # Errors
    /// A [`ReplayError`] that names the record.
    pub fn apply(&mut self, record: &Record) -> Result<(), ReplayError> {
        if record.seq != self.seq + 1 {
            return Err(ReplayError::OutOfOrder { seq: record.seq, expected: self.seq + 1 });
        }
        let poison = |why: String| ReplayError::Poison { seq: record.seq, why };
        if (record.seq == 1) != matches!(record.kind, RecordKind::RunPlanned { .. }) {
            return Err(poison("`run.planned` is the first record, and only the first".to_owned()));
        }
        self.apply_kind(record).map_err(poison)?;
        self.seq = record.seq;
        self.batch = record.batch;
        self.last = Some(Self::stamp(record));
        Ok(())
    }

    fn find(&self, path: &StepPath) -> Result<TaskIndex, String> {
        self.graph.find(path).ok_or_else(|| format!("the plan has no step `{path}`"))
    }

    fn apply_kind(&mut self, record: &Record) -> Result<(), String> {
        let stamp = Self::stamp(record);
        match &record.kind {
            RecordKind::RunPlanned { .. }
            | RecordKind::RunResumed { .. }
            | RecordKind::HostPreflighted { .. }
            | RecordKind::HostRefused { .. }
            | RecordKind::LockRefused { .. }
            | RecordKind::LockTakenOver { .. }
            | RecordKind::RunStarted {}
            | RecordKind::RunHeld {}
            | RecordKind::RunContinued {}
            | RecordKind::RunAborted { .. }
            | RecordKind::RunStopped { .. }
            | RecordKind::RunDraining { .. }
            | RecordKind::RunDrained { .. }
            | RecordKind::RunFinished { .. }
            | RecordKind::PenTaken {} => self.apply_run(record),
            RecordKind::StepIntended { path, purpose, attempt, .. } => {
                self.apply_intended(self.find(path)?, *purpose, *attempt, stamp);
                Ok(())
            }
            RecordKind::StepSucceeded { path, purpose, took_ms, outputs, stdout, .. } => {
                let task = self.find(path)?;
                match purpose {
                    Purpose::Main => {
                        self.task_mut(task).heard = true;
                        self.task_mut(task).took_ms = Some(*took_ms);
                        self.task_mut(task).outputs.clone_from(outputs);
                        self.apply_success(task);
                    }
                    Purpose::Verify => match self.task(task).state {
                        // An unknown is settled by the record that follows.
                        TaskState::Unknown { .. } => {}
                        _ => self.transition(task, TaskState::Succeeded),
                    },
                    Purpose::Preview => {
                        self.task_mut(task).preview = Some(stdout.sha256.clone());
                        if self.task(task).state == TaskState::Previewing {
                            self.transition(task, TaskState::Todo);
                        }
                    }
                    Purpose::Sample => {}
                }
                Ok(())
            }
            RecordKind::StepFailed { path, purpose, took_ms, reason, .. } => {
                let task = self.find(path)?;
                self.apply_failed(task, *purpose, *took_ms, reason);
                Ok(())
            }
            RecordKind::StepNotStarted { path, reason, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).heard = true;
                if matches!(reason, NotStartedReason::Revoked {}) {
                    self.task_mut(task).lost_starts += 1;
                    self.transition(task, TaskState::Todo);
                } else {
                    self.task_mut(task).tries += 1;
                    self.transition(task, TaskState::Failed(FailedReason::NotStarted(reason.clone())));
                }
                Ok(())
            }
            RecordKind::StepCancelled { path, report, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).heard = true;
                self.task_mut(task).tries += 1;
                self.transition(task, TaskState::Failed(FailedReason::Cancelled(report.clone())));
                Ok(())
            }
            RecordKind::StepUnknown { path, reason, asking, .. } => {
                let doubt = if *asking { Doubt::Target } else { Doubt::Person };
                let task = self.find(path)?;
                if !self.graph.effect(task).changes() {
                    self.task_mut(task).tries += 1;
                }
                self.transition(task, TaskState::Unknown { reason: reason.clone(), doubt });
                self.renew_question(task);
                Ok(())
            }
            RecordKind::StepReattached { path, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).lost_starts = 0;
                self.transition(task, TaskState::Running);
                Ok(())
            }
            RecordKind::StepSettled { path, failed, .. } => {
                let task = self.find(path)?;
                match failed {
                    None => self.transition(task, TaskState::Succeeded),
                    Some(reason) => {
                        self.task_mut(task).tries += 1;
                        self.transition(task, TaskState::Failed(reason.clone()));
                    }
                }
                Ok(())
            }
            RecordKind::StepRetryScheduled { path, delay_ms, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).timer = Some((stamp, *delay_ms));
                self.transition(task, TaskState::Retrying);
                Ok(())
            }
            RecordKind::StepSkipped { path, reason } => {
                if let Some(roll) = self.graph.find_roll(path) {
                    // A roll whose own `when:` does not hold is left out whole.
                    for task in self.graph.of_step[roll.0 as usize].clone().map(TaskIndex) {
                        self.transition(task, TaskState::Skipped);
                    }
                    return Ok(());
                }
                let task = self.find(path)?;
                if matches!(reason, super::SkipReason::Person { .. }) {
                    self.exceptions += 1;
                }
                self.transition(task, TaskState::Skipped);
                Ok(())
            }
            RecordKind::StepDoneByHand { path, .. } => {
                let task = self.find(path)?;
                self.exceptions += 1;
                self.transition(task, TaskState::ByHand);
                Ok(())
            }
            RecordKind::StepCompleted { path } => {
                self.transition(self.find(path)?, TaskState::Succeeded);
                Ok(())
            }
            RecordKind::StepWaiting { path, ms } => {
                let task = self.find(path)?;
                self.task_mut(task).began = Some(stamp.clone());
                self.task_mut(task).timer = Some((stamp, *ms));
                self.transition(task, TaskState::Waiting);
                Ok(())
            }
            RecordKind::UndoStarted { path } => {
                let task = self.find(path)?;
                self.exceptions += 1;
                for undo in self.graph.undo_of(task).to_vec() {
                    // What is still under way, or in doubt, is waited for and not begun beside itself.
                    if matches!(self.task(undo).state, TaskState::Running | TaskState::Unknown { .. }) {
                        continue;
                    }
                    self.task_mut(undo).tries = 0;
                    self.task_mut(undo).lost_starts = 0;
                    self.transition(undo, TaskState::Todo);
                }
                self.undoing.insert(task);
                self.transition(task, TaskState::Undoing);
                Ok(())
            }
            RecordKind::UndoFinished { path, succeeded } => {
                let task = self.find(path)?;
                self.undoing.remove(&task);
                if *succeeded {
                    self.task_mut(task).undone = true;
                    let reason = FailedReason::SaidByPerson { reason: "undone".to_owned() };
                    self.transition(task, TaskState::Failed(reason));
                } else {
                    self.transition(task, TaskState::Stuck);
                }
                Ok(())
            }
            RecordKind::HostExcluded { host, reason, .. } => {
                let index = self.plan_host(host)?;
                if self.hosts[index].excluded.is_none() {
                    self.exceptions += 1;
                }
                self.hosts[index].excluded = Some(reason.clone());
                self.exclude_tasks(index);
                Ok(())
            }
            RecordKind::BudgetSpent { roll, host, .. } => self.budget(roll.as_str(), host, true),
            RecordKind::BudgetRefunded { roll, host, .. } => self.budget(roll.as_str(), host, false),
            RecordKind::GateOpened { path, .. }
            | RecordKind::GateSampled { path, .. }
            | RecordKind::GateHeld { path }
            | RecordKind::GateTimedOut { path, .. }
            | RecordKind::GateOverridden { path, .. } => {
                let task = self.find(path)?;
                self.apply_gate(task, record);
                Ok(())
            }
            RecordKind::AskOpened { .. }
            | RecordKind::AskAnswered { .. }
            | RecordKind::AskUnavailable { .. }
            | RecordKind::AskWithdrawn { .. } => self.apply_ask(record),
            RecordKind::ApprovalBegan { path }
            | RecordKind::BreakglassUsed { path, .. }
            | RecordKind::ApprovalGranted { path, .. }
            | RecordKind::ApprovalVoided { path, .. } => {
                let task = self.find(path)?;
                self.apply_approval(task, record);
                Ok(())
            }
            RecordKind::OutcomeLate { path, attempt, .. } => {
                let task = self.find(path)?;
                let is = self.task_mut(task);
                is.late |= *attempt == is.attempt;
                is.abandoned.retain(|abandoned| abandoned != attempt);
                Ok(())
            }
            RecordKind::NoteAdded { .. } | RecordKind::DecisionMade { .. } | RecordKind::TailRecovered { .. } => Ok(()),
        }
    }

    fn apply_run(&mut self, record: &Record) -> Result<(), String> {
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
            RecordKind::HostPreflighted { host, identity } => {
                let index = self.plan_host(host)?;
                self.hosts_unmet -= u32::from(self.hosts[index].identity.is_none());
                self.hosts[index].identity = Some(identity.clone());
                self.hosts[index].locked = None;
                self.hosts[index].take_over = None;
            }
            RecordKind::HostRefused { host, why } => {
                let index = self.plan_host(host)?;
                self.hosts_refused += u32::from(self.hosts[index].refused.is_none());
                self.hosts[index].refused = Some(why.clone());
            }
            RecordKind::LockRefused { host, by } => {
                let index = self.plan_host(host)?;
                self.hosts[index].locked = Some(by.clone());
                // Another one than was to be taken over: a person must say again.
                self.hosts[index].take_over = None;
            }
            RecordKind::LockTakenOver { host, from, .. } => {
                let index = self.plan_host(host)?;
                self.hosts[index].take_over = Some(from.run.clone());
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
            RecordKind::RunHeld {} => self.held = true,
            RecordKind::RunContinued {} => self.held = false,
            RecordKind::RunAborted { running } => self.aborted = Some(*running),
            RecordKind::RunStopped { path } => {
                let task = self.find(path)?;
                self.stopped = true;
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

    fn apply_intended(&mut self, task: TaskIndex, purpose: Purpose, attempt: u32, stamp: Stamp) {
        match purpose {
            Purpose::Main => {
                let timeout = self.graph.command(task).and_then(|c| c.timeout_ms);
                let changes = self.graph.effect(task).changes();
                let is = self.task_mut(task);
                if changes && is.attempt > 0 && !is.heard && !is.late && !is.abandoned.contains(&is.attempt) {
                    is.abandoned.push(is.attempt);
                }
                is.attempt = attempt;
                is.round = 1;
                is.took_ms = None;
                is.late = false;
                is.heard = false;
                is.undone = false;
                is.timer = timeout.map(|ms| (stamp.clone(), ms));
                is.began = Some(stamp);
                self.transition(task, TaskState::Running);
                if changes && let Some(top) = self.graph.top_of(task) {
                    for approve in self.graph.allowed_by[top.0 as usize].clone() {
                        self.approvals.entry(approve).or_default().used = true;
                    }
                }
            }
            Purpose::Preview => {
                self.task_mut(task).preview_attempt = attempt;
                // For an approval the destroy step itself stays where it is.
                let approving = self.graph.top_of(task).is_some_and(|top| {
                    self.graph.allowed_by[top.0 as usize]
                        .iter()
                        .any(|a| self.task(self.graph.single(*a)).state == TaskState::Previewing)
                });
                if !approving {
                    self.transition(task, TaskState::Previewing);
                }
            }
            Purpose::Verify => {
                self.task_mut(task).verify_attempt = attempt;
                let to = match &self.task(task).state {
                    TaskState::Unknown { reason, .. } => {
                        TaskState::Unknown { reason: reason.clone(), doubt: Doubt::Verify }
                    }
                    TaskState::Asking | TaskState::Failed(_) => TaskState::Verifying(VerifyAfter::Person),
                    TaskState::Verifying(after) => TaskState::Verifying(*after),
                    _ => TaskState::Verifying(VerifyAfter::Success),
                };
                self.transition(task, to);
            }
            Purpose::Sample => {}
        }
    }

    /// Its command ended well: its verify decides next, if it has one.
    fn apply_success(&mut self, task: TaskIndex) {
        let to = match self.graph.command(task).and_then(|c| c.verify.as_ref()) {
            None => TaskState::Succeeded,
            Some(Verify::Probe(_)) => TaskState::Verifying(VerifyAfter::Success),
            Some(Verify::Person) => TaskState::Asking,
        };
        self.transition(task, to);
    }

    fn apply_failed(&mut self, task: TaskIndex, purpose: Purpose, took_ms: Option<u64>, reason: &FailedReason) {
        match purpose {
            Purpose::Main => {
                let is = self.task_mut(task);
                is.heard = true;
                is.tries += 1;
                is.took_ms = took_ms.or(is.took_ms);
                self.transition(task, TaskState::Failed(reason.clone()));
            }
            Purpose::Verify => match self.task(task).state {
                TaskState::Unknown { .. } => {}
                _ if self.graph.is_manual(task) => self.transition(task, TaskState::Asking),
                _ => {
                    self.task_mut(task).tries += 1;
                    self.transition(task, TaskState::Failed(reason.clone()));
                }
            },
            Purpose::Preview => {
                if self.task(task).state == TaskState::Previewing {
                    self.task_mut(task).tries += 1;
                    self.transition(task, TaskState::Failed(reason.clone()));
                }
            }
            Purpose::Sample => {}
        }
    }

    fn plan_host(&self, host: &crate::runbook::HostName) -> Result<usize, String> {
        self.graph.find_host(host).map(|h| h.0 as usize).ok_or_else(|| format!("the plan has no host `{host}`"))
    }

    /// Leaves out what has not begun on a host, and what waits there for a person.
    fn exclude_tasks(&mut self, host: usize) {
        for task in self.graph.on_host[host].clone() {
            if matches!(
                self.graph.node(task).role,
                super::graph::Role::Undo { .. } | super::graph::Role::Precondition(_)
            ) {
                continue;
            }
            match self.task(task).state {
                TaskState::Todo
                | TaskState::Retrying
                | TaskState::Asking
                | TaskState::Failed(_)
                | TaskState::Previewing
                | TaskState::Gating
                | TaskState::Waiting => {
                    self.transition(task, TaskState::Excluded);
                }
                // Its own ask was just answered so. Another doubt on this host stays one: nobody said anything of it.
                TaskState::Unknown { doubt: Doubt::Person, .. } if self.task(task).ask.is_none() => {
                    self.transition(task, TaskState::Excluded);
                }
                _ => {}
            }
        }
    }

    fn budget(&mut self, roll: &str, host: &crate::runbook::HostName, spend: bool) -> Result<(), String> {
        let host = self.plan_host(host)?;
        let host = crate::plan::HostIndex(u32::try_from(host).unwrap_or(u32::MAX));
        let position =
            self.graph.plan.steps.iter().position(|s| s.id.as_str() == roll && matches!(s.action, Action::Roll(_)));
        let step = position.map(|p| StepIndex(u32::try_from(p).unwrap_or(u32::MAX)));
        let progress =
            step.and_then(|s| self.rolls.get_mut(&s)).ok_or_else(|| format!("the plan has no roll `{roll}`"))?;
        if spend {
            progress.counted.insert(host);
            for task in self.graph.on_host[host.0 as usize].clone() {
                let is_inner =
                    matches!(self.graph.node(task).role, super::graph::Role::Inner { roll, .. } if Some(roll) == step);
                if is_inner && matches!(self.task(task).state, TaskState::Failed(_)) {
                    self.task_mut(task).spent = true;
                }
            }
        } else {
            progress.counted.remove(&host);
        }
        Ok(())
    }

    fn apply_gate(&mut self, task: TaskIndex, record: &Record) {
        let stamp = Self::stamp(record);
        match &record.kind {
            RecordKind::GateOpened { .. } => {
                let ms = match self.graph.work(task) {
                    super::graph::Work::Gate(gate) => gate.timeout_ms,
                    _ => 0,
                };
                let is = self.task_mut(task);
                is.streak = 0;
                is.round = 1;
                is.reached = false;
                is.began = Some(stamp.clone());
                is.timer = Some((stamp, ms));
                self.transition(task, TaskState::Gating);
            }
            RecordKind::GateSampled { sample, streak, unreachable, .. } => {
                let is = self.task_mut(task);
                is.sample = *sample;
                is.streak = *streak;
                is.reached |= !unreachable;
            }
            RecordKind::GateHeld { .. } => {
                self.transition(task, TaskState::Succeeded);
            }
            RecordKind::GateTimedOut { last, unreachable, bad, .. } => {
                self.task_mut(task).bad_hosts.clone_from(bad);
                let to = if *unreachable {
                    TaskState::Unknown { reason: UnknownReason::Unanswered { why: last.clone() }, doubt: Doubt::Person }
                } else {
                    TaskState::Failed(FailedReason::GateTimeout { last: last.clone() })
                };
                self.transition(task, to);
            }
            RecordKind::GateOverridden { .. } => {
                self.exceptions += 1;
                self.transition(task, TaskState::Succeeded);
            }
            _ => {}
        }
    }
}
