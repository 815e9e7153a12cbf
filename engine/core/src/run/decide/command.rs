//! What an operator may say at any time, and signals.

use crate::run::batch::Batch;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{
    Actor, CancelReport, Command, DrainReason, FailedReason, Purpose, RecordKind, Rejected, RunningAtAbort,
    UnknownReason,
};

/// From mild to hard; a harder abort replaces a milder one.
fn rank(running: RunningAtAbort) -> u8 {
    match running {
        RunningAtAbort::Wait => 0,
        RunningAtAbort::Kill => 1,
        RunningAtAbort::Leave => 2,
    }
}

impl Batch<'_> {
    pub(in crate::run) fn commanded(&mut self, actor: &Actor, command: Command) -> Result<(), Rejected> {
        self.state().may_command(actor, &command)?;
        let kind = match command {
            Command::Hold if self.state().is_held() => return Err(Rejected::AlreadyHeld),
            Command::Hold => RecordKind::RunHeld {},
            Command::Continue if !self.state().is_held() => return Err(Rejected::NotHeld),
            Command::Continue => RecordKind::RunContinued {},
            Command::Abort { running } => return self.abort(actor, running),
            Command::Note { text, at } => {
                self.at = at;
                RecordKind::NoteAdded { text }
            }
            Command::Decide { text } => RecordKind::DecisionMade { text },
            Command::Pen => RecordKind::PenTaken {},
        };
        self.emit(actor.clone(), kind);
        self.at = None;
        Ok(())
    }

    fn abort(&mut self, actor: &Actor, running: RunningAtAbort) -> Result<(), Rejected> {
        if self.state().aborted().is_some_and(|before| rank(before) >= rank(running)) {
            return Err(Rejected::AlreadyAborted);
        }
        self.emit(actor.clone(), RecordKind::RunAborted { running });
        let asks: Vec<_> = self.state().asks().map(|ask| ask.id.clone()).collect();
        for ask in asks {
            self.engine(RecordKind::AskWithdrawn { ask });
        }
        let open: Vec<TaskIndex> = self.run.inflight.commands.iter().map(|(task, ..)| *task).collect();
        for task in open {
            // Its command ended, and nobody will have looked whether it did what it should.
            if running == RunningAtAbort::Leave && matches!(self.state().task(task).state, TaskState::Verifying(_)) {
                self.leave_unverified(task);
            }
            if self.state().task(task).state != TaskState::Running {
                continue;
            }
            match running {
                RunningAtAbort::Wait => {}
                RunningAtAbort::Kill => self.cancel(task),
                RunningAtAbort::Leave if self.state().graph().effect(task).changes() => self.leave_running(task),
                // Nobody waits for what only reads; it dies with this engine's connections.
                RunningAtAbort::Leave => {
                    let path = self.state().graph().path(task).clone();
                    let attempt = self.state().task(task).attempt;
                    let (purpose, report) = (Purpose::Main, CancelReport::default());
                    self.engine(RecordKind::StepCancelled { path, purpose, attempt, report });
                }
            }
        }
        if running == RunningAtAbort::Leave {
            // What only reads is not waited for either; its outcome changes nothing any more.
            self.run.inflight.commands.clear();
            self.run.inflight.samples.clear();
            self.run.inflight.asked.clear();
            self.run.inflight.asking.clear();
            self.run.inflight.preflights.clear();
        }
        for task in self.give_up_retries("the run was aborted") {
            self.failed(task);
        }
        Ok(())
    }

    fn leave_unverified(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt;
        let reason =
            UnknownReason::VerifyUnanswered { why: "the run was aborted before its verify answered".to_owned() };
        self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: false });
    }

    /// What waits for its next automatic attempt has failed: there will be none.
    pub(in crate::run) fn give_up_retries(&mut self, why: &str) -> Vec<TaskIndex> {
        let graph = std::sync::Arc::clone(self.state().graph());
        let waiting = graph.tasks().filter(|task| self.state().task(*task).state == TaskState::Retrying);
        let waiting: Vec<TaskIndex> = waiting.collect();
        for task in &waiting {
            let path = graph.path(*task).clone();
            let attempt = self.state().task(*task).attempt;
            let failed = Some(FailedReason::NotTriedAgain { why: why.to_owned() });
            self.engine(RecordKind::StepSettled { path, attempt, failed, by: "the engine".to_owned() });
        }
        waiting
    }

    /// A hold of the engine's own, with its reason before it.
    pub(in crate::run) fn halted(&mut self, why: String) -> Result<(), Rejected> {
        // Said in any case: what runs waits for it as well.
        self.engine(RecordKind::NoteAdded { text: why });
        if !self.state().is_held() && self.state().aborted().is_none() {
            self.engine(RecordKind::RunHeld {});
        }
        Ok(())
    }

    pub(in crate::run) fn drain(&mut self, reason: DrainReason) -> Result<(), Rejected> {
        if self.state().draining() == Some(reason) {
            return Err(Rejected::AlreadyDraining);
        }
        self.engine(RecordKind::RunDraining { reason });
        Ok(())
    }
}
