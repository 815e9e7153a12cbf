//! Coming back: what is in doubt is asked, what was waiting waits on, what was seen before a long gap is looked at again.

use crate::plan::{EffectClass, GateTimeout};
use crate::run::batch::Batch;
use crate::run::graph::{Role, Work};
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{
    Actor, AskKind, CancelReport, FailedReason, Phase, Purpose, RecordKind, RunningAtAbort, UnknownReason,
};

/// After a gap this long, what was seen before it says nothing about now.
const STALE_MS: u64 = 5 * 60 * 1000;

impl Batch<'_> {
    pub(in crate::run) fn resumed(&mut self, actor: Actor) {
        let (gap_ms, rebooted) = match self.state().last() {
            Some(last) if last.boot == self.now.boot => {
                (self.now.elapsed.saturating_sub(last.elapsed) / 1_000_000, false)
            }
            Some(last) => {
                let gap = self.now.wall.signed_duration_since(last.wall).num_milliseconds();
                (u64::try_from(gap).unwrap_or(0), true)
            }
            None => (0, false),
        };
        let rechecked = gap_ms >= STALE_MS && matches!(self.state().phase(), Phase::Checking | Phase::Started);
        let epoch = self.state().epoch() + 1;
        self.run.awaits_resumed = false;
        let is_stale = rechecked && !self.run.is_broken(Sabotage::StaleGateTrusted);
        let gates = if is_stale { self.state().stale_gates() } else { Vec::new() };
        let again = gates.into_iter().map(|gate| self.state().graph().path(gate).clone()).collect();
        self.emit(actor, RecordKind::RunResumed { epoch, gap_ms, rebooted, rechecked, again });
        let locks: Vec<_> = self.state().asks().filter(|ask| ask.kind == AskKind::Lock).map(|a| a.id.clone()).collect();
        for ask in locks {
            // Who has a host is looked at anew.
            self.engine(RecordKind::AskWithdrawn { ask });
        }
        self.preflight_hosts();
        self.leave_out_approvals();
        for task in self.state().graph().tasks() {
            self.take_up(task);
        }
    }

    /// After an abort outcomes are still learned, and nothing else is begun.
    fn take_up_aborted(&mut self, task: TaskIndex, running: RunningAtAbort) {
        let changes = self.state().graph().effect(task).changes();
        match self.state().task(task).state.clone() {
            TaskState::Running if !changes => {
                // A reading command died with its connection.
                let path = self.state().graph().path(task).clone();
                let attempt = self.state().task(task).attempt;
                let (purpose, report) = (Purpose::Main, CancelReport::default());
                self.engine(RecordKind::StepCancelled { path, purpose, attempt, report });
            }
            TaskState::Running if running == RunningAtAbort::Leave => self.leave_running(task),
            TaskState::Running => {
                self.ask_target(task, UnknownReason::Lost { why: "the engine was gone".to_owned() });
            }
            TaskState::Unknown { reason: UnknownReason::VerifyUnanswered { .. }, .. } => {}
            TaskState::Unknown { reason, .. } if changes && running != RunningAtAbort::Leave => {
                self.ask_target(task, reason);
            }
            TaskState::Verifying(_) => self.intend(task, Purpose::Verify),
            // The abort is on record; what follows from it was lost.
            TaskState::Retrying => {
                self.give_up_retries("the run was aborted");
                self.failed(task);
            }
            _ => {}
        }
    }

    fn take_up(&mut self, task: TaskIndex) {
        if let Some(running) = self.state().aborted() {
            self.take_up_aborted(task, running);
            return;
        }
        // Begun by this very engine a moment ago, as the next step of an undo: asking about it would revoke it. What an
        // approval looks at meanwhile is another thing: the step itself may have run when the engine went.
        let is_previewed = !self.approvals_waiting_for(task).is_empty();
        let mut own = self.run.inflight.commands.range((task, Purpose::Main, 0)..=(task, Purpose::Sample, u32::MAX));
        if own.any(|(_, purpose, _)| !(is_previewed && *purpose == Purpose::Preview)) {
            return;
        }
        let is = self.state().task(task);
        let has_ask = is.ask.is_some();
        let effect = self.state().graph().effect(task);
        match is.state.clone() {
            TaskState::Running if effect == EffectClass::Read => self.intend(task, Purpose::Main),
            TaskState::Running if self.run.is_broken(Sabotage::ResumeRunsAgain) => self.intend(task, Purpose::Main),
            TaskState::Running => {
                self.withdraw_ask(task);
                self.ask_target(task, UnknownReason::Lost { why: "the engine was gone".to_owned() });
            }
            TaskState::Unknown { .. } if self.is_unreachable_gate(task) && has_ask => {}
            TaskState::Unknown { .. } if self.is_unreachable_gate(task) => self.follow_up_gate(task),
            TaskState::Unknown { reason, .. } => {
                self.withdraw_ask(task);
                match reason {
                    UnknownReason::VerifyUnanswered { .. } => self.intend(task, Purpose::Verify),
                    _ if effect == EffectClass::Read => self.intend(task, Purpose::Main),
                    reason => self.ask_target(task, reason),
                }
            }
            // The last start that never came is on record; what follows from it was lost.
            TaskState::Todo if is.lost_starts > 0 => {
                self.check_lost_starts(task);
                self.failed(task);
            }
            TaskState::Verifying(_) => self.intend(task, Purpose::Verify),
            TaskState::Previewing if matches!(self.state().graph().work(task), Work::Approve(_)) => {
                self.begin_approval(task);
            }
            TaskState::Previewing => self.intend(task, Purpose::Preview),
            TaskState::Retrying => self.rearm_retry(task),
            TaskState::Waiting => self.rearm_wait(task),
            TaskState::Gating => self.gate_again(task),
            // The refusal is on record; what follows from it was lost.
            TaskState::Asking if !has_ask && self.state().refused && self.state().graph().is_approve(task) => {
                let path = self.state().graph().path(task).clone();
                let failed = Some(FailedReason::SaidByPerson { reason: "refused".to_owned() });
                self.engine(RecordKind::StepSettled {
                    path: path.clone(),
                    attempt: 0,
                    failed,
                    by: "its refusal".to_owned(),
                });
                self.engine(RecordKind::RunStopped { path });
            }
            TaskState::Asking if !has_ask => self.reopen_ask(task),
            TaskState::Asking => self.count_approvals(task),
            // The engine was gone between the failure and what follows from it.
            TaskState::Failed(_) if !has_ask => self.follow_up(task),
            TaskState::Undoing => self.next_undo(task),
            TaskState::Stuck if !has_ask => self.open_ask(task, crate::run::AskKind::Stuck),
            _ => {}
        }
    }

    /// A gate's limit is on record, whether its hosts could be seen or not; what follows from it was lost.
    fn follow_up_gate(&mut self, task: TaskIndex) {
        let Work::Gate(gate) = self.state().graph().work(task) else { return };
        if gate.on_timeout != GateTimeout::Stop {
            self.open_ask(task, AskKind::GateTimeout);
        } else if !self.state().stopped {
            let path = self.state().graph().path(task).clone();
            self.engine(RecordKind::RunStopped { path });
        }
    }

    fn follow_up(&mut self, task: TaskIndex) {
        match (self.state().graph().work(task), self.state().graph().node(task).role) {
            (Work::Gate(_), _) => match &self.state().task(task).state {
                TaskState::Failed(FailedReason::GateTimeout { .. }) => self.follow_up_gate(task),
                _ => self.failed(task),
            },
            // A precondition that did not hold is looked at again by a resumed run.
            (_, Role::Precondition(_)) => self.intend(task, Purpose::Main),
            (Work::Approve(_), _) if self.state().refused => {
                if !self.state().stopped {
                    let path = self.state().graph().path(task).clone();
                    self.engine(RecordKind::RunStopped { path });
                }
            }
            (Work::Approve(_), _) => self.open_ask(task, crate::run::AskKind::Failure),
            (_, Role::Undo { of, .. }) if self.state().task(of).state != TaskState::Undoing => {}
            _ if self.state().stopped => {}
            _ => self.failed(task),
        }
    }

    /// What follows when an attempt is found running: nothing, it reports when it ends; a timed out one is asked about
    /// again when its timer fires.
    pub(in crate::run) fn after_reattach(&mut self, task: TaskIndex) {
        if self.state().aborted() == Some(crate::run::RunningAtAbort::Kill) {
            self.cancel(task);
        }
    }
}
