//! Coming back: what is in doubt is asked, what was waiting waits on, what was seen before a long gap is looked at again.

use crate::plan::EffectClass;
use crate::run::batch::Batch;
use crate::run::graph::{Role, Work};
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{Actor, Phase, Purpose, RecordKind, UnknownReason};

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
        let rechecked = gap_ms >= STALE_MS && self.state().phase() == Phase::Started;
        let epoch = self.state().epoch() + 1;
        self.run.awaits_resumed = false;
        self.emit(actor, RecordKind::RunResumed { epoch, gap_ms, rebooted, rechecked });
        self.preflight_hosts();
        for task in self.state().graph().tasks() {
            self.take_up(task);
        }
    }

    fn take_up(&mut self, task: TaskIndex) {
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
            TaskState::Unknown { .. } if self.is_unreachable_gate(task) => {
                self.open_ask(task, crate::run::AskKind::GateTimeout);
            }
            TaskState::Unknown { reason, .. } => {
                self.withdraw_ask(task);
                match reason {
                    UnknownReason::VerifyUnanswered { .. } => self.intend(task, Purpose::Verify),
                    _ if effect == EffectClass::Read => self.intend(task, Purpose::Main),
                    reason => self.ask_target(task, reason),
                }
            }
            TaskState::Verifying(_) => self.intend(task, Purpose::Verify),
            TaskState::Previewing if matches!(self.state().graph().work(task), Work::Approve(_)) => {
                self.begin_approval(task);
            }
            TaskState::Previewing => self.intend(task, Purpose::Preview),
            TaskState::Retrying => self.rearm_retry(task),
            TaskState::Waiting => self.rearm_wait(task),
            TaskState::Gating => self.gate_again(task),
            TaskState::Asking if !has_ask => self.reopen_ask(task),
            TaskState::Asking => {
                self.count_approvals(task);
                if self.state().task(task).ask.is_some() && self.needs_another_person(task) {
                    self.still_unavailable(task);
                }
            }
            // The engine was gone between the failure and what follows from it.
            TaskState::Failed(_) if !has_ask => self.follow_up(task),
            TaskState::Undoing => self.next_undo(task),
            TaskState::Stuck if !has_ask => self.open_ask(task, crate::run::AskKind::Stuck),
            _ => {}
        }
    }

    fn still_unavailable(&mut self, task: TaskIndex) {
        if let Some(ask) = self.state().task(task).ask.clone() {
            self.make_unavailable(&ask, crate::run::AskUnavailableReason::NeedsAnotherPerson);
        }
    }

    fn follow_up(&mut self, task: TaskIndex) {
        match (self.state().graph().work(task), self.state().graph().node(task).role) {
            (Work::Gate(_), _) => self.open_ask(task, crate::run::AskKind::GateTimeout),
            // A precondition that did not hold is looked at again by a resumed run.
            (_, Role::Precondition(_)) => self.intend(task, Purpose::Main),
            (Work::Approve(_), _) if self.state().refused => {}
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
