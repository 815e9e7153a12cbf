//! A host that another run has: who may take it over, and what waits meanwhile.
//!
//! The lock itself lies on the host, and its ledger refuses what a run without it sends there. Nothing waits for a lock to
//! become free: two runs that want each other's hosts would wait for ever.

use crate::plan::{HostIndex, StepPath};
use crate::run::batch::Batch;
use crate::run::sabotage::Sabotage;
use crate::run::task::TaskIndex;
use crate::run::{Actor, Answer, Ask, AskId, AskKind, LockHolder, RecordKind, Rejected, Word};
use crate::runbook::HostName;

impl Batch<'_> {
    pub(in crate::run) fn locked(&mut self, host: &HostName, by: LockHolder) -> Result<(), Rejected> {
        let index = self.was_asked(host)?;
        self.engine(RecordKind::LockRefused { host: host.clone(), by });
        self.ask_lock(index);
        Ok(())
    }

    /// Asks a person what shall become of a host that another run has.
    pub(in crate::run) fn ask_lock(&mut self, index: HostIndex) {
        let Some(by) = self.state().host(index).locked.clone() else { return };
        if self.state().aborted().is_some() || self.state().host(index).excluded.is_some() {
            return;
        }
        let host = self.run.plan.host(index).name.clone();
        let ask = AskId { path: StepPath::host_itself(host.clone()), number: self.state().ask_count + 1 };
        let last = if self.state().has_begun() { Word::Exclude } else { Word::Refuse };
        self.engine(RecordKind::AskOpened {
            ask,
            kind: AskKind::Lock,
            question: format!("{host} is another run's: {by}"),
            words: vec![Word::Retry, Word::TakeOver, last],
            typed: Some(self.name_to_type(host.as_str())),
            fact: None,
        });
    }

    pub(in crate::run) fn lock_answered(&mut self, actor: &Actor, ask: &Ask, answer: &Answer) -> Result<(), Rejected> {
        let path = || Rejected::UnknownStep(ask.id.path.to_string());
        let host = ask.id.path.host().cloned().ok_or_else(path)?;
        let index = self.state().graph().find_host(&host).ok_or_else(path)?;
        if answer.word == Word::TakeOver {
            super::answer::check_typed(ask, answer)?;
        }
        let reason = answer.reason.clone().unwrap_or_default();
        self.emit(
            actor.clone(),
            RecordKind::AskAnswered {
                ask: ask.id.clone(),
                word: answer.word,
                reason: answer.reason.clone(),
                evidence: None,
                bound_to: None,
                wait_ms: None,
            },
        );
        let by = self.state().host(index).locked.clone();
        match (answer.word, by) {
            (Word::TakeOver, Some(from)) => {
                self.emit(actor.clone(), RecordKind::LockTakenOver { host, from, reason });
                self.preflight(index);
            }
            (Word::Exclude, _) => self.exclude(actor, None, host, reason),
            (Word::Refuse, Some(by)) => {
                self.emit(actor.clone(), RecordKind::HostRefused { host, why: format!("{by}; {reason}") });
            }
            _ => self.preflight(index),
        }
        Ok(())
    }

    /// Nobody can say whether a host may be taken over: it may not. A run that has begun waits for the next engine.
    pub(in crate::run) fn lock_unanswered(&mut self, ask: &AskId) -> bool {
        let index = ask.path.host().and_then(|host| self.state().graph().find_host(host));
        let by = index.and_then(|index| self.state().host(index).locked.clone());
        let (Some(by), Some(host)) = (by, ask.path.host().cloned()) else { return false };
        if self.state().has_begun() {
            return false;
        }
        self.engine(RecordKind::AskWithdrawn { ask: ask.clone() });
        self.engine(RecordKind::HostRefused { host, why: by.to_string() });
        true
    }

    /// Whether an instance's host is another run's and was left out: nobody asks for it any more.
    pub(in crate::run) fn is_lost(&self, task: TaskIndex) -> bool {
        let host = self.state().graph().node(task).host.map(|host| self.state().host(host));
        host.is_some_and(|host| host.locked.is_some() && host.excluded.is_some())
    }

    /// Whether what changes an instance's host may be sent there: this run has it, as far as it knows.
    pub(in crate::run) fn has_host(&self, task: TaskIndex) -> bool {
        let Some(host) = self.state().graph().node(task).host else { return true };
        !self.state().graph().effect(task).changes()
            || self.run.is_broken(Sabotage::LockIgnored)
            || (self.state().host(host).locked.is_none() && !self.run.inflight.preflights.contains(&host))
    }
}
