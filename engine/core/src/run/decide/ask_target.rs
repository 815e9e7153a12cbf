//! Asking a host what became of an attempt: at once, again as long as it does not answer, and then a person.
//!
//! Only silence is asked about again. A host that answered that it does not know, or that is not the one that was met,
//! says the same a minute later.

use crate::run::batch::{Asking, Batch};
use crate::run::sabotage::Sabotage;
use crate::run::task::{Doubt, TaskIndex, TaskState};
use crate::run::{
    Effect, EffectKey, ExecuteRequest, Purpose, RecordKind, Rejected, Report, RunningAtAbort, TargetAnswer, Timer,
    UnknownReason,
};

/// Milliseconds from an unanswered question to the next; the last repeats.
const AGAIN_MS: [u64; 5] = [2_000, 5_000, 10_000, 20_000, 30_000];

/// Milliseconds for which one doubt is asked about. A link that is cut is mostly back by then; of a longer silence
/// people know more than timers.
const ASK_FOR_MS: u64 = 180_000;

const MS: u64 = 1_000_000;

impl Asking {
    /// When the next question is due.
    fn due(&self) -> u64 {
        let step = usize::try_from(self.round.saturating_sub(1)).unwrap_or(usize::MAX).min(AGAIN_MS.len() - 1);
        self.last.saturating_add(AGAIN_MS[step] * MS)
    }
}

