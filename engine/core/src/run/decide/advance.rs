//! What may start now, and whether the run is over.

use crate::plan::{StepIndex, StepPath};
use crate::run::batch::Batch;
use crate::run::graph::{Role, Work};
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{AskKind, DrainReason, ExitCode, NotStartedReason, Phase, Purpose, RecordKind, SkipReason};

impl Batch<'_> {
    /// Starts everything that may start, then ends what is over. Touches only what an input made ready.
    pub(in crate::run) fn advance(&mut self) {
        self.check_started();
        self.start_wrongly();
        loop {
            self.leave_out_approvals();
            if !self.start_ready() {
                break;
            }
            // A gate that is looked at again after a gap may be left out at once, with its hosts: then nothing is awaited.
            self.check_started();
        }
        self.check_end();
    }

    fn check_started(&mut self) {
        let state = self.state();
        let may_start = state.aborted().is_none() && !state.stopped;
        let is_checked = may_start
            && state.phase() == Phase::Checking
            && !self.is_meeting()
            && state.hosts_unmet == 0
            && state.hosts_refused == 0
            && state.preconditions_left == 0
            && state.is_fresh()
            // A host that this run had before it began may be another's by now: somebody is asked, who may still refuse.
            && (state.has_begun() || state.hosts.iter().all(|host| host.locked.is_none()));
        if is_checked {
            self.engine(RecordKind::RunStarted {});
        }
    }

    /// Whether the run as a whole lets anything new start.
    pub(in crate::run) fn may_start(&self) -> bool {
        let state = self.state();
        if state.may_start() {
            return true;
        }
        let only_held = state.aborted().is_none() && !state.stopped && state.draining().is_none();
        (state.is_held() && only_held && self.run.is_broken(Sabotage::HoldIgnored))
            || (state.aborted().is_some() && self.run.is_broken(Sabotage::AbortIgnored))
    }

    /// Whether the run lets one instance make an attempt now.
    pub(in crate::run) fn may_attempt(&self, task: TaskIndex) -> bool {
        let state = self.state();
        if !self.has_host(task) {
            return false;
        }
        match state.graph().node(task).role {
            Role::Precondition(_) => self.may_start() && state.phase() == Phase::Checking,
            Role::Undo { of, .. } => self.may_undo() && state.task(of).state == TaskState::Undoing,
            Role::Top(step) | Role::Inner { roll: step, .. } | Role::BatchGate { roll: step, .. } => {
                let is_beside_trouble = state.roll(step).is_some_and(|roll| roll.troubles > 0);
                // An approval it needs may have been voided since it failed: a person's `retry` waits for the next one.
                let has_needs = state.steps[step.0 as usize].needs_left == 0;
                has_needs
                    && self.may_start()
                    && state.phase() == Phase::Started
                    && (state.task(task).granted || !is_beside_trouble)
            }
        }
    }

    /// Starts what is up for starting; says whether anything changed.
    fn start_ready(&mut self) -> bool {
        if self.state().finished().is_some() || self.state().drained().is_some() {
            return false;
        }
        let before = self.records().len();
        let undoing: Vec<TaskIndex> = self.state().undoing.iter().copied().collect();
        for of in undoing {
            self.next_undo(of);
        }
        let due: Vec<TaskIndex> = self.run.inflight.due.iter().copied().collect();
        for task in due {
            if self.state().task(task).state != TaskState::Retrying {
                self.run.inflight.due.remove(&task);
            } else if self.may_attempt(task) {
                self.run.inflight.due.remove(&task);
                self.start_attempt(task);
            }
        }
        if !self.may_start() {
            return self.records().len() > before;
        }
        // After a gap the gates come before everything that waits behind them, and behind other gates as well.
        let stale: Vec<TaskIndex> = match self.state().phase() {
            Phase::Checking if !self.is_meeting() => self.state().again.iter().copied().collect(),
            _ => Vec::new(),
        };
        for gate in stale {
            if self.may_start() && self.state().task(gate).state == TaskState::Todo {
                self.begin(gate);
            }
        }
        let granted: Vec<TaskIndex> = self.state().granted.iter().copied().collect();
        for task in granted {
            if self.state().task(task).state == TaskState::Todo && self.may_attempt(task) && self.is_approved(task) {
                self.begin(task);
            }
        }
        let groups: Vec<Option<StepIndex>> = self.state().eligible.keys().copied().collect();
        for group in groups {
            if self.may_start_group(group) {
                self.start_group(group);
            }
        }
        self.records().len() > before
    }

    fn may_start_group(&self, group: Option<StepIndex>) -> bool {
        let state = self.state();
        match group {
            None => state.phase() == Phase::Checking && !self.is_meeting() && state.hosts_refused == 0,
            Some(step) => {
                state.phase() == Phase::Started
                    && state.steps[step.0 as usize].needs_left == 0
                    && state
                        .roll(step)
                        .is_none_or(|roll| roll.troubles == 0 || self.run.is_broken(Sabotage::TroubleIgnored))
            }
        }
    }

    fn start_group(&mut self, group: Option<StepIndex>) {
        let tasks: Vec<TaskIndex> = self.state().eligible.get(&group).into_iter().flatten().copied().collect();
        for task in tasks {
            // One of this round may have failed at once: nothing starts beside trouble, or in a run that it stopped.
            let may_begin = self.may_start()
                && self.state().task(task).state == TaskState::Todo
                && self.may_start_group(group)
                && self.state().is_in_turn(task)
                && self.has_host(task)
                && self.is_approved(task);
            if may_begin {
                self.begin(task);
            }
        }
    }

    /// Begins one instance.
    pub(in crate::run) fn begin(&mut self, task: TaskIndex) {
        if !self.should_run(task) {
            return;
        }
        let path = self.state().graph().path(task).clone();
        enum Next {
            Attempt,
            Gate,
            Ask(AskKind),
            Approve,
            Wait(u64),
            Note(crate::plan::Template),
        }
        let next = match self.state().graph().work(task) {
            Work::Probe(_) | Work::Command(_) => Next::Attempt,
            Work::Gate(_) => Next::Gate,
            Work::Pause(_) => Next::Ask(AskKind::Pause),
            Work::Manual(_) => Next::Ask(AskKind::Manual),
            Work::Approve(_) => Next::Approve,
            Work::Wait(ms) => Next::Wait(ms),
            Work::Note(text) => Next::Note(text.clone()),
        };
        match next {
            Next::Attempt => self.start_attempt(task),
            Next::Gate => self.open_gate(task),
            Next::Ask(kind) => self.open_ask(task, kind),
            Next::Approve => self.begin_approval(task),
            Next::Wait(ms) => {
                self.engine(RecordKind::StepWaiting { path, ms });
                self.rearm_wait(task);
            }
            Next::Note(text) => {
                let text = self.state().words(task, &text);
                self.engine(RecordKind::NoteAdded { text });
                self.engine(RecordKind::StepCompleted { path });
            }
        }
    }

    /// Whether an instance's `when:` holds; one that does not is left out, one that cannot be evaluated failed.
    fn should_run(&mut self, task: TaskIndex) -> bool {
        if self.state().task(task).attempt > 0 {
            return true;
        }
        let when = match self.state().graph().node(task).role {
            Role::Precondition(_) | Role::BatchGate { .. } => None,
            Role::Top(_) | Role::Inner { .. } | Role::Undo { .. } => {
                self.state().graph().step(task).and_then(|s| s.when.clone())
            }
        };
        if !self.roll_should_run(task) {
            return false;
        }
        let Some(when) = when else { return true };
        let outputs = self.state().outputs_at(task, None);
        let scope = self.state().scope(&outputs, None, None);
        let path = self.state().graph().path(task).clone();
        match self.run.conditions.holds(&when, &scope) {
            Ok(true) => true,
            Ok(false) => {
                let reason = SkipReason::When { condition: when.0 };
                self.engine(RecordKind::StepSkipped { path, reason });
                self.satisfied(task);
                false
            }
            Err(error) => {
                let why = format!("`{}` could not be evaluated: {error}", when.0);
                let reason = NotStartedReason::Incomplete { why };
                self.engine(RecordKind::StepNotStarted { path, purpose: Purpose::Main, attempt: 0, reason });
                self.failed(task);
                false
            }
        }
    }

    /// Whether the `when:` of a roll holds; asked once, before the first of its instances begins.
    fn roll_should_run(&mut self, task: TaskIndex) -> bool {
        let Role::Inner { roll, .. } = self.state().graph().node(task).role else { return true };
        let Some(when) = self.state().graph().top(roll).when.clone() else { return true };
        let of_roll = self.state().graph().of_step[roll.0 as usize].clone();
        if !of_roll.map(TaskIndex).all(|t| self.state().task(t).state == TaskState::Todo) {
            return true;
        }
        let outputs = self.state().outputs_at(task, None);
        let scope = self.state().scope(&outputs, None, None);
        match self.run.conditions.holds(&when, &scope) {
            Ok(true) => true,
            Ok(false) => {
                let path = StepPath::step(self.state().graph().top(roll).id.clone());
                self.engine(RecordKind::StepSkipped { path, reason: SkipReason::When { condition: when.0 } });
                false
            }
            Err(error) => {
                let path = self.state().graph().path(task).clone();
                let why = format!("`{}` of the roll could not be evaluated: {error}", when.0);
                let reason = NotStartedReason::Incomplete { why };
                self.engine(RecordKind::StepNotStarted { path, purpose: Purpose::Main, attempt: 0, reason });
                // The roll itself has no host that could be left out: a person is asked.
                self.open_ask(task, AskKind::Failure);
                false
            }
        }
    }

    fn check_end(&mut self) {
        let state = self.state();
        if state.finished().is_some() || state.drained().is_some() || !self.run.inflight.is_empty() {
            return;
        }
        let is_ending = state.aborted().is_some() || (state.stopped && !self.has_undo_left());
        if is_ending {
            if state.draining().is_some() || !self.will_ask_again() {
                self.finish();
            }
        } else if state.phase() == Phase::Checking && self.has_failed_check() {
            let exit = state.exit();
            if state.rechecking { self.drained(exit) } else { self.finish() }
        } else if state.steps_left == 0 && state.phase() == Phase::Started {
            self.finish();
        } else if let Some(reason) = state.draining() {
            let drained = match reason {
                DrainReason::Journal => ExitCode::JOURNAL_UNWRITABLE,
                DrainReason::Signal => ExitCode::DRAINED,
                // Where the ask itself does not say what is wrong.
                DrainReason::AskUnavailable
                    if matches!(state.exit(), ExitCode::DONE | ExitCode::DONE_WITH_EXCEPTIONS) =>
                {
                    ExitCode::DRAINED
                }
                DrainReason::AskUnavailable => ExitCode::DONE,
            };
            self.drained(state.exit().worst(drained));
        } else if state.busy == 0 && state.asks().next().is_none() && !state.is_held() {
            // Nothing runs, nothing waits, nobody is asked: what is left can never be reached.
            let exit = state.exit();
            let exit = if exit == ExitCode::DONE { ExitCode::BUG } else { exit };
            self.engine(RecordKind::RunFinished { exit });
        }
    }

    fn has_failed_check(&self) -> bool {
        let state = self.state();
        let is_settled = state.preconditions_left == state.preconditions_failed;
        state.hosts_refused > 0 || (is_settled && state.preconditions_failed > 0)
    }

    /// Whether an undo is not over and can go on by itself: a stopped run waits for it.
    fn has_undo_left(&self) -> bool {
        let state = self.state();
        let undos = state.undoing.iter().flat_map(|of| state.graph().undo_of(*of));
        undos.clone().any(|t| matches!(state.task(*t).state, TaskState::Todo | TaskState::Retrying))
            && !undos.clone().any(|t| matches!(state.task(*t).state, TaskState::Unknown { .. }))
    }

    fn finish(&mut self) {
        self.give_up_retries("the run is over");
        let asks: Vec<_> = self.state().asks().map(|ask| ask.id.clone()).collect();
        for ask in asks {
            self.engine(RecordKind::AskWithdrawn { ask });
        }
        let exit = self.state().exit();
        self.engine(RecordKind::RunFinished { exit });
    }

    fn drained(&mut self, exit: ExitCode) {
        if self.state().draining().is_none() {
            self.engine(RecordKind::RunDraining { reason: DrainReason::AskUnavailable });
        }
        self.engine(RecordKind::RunDrained { exit });
    }
}
