//! What follows from a verdict: verify, retry, budget, exclusion, ask.

use crate::plan::{EffectClass, OnFailure, Verify};
use crate::run::batch::Batch;
use crate::run::graph::{Role, Work};
use crate::run::sabotage::Sabotage;
use crate::run::task::{Doubt, TaskIndex, TaskState, VerifyAfter};
use crate::run::{
    Actor, AskKind, Effect, FailedReason, NotStartedReason, Purpose, RecordKind, Report, Timer, UnknownReason,
};

/// Reading commands whose outcome was lost are simply read again, this often at least.
const READ_TRIES: u32 = 3;

impl Batch<'_> {
    pub(in crate::run) fn has_verify_probe(&self, task: TaskIndex) -> bool {
        matches!(self.state().graph().command(task).and_then(|c| c.verify.as_ref()), Some(Verify::Probe(_)))
    }

    /// An instance's own command did what it should.
    pub(in crate::run) fn succeeded(&mut self, task: TaskIndex) {
        match self.state().task(task).state {
            TaskState::Verifying(_) => self.intend(task, Purpose::Verify),
            TaskState::Asking => self.open_ask(task, AskKind::Verify),
            _ => self.satisfied(task),
        }
    }

    /// An instance is over and good: refund its host, go on with the undo it belongs to.
    pub(in crate::run) fn satisfied(&mut self, task: TaskIndex) {
        self.refund(task);
        if let Role::Undo { of, .. } = self.state().graph().node(task).role {
            self.next_undo(of);
        }
    }

    /// A retry that worked, or work done by hand, gives the budget its host back.
    pub(in crate::run) fn refund(&mut self, task: TaskIndex) {
        let node = self.state().graph().node(task);
        let (Role::Inner { roll, .. }, Some(host)) = (node.role, node.host) else { return };
        let Some(progress) = self.state().roll(roll) else { return };
        if !progress.counted.contains(&host) || self.state().host(host).excluded.is_some() {
            return;
        }
        // Only what failed gives it back, all of it: another step of the same host proves nothing, nor does a skip.
        let graph = self.state().graph();
        let in_trouble = graph.on_host[host.0 as usize].iter().any(|t| {
            graph.batch_of(*t).map(|(r, _)| r) == Some(roll)
                && (self.state().task(*t).trouble || self.state().task(*t).spent)
        });
        if in_trouble {
            return;
        }
        let spent = u32::try_from(progress.counted.len()).unwrap_or(u32::MAX).saturating_sub(1);
        let kind = RecordKind::BudgetRefunded {
            roll: graph.top(roll).id.clone(),
            host: self.run.plan.host(host).name.clone(),
            spent,
        };
        self.engine(kind);
    }

    /// An attempt failed: again by itself, or finally.
    pub(in crate::run) fn failed(&mut self, task: TaskIndex) {
        let is = self.state().task(task);
        let TaskState::Failed(reason) = is.state.clone() else { return };
        let effect = self.state().graph().effect(task);
        let retry = self.state().graph().command(task).map(|c| c.retry);
        let may_repeat = match reason {
            // It would be as incomplete again, and an account that is refused stays refused. What never arrived was sent
            // again already. For an agent a person must come.
            FailedReason::NotStarted(
                NotStartedReason::Incomplete { .. }
                | NotStartedReason::Account { .. }
                | NotStartedReason::NoAgent { .. }
                | NotStartedReason::NeverArrived { .. },
            ) => false,
            FailedReason::NotStarted(_) => true,
            FailedReason::Cancelled(_)
            | FailedReason::SaidByPerson { .. }
            | FailedReason::NotTriedAgain { .. }
            | FailedReason::PreviewFailed { .. } => false,
            _ => {
                matches!(effect, EffectClass::Read | EffectClass::Repeatable)
                    || self.run.is_broken(Sabotage::OnceRetriedAfterFailure)
            }
        };
        let goes_on = self.state().aborted().is_none() && !self.state().stopped && !is.undone;
        match retry {
            Some(retry) if may_repeat && goes_on && is.tries < retry.attempts => {
                self.schedule_retry(task, retry.delay_ms);
            }
            _ => self.finally_failed(task, &reason),
        }
    }

    fn schedule_retry(&mut self, task: TaskIndex, delay_ms: u64) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt + 1;
        self.engine(RecordKind::StepRetryScheduled { path: path.clone(), attempt, delay_ms });
        let timer = Timer::Retry { path, attempt };
        self.effect(Effect::ArmTimer { timer, after_ns: delay_ms.saturating_mul(1_000_000) });
    }

    fn finally_failed(&mut self, task: TaskIndex, reason: &FailedReason) {
        let node = self.state().graph().node(task).clone();
        match node.role {
            // All preconditions are looked at before the run says which did not hold.
            Role::Precondition(_) => return,
            Role::Undo { of, .. } => {
                self.undo_failed(of);
                return;
            }
            Role::Top(_) | Role::Inner { .. } | Role::BatchGate { .. } => {}
        }
        // An aborted run spends no budget: nobody goes on.
        if self.state().aborted().is_some() {
            return;
        }
        let is_undone = self.state().task(task).undone;
        // Nor does a stopped one: its rolls go on with no host.
        if !is_undone && !self.state().stopped && self.is_absorbed(task, reason) {
            return;
        }
        let on_failure = self.state().graph().command(task).map_or(OnFailure::Ask, |c| c.on_failure);
        match on_failure {
            OnFailure::Ask => self.open_ask(task, AskKind::Failure),
            OnFailure::Undo if !is_undone && !self.state().graph().undo_of(task).is_empty() => self.start_undo(task),
            OnFailure::Stop | OnFailure::Undo => self.engine(RecordKind::RunStopped { path: node.path }),
        }
    }

    /// Within the budget a failed host is left out, visibly, and the roll goes on.
    fn is_absorbed(&mut self, task: TaskIndex, reason: &FailedReason) -> bool {
        let node = self.state().graph().node(task);
        let (Role::Inner { roll, .. }, Some(host)) = (node.role, node.host) else { return false };
        // It says nothing about the host: that is not to be left out for it.
        if matches!(reason, FailedReason::NotStarted(NotStartedReason::NoAgent { .. })) {
            return false;
        }
        let is_unreachable = matches!(reason, FailedReason::NotStarted(NotStartedReason::Unreachable { .. }));
        let roll_id = self.state().graph().top(roll).id.clone();
        let host_name = self.run.plan.host(host).name.clone();
        let budget = self.state().graph().roll(roll).map_or(0, |r| r.budget);
        let skip_count = is_unreachable && self.run.is_broken(Sabotage::BudgetIgnoresUnreachable);
        let is_counted = self.state().roll(roll).is_some_and(|p| p.counted.contains(&host));
        let was_granted = self.state().task(task).granted;
        if !is_counted && !skip_count {
            let spent = self.spent(roll) + 1;
            let (roll, host) = (roll_id.clone(), host_name.clone());
            self.engine(RecordKind::BudgetSpent { roll, host, spent, budget });
        }
        let room = budget + u32::from(self.run.is_broken(Sabotage::BudgetOffByOne));
        // A person is asked about this host already: leaving it out would answer in their place.
        let is_asked = self.state().graph().on_host[host.0 as usize].iter().any(|t| {
            let is = self.state().task(*t);
            match is.state {
                TaskState::Failed(_) | TaskState::Stuck => is.ask.is_some(),
                // They were in a shell there, and what they did is looked at.
                TaskState::Verifying(after) => after == VerifyAfter::Person,
                _ => false,
            }
        });
        // A person who said `retry` is asked again, whatever room there is.
        if was_granted || is_asked || self.spent(roll) > room {
            return false;
        }
        self.exclude(&Actor::Engine {}, Some(roll_id), host_name, describe(reason));
        true
    }

    fn spent(&self, roll: crate::plan::StepIndex) -> u32 {
        self.state().roll(roll).map_or(0, |p| u32::try_from(p.counted.len()).unwrap_or(u32::MAX))
    }

    /// The outcome of a reading command was lost: nothing is in doubt but the answer, so it is read again, not for ever.
    pub(in crate::run) fn read_unknown(&mut self, task: TaskIndex) {
        // Its host was left out: nobody reads there any more.
        if self.state().task(task).state.is_satisfied() {
            return;
        }
        let delay_ms = self.state().graph().command(task).map_or(0, |c| c.retry.delay_ms);
        let attempts = self.state().graph().command(task).map_or(1, |c| c.retry.attempts).max(READ_TRIES);
        let goes_on = self.state().aborted().is_none() && !self.state().stopped;
        if self.state().task(task).tries < attempts && goes_on {
            self.schedule_retry(task, delay_ms);
        } else if matches!(self.state().graph().work(task), Work::Probe(_)) {
            let path = self.state().graph().path(task).clone();
            let attempt = self.state().task(task).attempt;
            let why = "its outcome was lost again and again".to_owned();
            let failed = Some(FailedReason::NotStarted(NotStartedReason::Unreachable { why: why.clone() }));
            self.engine(RecordKind::StepSettled { path, attempt, failed, by: why });
        } else {
            self.ask_unknown(task);
        }
    }

    pub(in crate::run) fn verify_reported(&mut self, task: TaskIndex, attempt: u32, report: Report) {
        let path = self.state().graph().path(task).clone();
        let purpose = Purpose::Verify;
        let expect = match self.state().graph().work(task) {
            Work::Command(command) => match &command.verify {
                Some(Verify::Probe(probe)) => probe.expect.clone(),
                _ => None,
            },
            Work::Manual(manual) => match &manual.verify {
                Verify::Probe(probe) => probe.expect.clone(),
                Verify::Person => None,
            },
            _ => None,
        };
        let after = match self.state().task(task).state {
            TaskState::Verifying(after) => Some(after),
            _ => None,
        };
        let why = match report {
            Report::Ended(ended) => match self.judge(task, &ended, expect.as_ref()) {
                Ok(()) => {
                    self.engine(RecordKind::StepSucceeded {
                        path,
                        purpose,
                        attempt,
                        took_ms: ended.took_ms,
                        exit: ended.exit,
                        outputs: std::collections::BTreeMap::new(),
                        stdout: ended.stdout.info,
                        stderr: ended.stderr.info,
                        adopted: false,
                    });
                    self.verified(task);
                    return;
                }
                Err(FailedReason::Condition { why, .. }) => why,
                Err(reason) => {
                    let why = describe(&reason);
                    self.engine(RecordKind::StepFailed {
                        path,
                        purpose,
                        attempt,
                        took_ms: Some(ended.took_ms),
                        exit: Some(ended.exit),
                        reason: FailedReason::VerifyFalse { why: why.clone() },
                        stdout: Some(ended.stdout.info),
                        stderr: Some(ended.stderr.info),
                        adopted: false,
                    });
                    self.verify_denied(task, after, why);
                    return;
                }
            },
            Report::NotStarted(reason) => describe(&FailedReason::NotStarted(reason)),
            Report::Cancelled(_) => "the verify took longer than it may".to_owned(),
            Report::Unknown(reason) => describe_unknown(&reason),
        };
        self.verify_unanswered(task, why);
    }

    fn verified(&mut self, task: TaskIndex) {
        if matches!(self.state().task(task).state, TaskState::Unknown { .. }) {
            let path = self.state().graph().path(task).clone();
            let attempt = self.state().task(task).attempt;
            self.engine(RecordKind::StepSettled { path, attempt, failed: None, by: "its verify".to_owned() });
        }
        self.satisfied(task);
    }

    /// *False* after an unknown means failed, never *not started*.
    fn verify_denied(&mut self, task: TaskIndex, after: Option<VerifyAfter>, why: String) {
        match self.state().task(task).state {
            // A person was in a shell there: they are asked again, and nothing is tried behind their back.
            TaskState::Failed(_) if after == Some(VerifyAfter::Person) => self.open_ask(task, AskKind::Failure),
            TaskState::Unknown { .. } => {
                let path = self.state().graph().path(task).clone();
                let attempt = self.state().task(task).attempt;
                let failed = Some(FailedReason::VerifyFalse { why });
                self.engine(RecordKind::StepSettled { path, attempt, failed, by: "its verify".to_owned() });
                self.failed(task);
            }
            TaskState::Asking => self.open_ask(task, AskKind::Manual),
            _ => self.failed(task),
        }
    }

    fn verify_unanswered(&mut self, task: TaskIndex, why: String) {
        if self.state().graph().is_manual(task) {
            let path = self.state().graph().path(task).clone();
            let attempt = self.state().task(task).verify_attempt;
            let reason = FailedReason::VerifyFalse { why: format!("the verify could not be answered: {why}") };
            let (took_ms, exit, stdout, stderr) = (None, None, None, None);
            let purpose = Purpose::Verify;
            self.engine(RecordKind::StepFailed {
                path,
                purpose,
                attempt,
                took_ms,
                exit,
                reason,
                stdout,
                stderr,
                adopted: false,
            });
            self.open_ask(task, AskKind::Manual);
            return;
        }
        let is = self.state().task(task);
        let reason = match &is.state {
            // The first doubt stays the reason: the verify only failed to end it.
            TaskState::Unknown { reason, doubt: Doubt::Verify } => reason.clone(),
            TaskState::Verifying(VerifyAfter::Success | VerifyAfter::Person) => UnknownReason::VerifyUnanswered { why },
            _ => return,
        };
        let path = self.state().graph().path(task).clone();
        let attempt = is.attempt;
        self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: false });
        self.ask_unknown(task);
    }

    pub(in crate::run) fn ask_unknown(&mut self, task: TaskIndex) {
        if self.state().aborted().is_none() && self.state().task(task).ask.is_none() {
            self.open_ask(task, AskKind::Unknown);
        }
    }
}