impl Batch<'_> {
    /// Asks the host what became of an attempt; the answer is `Input::TargetAnswered`.
    pub(in crate::run) fn ask_target(&mut self, task: TaskIndex, reason: UnknownReason) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt;
        match self.question_about(task) {
            Ok(request) => {
                self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: true });
                self.ask_first(task, request);
            }
            Err(why) => {
                let reason = UnknownReason::Unanswered { why };
                self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: false });
                self.ask_unknown(task);
            }
        }
    }

    fn question_about(&self, task: TaskIndex) -> Result<ExecuteRequest, String> {
        let host = self.state().graph().node(task).host.ok_or_else(|| "the step has no host".to_owned())?;
        let attempt = self.state().task(task).attempt;
        Ok(self.request(task, host, Purpose::Main, attempt)?.0)
    }

    fn ask_first(&mut self, task: TaskIndex, request: ExecuteRequest) {
        let (now, attempt) = (self.now.elapsed, request.key.attempt);
        let before = self.run.inflight.asking.get(&task).filter(|a| a.attempt == attempt).copied();
        match before {
            // It was found running and lost again at once: not in a circle.
            Some(before) if before.due() > now => {
                self.run.inflight.asking.insert(task, Asking { since: now, ..before });
                self.ask_later(task);
            }
            _ => {
                let asking = Asking { attempt, since: now, last: now, round: 1, waits: false };
                self.run.inflight.asking.insert(task, asking);
                self.run.inflight.asked.insert(task);
                self.effect(Effect::AskTarget(Box::new(request)));
            }
        }
    }

    fn ask_later(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        let Some(asking) = self.run.inflight.asking.get_mut(&task) else { return };
        asking.waits = true;
        let (attempt, round) = (asking.attempt, asking.round + 1);
        let after_ns = asking.due().saturating_sub(self.now.elapsed);
        self.effect(Effect::ArmTimer { timer: Timer::AskTarget { path, attempt, round }, after_ns });
    }

    /// Whether a timer's question is the one that is due.
    pub(in crate::run) fn awaits_question(&self, task: TaskIndex, attempt: u32, round: u32) -> bool {
        let asking = self.run.inflight.asking.get(&task);
        self.state().draining().is_none()
            && self.is_waiting_to_ask(task)
            && asking.is_some_and(|a| a.attempt == attempt && a.round + 1 == round)
    }

    fn is_waiting_to_ask(&self, task: TaskIndex) -> bool {
        let is = self.state().task(task);
        self.run.inflight.asking.get(&task).is_some_and(|a| a.waits && a.attempt == is.attempt)
            && matches!(is.state, TaskState::Unknown { doubt: Doubt::Target, .. })
    }

    /// Whether some host is to be asked again: what is ending waits for that, what drains does not.
    pub(in crate::run) fn will_ask_again(&self) -> bool {
        self.run.inflight.asking.keys().any(|task| self.is_waiting_to_ask(*task))
    }

    /// A host that did not answer is asked once more.
    pub(in crate::run) fn ask_once_more(&mut self, task: TaskIndex) {
        let now = self.now.elapsed;
        let Some(asking) = self.run.inflight.asking.get_mut(&task) else { return };
        asking.waits = false;
        asking.round += 1;
        asking.last = now;
        match self.question_about(task) {
            Ok(request) => {
                self.run.inflight.asked.insert(task);
                self.effect(Effect::AskTarget(Box::new(request)));
            }
            Err(why) => self.target_unknown(task, UnknownReason::Unanswered { why }),
        }
    }

    /// Asks no more about an attempt: its doubt is over, or a person took it up.
    pub(in crate::run) fn stop_asking(&mut self, task: TaskIndex) {
        self.run.inflight.asked.remove(&task);
        self.run.inflight.asking.remove(&task);
    }

    pub(in crate::run) fn target_answered(&mut self, key: &EffectKey, answer: TargetAnswer) -> Result<(), Rejected> {
        let task = self.task_of(key)?;
        let is = self.state().task(task);
        let is_asked = is.attempt == key.attempt
            && matches!(is.state, TaskState::Unknown { doubt: Doubt::Target, .. })
            && self.run.inflight.asked.contains(&task);
        if !is_asked {
            return match answer {
                // A person settled it while the host was asked: what it says may be otherwise.
                TargetAnswer::Ended(report) => self.late(task, key, &report),
                _ => Err(Rejected::NotUnderWay { path: key.path.clone(), attempt: key.attempt }),
            };
        }
        self.run.inflight.asked.remove(&task);
        let (path, attempt) = (key.path.clone(), key.attempt);
        match answer {
            TargetAnswer::NeverStarted(reason) => {
                self.withdraw_ask(task);
                self.not_started(task, reason);
                self.start_revoked_undo(task);
            }
            TargetAnswer::Running => {
                self.withdraw_ask(task);
                self.engine(RecordKind::StepReattached { path, attempt });
                self.run.inflight.commands.insert((task, Purpose::Main, attempt));
                self.rearm_timeout(task);
                self.after_reattach(task);
            }
            TargetAnswer::Ended(Report::Unknown(reason)) | TargetAnswer::Unknown(reason) => match reason {
                UnknownReason::Unanswered { why } => self.unanswered(task, why),
                reason => self.target_unknown(task, reason),
            },
            TargetAnswer::Ended(report) => self.main_reported(task, report, true),
        }
        Ok(())
    }

    /// The host did not answer: it is asked again, for a while. A person may already say what shall be.
    fn unanswered(&mut self, task: TaskIndex, why: String) {
        let now = self.now.elapsed;
        let is_over = match self.run.inflight.asking.get_mut(&task) {
            Some(asking) => {
                asking.last = now;
                let is_over = asking.due() > asking.since.saturating_add(ASK_FOR_MS * MS);
                is_over && !self.run.is_broken(Sabotage::AsksForEver) || self.run.is_broken(Sabotage::AsksOnce)
            }
            None => true,
        };
        if is_over || self.state().aborted() == Some(RunningAtAbort::Leave) {
            self.target_unknown(task, UnknownReason::Unanswered { why });
            return;
        }
        let reason = UnknownReason::Unanswered { why };
        // The same silence once more is no news; another one is what a person must be told.
        let is_known =
            matches!(&self.state().task(task).state, TaskState::Unknown { reason: known, .. } if *known == reason);
        if !is_known {
            let path = self.state().graph().path(task).clone();
            let attempt = self.state().task(task).attempt;
            self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: true });
        }
        // This engine is about to end; the next one asks.
        if self.state().draining().is_some() {
            return;
        }
        self.ask_unknown(task);
        self.ask_later(task);
    }

    /// The host could not tell: a verify decides, then a person. Of a host that is another one now a verify would only
    /// say what is true of that one.
    fn target_unknown(&mut self, task: TaskIndex, reason: UnknownReason) {
        let is_another = matches!(reason, UnknownReason::LedgerChanged { .. });
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt;
        self.stop_asking(task);
        self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: false });
        if self.has_verify_probe(task) && !is_another {
            self.withdraw_ask(task);
            self.intend(task, Purpose::Verify);
        } else {
            self.ask_unknown(task);
        }
    }
}
