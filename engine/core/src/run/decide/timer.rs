//! Timers: what is due, and how long it still takes after the engine was gone.

use crate::plan::OnTimeout;
use crate::run::batch::Batch;
use crate::run::task::{Doubt, Stamp, TaskIndex, TaskState};
use crate::run::{AskKind, Effect, Purpose, RecordKind, Rejected, Timer};

impl Batch<'_> {
    pub(in crate::run) fn timer_fired(&mut self, timer: &Timer) -> Result<(), Rejected> {
        let path = match timer {
            Timer::Retry { path, .. }
            | Timer::Timeout { path, .. }
            | Timer::Sample { path, .. }
            | Timer::Gate { path, .. }
            | Timer::Wait { path }
            | Timer::AskTarget { path, .. } => path,
        };
        let task = self.state().graph().find(path).ok_or_else(|| Rejected::UnknownStep(path.to_string()))?;
        let is = self.state().task(task);
        match (timer, &is.state) {
            (Timer::Retry { attempt, .. }, TaskState::Retrying) if *attempt == is.attempt + 1 => self.retry_due(task),
            (Timer::Timeout { attempt, round, .. }, TaskState::Running)
                if *attempt == is.attempt
                    && *round == is.round
                    && is.ask.is_none()
                    && self.state().graph().effect(task).changes() =>
            {
                self.timed_out(task);
            }
            (Timer::Sample { sample, .. }, TaskState::Gating)
                if *sample == is.sample + 1 && !self.run.inflight.samples.contains_key(&task) =>
            {
                if self.state().draining().is_some() || self.state().stopped || self.state().aborted().is_some() {
                    return Err(Rejected::StaleTimer);
                }
                self.take_sample(task);
            }
            (Timer::Gate { round, .. }, TaskState::Gating) if *round == is.round => self.gate_timed_out(task),
            (Timer::AskTarget { attempt, round, .. }, TaskState::Unknown { doubt: Doubt::Target, .. })
                if self.awaits_question(task, *attempt, *round) =>
            {
                self.ask_once_more(task);
            }
            (Timer::Wait { .. }, TaskState::Waiting) => {
                let path = path.clone();
                self.engine(RecordKind::StepCompleted { path });
            }
            _ => return Err(Rejected::StaleTimer),
        }
        Ok(())
    }

    /// The next automatic attempt: begun by `advance`, at once or as soon as the run lets it.
    fn retry_due(&mut self, task: TaskIndex) {
        self.run.inflight.due.insert(task);
    }

    fn timed_out(&mut self, task: TaskIndex) {
        let Some(command) = self.state().graph().command(task) else { return };
        match command.on_timeout {
            OnTimeout::Kill => self.cancel(task),
            OnTimeout::Ask if self.state().aborted().is_some() || self.state().task(task).ask.is_some() => {}
            OnTimeout::Ask => self.open_ask(task, AskKind::Timeout),
        }
    }

    /// Nanoseconds until a period that began at a stamp is over: by the boot clock, across a reboot by the wall clock.
    fn left(&self, since: &Stamp, ms: u64) -> u64 {
        let passed = if since.boot == self.now.boot {
            self.now.elapsed.saturating_sub(since.elapsed)
        } else {
            let passed = self.now.wall.signed_duration_since(since.wall).num_milliseconds();
            u64::try_from(passed).unwrap_or(0).saturating_mul(1_000_000)
        };
        ms.saturating_mul(1_000_000).saturating_sub(passed)
    }

    fn rearm(&mut self, task: TaskIndex, timer: Timer) {
        if let Some((since, ms)) = self.state().task(task).timer.clone() {
            let after_ns = self.left(&since, ms);
            self.effect(Effect::ArmTimer { timer, after_ns });
        }
    }

    pub(in crate::run) fn rearm_timeout(&mut self, task: TaskIndex) {
        let is = self.state().task(task);
        let path = self.state().graph().path(task).clone();
        let timer = Timer::Timeout { path, attempt: is.attempt, round: is.round };
        if self.state().graph().effect(task).changes() {
            self.rearm(task, timer);
        }
    }

    pub(in crate::run) fn rearm_retry(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt + 1;
        self.rearm(task, Timer::Retry { path, attempt });
    }

    pub(in crate::run) fn rearm_wait(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        self.rearm(task, Timer::Wait { path });
    }

    pub(in crate::run) fn rearm_gate(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        let round = self.state().task(task).round;
        self.rearm(task, Timer::Gate { path, round });
    }

    /// Starts an instance's next attempt: a destroy step looks once more before it does.
    pub(in crate::run) fn start_attempt(&mut self, task: TaskIndex) {
        let has_preview = self.state().graph().command(task).is_some_and(|c| c.preview.is_some());
        self.intend(task, if has_preview { Purpose::Preview } else { Purpose::Main });
    }
}