/// A reason in one short clause, for records and screens.
pub(crate) fn describe(reason: &FailedReason) -> String {
    match reason {
        FailedReason::Exit(exit) => match exit {
            crate::run::Exit::Code(code) => format!("ended with status {code}"),
            crate::run::Exit::Signal(signal) => format!("ended by signal {signal}"),
        },
        FailedReason::Expectation { condition } => format!("`{condition}` did not hold"),
        FailedReason::Condition { condition, why } => format!("`{condition}` could not be evaluated: {why}"),
        FailedReason::OutputTooLarge { output, bytes } => {
            format!("output `{output}` has {bytes} bytes, at most 4096 fit")
        }
        FailedReason::TimedOut { after_ms } => format!("took longer than {} s", *after_ms as f64 / 1000.0),
        FailedReason::Cancelled(report) if report.alive.is_empty() => "cancelled".to_owned(),
        FailedReason::Cancelled(report) => format!("cancelled; still alive: {}", report.alive.join(", ")),
        FailedReason::VerifyFalse { why } => format!("its verify says no: {why}"),
        FailedReason::NotStarted(reason) => match reason {
            NotStartedReason::NeverArrived { times } => {
                format!("not started: it was sent {times} times and never arrived")
            }
            NotStartedReason::Revoked {} => "not started: it was revoked".to_owned(),
            NotStartedReason::Refused { why } => format!("not started, the ledger refused: {why}"),
            // Also of a host that was not reached: the transport knows better than one word why not.
            NotStartedReason::Unreachable { why }
            | NotStartedReason::NoAgent { why }
            | NotStartedReason::Account { why }
            | NotStartedReason::Incomplete { why } => format!("not started: {why}"),
        },
        FailedReason::GateTimeout { last } => format!("did not hold in time; last: {last}"),
        FailedReason::SaidByPerson { reason } => reason.clone(),
        FailedReason::NotTriedAgain { why } => format!("not tried again: {why}"),
        FailedReason::PreviewFailed { why } => why.clone(),
    }
}

/// A doubt in one short clause.
pub(crate) fn describe_unknown(reason: &UnknownReason) -> String {
    match reason {
        UnknownReason::Lost { why }
        | UnknownReason::Unanswered { why }
        | UnknownReason::LedgerChanged { why }
        | UnknownReason::NoStatus { why }
        | UnknownReason::VerifyUnanswered { why } => why.clone(),
        UnknownReason::DigestDiffers {} => "the ledger holds another command under this key".to_owned(),
        UnknownReason::LeftRunning {} => "it was left running".to_owned(),
    }
}
