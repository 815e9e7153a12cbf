//! What may start now, and whether the run is over.

use std::collections::BTreeSet;

use crate::plan::StepIndex;
use crate::run::batch::Batch;
use crate::run::graph::{Role, Work};
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{AskKind, DrainReason, ExitCode, NotStartedReason, Phase, Purpose, RecordKind, SkipReason};

impl Batch<'_> {
    /// Starts everything that may start, then ends what is over. Touches only what an input made ready.
    pub(in crate::run) fn advance(&mut self) {
        self.check_started();
        while self.start_ready() {}
        self.check_end();
    }

    fn check_started(&mut self) {
        let state = self.state();
        let is_checked = state.phase() == Phase::Checking
            && self.run.inflight.preflights.is_empty()
            && state.hosts.iter().all(|h| h.identity.is_some() && h.refused.is_none())
            && state.preconditions_left == 0;
        if is_checked {
            self.engine(RecordKind::RunStarted {});
        }
    }

    fn may_start(&self) -> bool {
        let state = self.state();
        if state.may_start() {
            return true;
        }
        let only_held = state.aborted().is_none() && !state.stopped && state.draining().is_none();
        (state.is_held() && only_held && self.run.is_broken(Sabotage::HoldIgnored))
            || (state.aborted().is_some() && self.run.is_broken(Sabotage::AbortIgnored))
    }

    /// Starts what is up for starting; says whether anything changed.
    fn start_ready(&mut self) -> bool {
        if self.state().finished().is_some() || !self.may_start() {
            return false;
        }
        let before = self.records().len();
        let due = std::mem::take(&mut self.run.inflight.due);
        for task in due {
            if self.state().task(task).state == TaskState::Retrying {
                self.start_attempt(task);
            }
        }
        let granted = std::mem::take(&mut self.run.state.granted);
        for task in granted {
            if self.state().task(task).state == TaskState::Todo {
                if self.is_approved(task) { self.begin(task) } else { self.wait_for_approval(task) }
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

    /// What a person said shall go on waits for its approval in the ordinary queue.
    fn wait_for_approval(&mut self, task: TaskIndex) {
        self.run.state.put_up(task);
    }

    fn may_start_group(&self, group: Option<StepIndex>) -> bool {
        let state = self.state();
        match group {
            None => {
                state.phase() == Phase::Checking
                    && self.run.inflight.preflights.is_empty()
                    && state.hosts.iter().all(|h| h.refused.is_none())
            }
            Some(step) => {
                state.phase() == Phase::Started
                    && (state.steps[step.0 as usize].needs_left == 0 || self.run.is_broken(Sabotage::NeedsIgnored))
                    && state
                        .roll(step)
                        .is_none_or(|roll| roll.troubles == 0 || self.run.is_broken(Sabotage::TroubleIgnored))
            }
        }
    }

    fn start_group(&mut self, group: Option<StepIndex>) {
        let tasks: BTreeSet<TaskIndex> = self.run.state.eligible.remove(&group).unwrap_or_default();
        let mut later = BTreeSet::new();
        for task in tasks {
            if self.state().task(task).state != TaskState::Todo {
                continue;
            }
            // One of this round may have failed at once: nothing starts beside trouble.
            if !self.may_start_group(group) || !self.state().is_in_turn(task) || !self.is_approved(task) {
                if self.state().task(task).state == TaskState::Todo {
                    later.insert(task);
                }
                continue;
            }
            self.begin(task);
        }
        // What is not in turn is put up again by the record that brings its turn.
        later.retain(|task| self.state().is_in_turn(*task));
        if !later.is_empty() {
            self.run.state.eligible.entry(group).or_default().extend(later);
        }
    }

    /// Begins one instance.
    fn begin(&mut self, task: TaskIndex) {
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
            Role::Undo { .. } | Role::Precondition(_) | Role::BatchGate { .. } => None,
            Role::Top(_) | Role::Inner { .. } => self.state().graph().step(task).and_then(|s| s.when.clone()),
        };
        let Some(when) = when else { return true };
        let outputs = self.state().outputs_at(task, None);
        let scope = self.state().scope(&outputs, None, None);
        let path = self.state().graph().path(task).clone();
        match self.run.conditions.holds(&when, &scope) {
            Ok(true) => true,
            Ok(false) => {
                let reason = SkipReason::When { condition: when.0 };
                self.engine(RecordKind::StepSkipped { path, reason });
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

    fn check_end(&mut self) {
        let state = self.state();
        if state.finished().is_some() || state.drained().is_some() || !self.run.inflight.is_empty() {
            return;
        }
        let is_ending = state.aborted().is_some() || state.stopped;
        if is_ending {
            self.finish();
        } else if state.phase() == Phase::Checking && self.has_failed_check() {
            if state.rechecking { self.drained(ExitCode::PRECONDITION) } else { self.finish() }
        } else if state.steps_left == 0 && state.phase() == Phase::Started {
            self.finish();
        } else if let Some(reason) = state.draining() {
            let drained = match reason {
                DrainReason::Journal => ExitCode::JOURNAL_UNWRITABLE,
                DrainReason::Signal => ExitCode::DRAINED,
                // Where the ask itself does not say what is wrong.
                DrainReason::AskUnavailable if state.exit() == ExitCode::DONE => ExitCode::DRAINED,
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
        let is_settled = (0..state.graph().preconditions)
            .map(TaskIndex)
            .all(|t| matches!(state.task(t).state, TaskState::Failed(_) | TaskState::Succeeded | TaskState::Excluded));
        let failed = (0..state.graph().preconditions)
            .map(TaskIndex)
            .any(|t| matches!(state.task(t).state, TaskState::Failed(_)));
        state.hosts.iter().any(|h| h.refused.is_some()) || (is_settled && failed)
    }

    fn finish(&mut self) {
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
