//! What people say at asks, and who may say it.

use crate::plan::Verify;
use crate::run::batch::Batch;
use crate::run::graph::Work;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{
    Actor, Answer, Ask, AskKind, FailedReason, Needs, Purpose, RecordKind, Rejected, SkipReason, UnknownReason, Word,
};
use crate::runbook::{HostName, StepId};

impl Batch<'_> {
    pub(in crate::run) fn answered(&mut self, actor: &Actor, answer: Answer) -> Result<(), Rejected> {
        let ask = self
            .state()
            .ask(&answer.ask)
            .cloned()
            .ok_or_else(|| Rejected::NoSuchAsk { path: answer.ask.path.clone(), number: answer.ask.number })?;
        self.state().may_speak(actor, ask.kind == AskKind::Lock || answer.word.drives())?;
        check_words(&ask, &answer)?;
        if ask.kind == AskKind::Lock {
            return self.lock_answered(actor, &ask, &answer);
        }
        let task =
            self.state().graph().find(&ask.id.path).ok_or_else(|| Rejected::UnknownStep(ask.id.path.to_string()))?;
        if matches!(answer.word, Word::Approve | Word::BreakGlass) {
            return self.approve(actor, task, &ask, &answer);
        }
        if answer.word == Word::Override && !answer.prepared {
            check_typed(&ask, &answer)?;
        }
        let bad = self.gate_bad_hosts(task);
        self.emit(
            actor.clone(),
            RecordKind::AskAnswered {
                ask: ask.id.clone(),
                word: answer.word,
                reason: answer.reason.clone(),
                evidence: answer.evidence.clone(),
                bound_to: None,
                wait_ms: answer.wait_ms,
            },
        );
        self.act(actor, task, &ask, answer, bad);
        Ok(())
    }

    fn approve(&mut self, actor: &Actor, task: TaskIndex, ask: &Ask, answer: &Answer) -> Result<(), Rejected> {
        let Work::Approve(approve) = self.state().graph().work(task) else {
            return Err(Rejected::UnknownStep(ask.id.path.to_string()));
        };
        let approve = approve.clone();
        self.state().may_say(actor, ask, answer.word)?;
        let is_broken = answer.word == Word::BreakGlass;
        if is_broken && answer.prepared {
            return Err(Rejected::MustBeTyped(answer.word));
        }
        if let Some(given) = &answer.plan
            && given != self.state().plan_hash()
        {
            return Err(Rejected::PlanDiffers { given: given.clone(), plan: self.state().plan_hash().to_owned() });
        }
        if answer.prepared {
            if answer.plan.is_none() && self.allows_destroy(task) {
                return Err(Rejected::PlanMissing);
            }
        } else {
            check_typed(ask, answer)?;
        }
        if let Some(fact) = &approve.fact {
            let outputs = self.state().outputs_at(task, None);
            let scope = self.state().scope(&outputs, None, None);
            let known = self.run.conditions.text(&fact.answer, &scope);
            let known = known.map_err(|error| Rejected::FactUnknown(error.to_string()))?;
            let given = answer.fact.as_deref().ok_or(Rejected::FactMissing)?;
            if given.trim() != known.trim() {
                return Err(Rejected::FactWrong);
            }
        }
        let bound_to = self.bound_to(task);
        self.emit(
            actor.clone(),
            RecordKind::AskAnswered {
                ask: ask.id.clone(),
                word: answer.word,
                reason: answer.reason.clone(),
                evidence: answer.evidence.clone(),
                bound_to: Some(bound_to.clone()),
                wait_ms: None,
            },
        );
        if is_broken {
            let (path, reason) = (ask.id.path.clone(), answer.reason.clone().unwrap_or_default());
            self.emit(actor.clone(), RecordKind::BreakglassUsed { path, reason, bound_to });
        }
        self.count_approvals(task);
        Ok(())
    }

    /// Grants an approval that enough people have given, or for which somebody broke the glass.
    pub(in crate::run) fn count_approvals(&mut self, task: TaskIndex) {
        let Work::Approve(approve) = self.state().graph().work(task) else { return };
        let needed = approve.by;
        let top = self.state().graph().top_of(task);
        let Some(approval) = top.and_then(|top| self.state().approvals.get(&top)) else { return };
        if approval.broken.is_some() || u32::try_from(approval.by.len()).unwrap_or(u32::MAX) >= needed {
            let path = self.state().graph().path(task).clone();
            let bound_to = self.bound_to(task);
            self.engine(RecordKind::ApprovalGranted { path, bound_to });
        }
    }

    fn act(&mut self, actor: &Actor, task: TaskIndex, ask: &Ask, answer: Answer, bad: Vec<HostName>) {
        let path = ask.id.path.clone();
        if ask.kind == AskKind::Unknown {
            // From here on the person's word counts; what the host still answers is news only if it contradicts that.
            self.stop_asking(task);
        }
        let reason = answer.reason.unwrap_or_default();
        let person = actor.to_string();
        match answer.word {
            Word::Continue => self.emit(actor.clone(), RecordKind::StepCompleted { path }),
            Word::Refuse => {
                let failed = Some(FailedReason::SaidByPerson { reason: reason.clone() });
                let settled = RecordKind::StepSettled { path: path.clone(), attempt: 0, failed, by: person };
                self.emit(actor.clone(), settled);
                self.engine(RecordKind::RunStopped { path });
            }
            Word::Done => self.done(actor, task, path, &answer.evidence.unwrap_or_default()),
            Word::Skip => {
                let reason = SkipReason::Person { reason };
                self.emit(actor.clone(), RecordKind::StepSkipped { path, reason });
                self.continue_undone(task);
            }
            // The record itself puts the step up again.
            Word::Retry => {}
            Word::Exclude if ask.kind == AskKind::GateTimeout => self.exclude_from_gate(actor, task, bad, &reason),
            Word::Exclude => {
                let graph = self.state().graph();
                let roll = graph.batch_of(task).map(|(roll, _)| graph.top(roll).id.clone());
                if let Some(host) = graph.host(task).map(|h| h.name.clone()) {
                    self.exclude(actor, roll, host, reason);
                }
            }
            Word::ByHand => {
                let evidence = answer.evidence.unwrap_or_default();
                self.emit(actor.clone(), RecordKind::StepDoneByHand { path, evidence });
                self.satisfied(task);
            }
            Word::Undo => self.start_undo(task),
            Word::Shell => {
                if self.has_verify_probe(task) {
                    self.intend(task, Purpose::Verify);
                } else {
                    self.open_ask(task, ask.kind);
                }
            }
            // Asked anew, of whoever takes the pen: the record of this answer laid it down.
            Word::HandOver => self.open_ask(task, ask.kind),
            Word::AskAgain => match self.state().task(task).state.clone() {
                TaskState::Unknown { reason: UnknownReason::VerifyUnanswered { .. }, .. } => {
                    self.intend(task, Purpose::Verify);
                }
                TaskState::Unknown { reason, .. } if self.state().graph().effect(task).changes() => {
                    self.ask_target(task, reason);
                }
                _ => self.intend(task, Purpose::Main),
            },
            Word::Failed => {
                let failed = Some(FailedReason::SaidByPerson { reason });
                let attempt = self.state().task(task).attempt;
                self.emit(actor.clone(), RecordKind::StepSettled { path, attempt, failed, by: person });
                self.failed(task);
            }
            Word::Wait if ask.kind == AskKind::GateTimeout => self.gate_again(task),
            Word::Wait => self.rearm_timeout(task),
            Word::Kill => self.cancel(task),
            Word::Leave => {
                self.leave_running(task);
                self.ask_unknown(task);
            }
            Word::Override => {
                self.emit(actor.clone(), RecordKind::GateOverridden { path, reason });
            }
            // Handled before: they do not close the ask.
            Word::Approve | Word::BreakGlass => {}
            // Of no instance: see `lock.rs`.
            Word::TakeOver => {}
        }
    }

    fn done(&mut self, actor: &Actor, task: TaskIndex, path: crate::plan::StepPath, evidence: &str) {
        let verify = match self.state().graph().work(task) {
            Work::Manual(manual) => Some(manual.verify.clone()),
            _ => None,
        };
        match verify {
            Some(Verify::Probe(_)) => self.intend(task, Purpose::Verify),
            // `verify: person`: the person's word and evidence are the verdict.
            Some(Verify::Person) | None => {
                let kind = if self.state().graph().is_manual(task) {
                    RecordKind::StepCompleted { path }
                } else {
                    let attempt = self.state().task(task).attempt;
                    RecordKind::StepSettled { path, attempt, failed: None, by: format!("{actor}: {evidence}") }
                };
                self.emit(actor.clone(), kind);
                self.satisfied(task);
            }
        }
    }

    /// An undo step that was left out lets its undo go on.
    fn continue_undone(&mut self, task: TaskIndex) {
        if let crate::run::graph::Role::Undo { of, .. } = self.state().graph().node(task).role {
            self.next_undo(of);
        }
    }

    fn gate_bad_hosts(&self, task: TaskIndex) -> Vec<HostName> {
        match self.state().task(task).bad_hosts.as_slice() {
            // Nothing was seen of any host: all of them are what did not hold.
            [] => {
                let hosts = self.state().gate_hosts(task);
                hosts.iter().map(|h| self.run.plan.host(*h).name.clone()).collect()
            }
            bad => bad.to_vec(),
        }
    }

    /// Leaves out the hosts where a gate did not hold; it looks again at those that remain.
    fn exclude_from_gate(&mut self, actor: &Actor, task: TaskIndex, bad: Vec<HostName>, reason: &str) {
        let graph = self.state().graph();
        let roll = graph.batch_of(task).map(|(roll, _)| graph.top(roll).id.clone());
        for host in bad {
            self.exclude(actor, roll.clone(), host, reason.to_owned());
        }
        if !self.state().task(task).state.is_satisfied() {
            self.open_gate(task);
        }
    }
}

impl Batch<'_> {
    /// Leaves a host out. What was asked about it there is asked no more, but for what nobody knows.
    pub(in crate::run) fn exclude(&mut self, actor: &Actor, roll: Option<StepId>, host: HostName, reason: String) {
        let Some(index) = self.state().graph().find_host(&host) else { return };
        for task in self.state().graph().on_host[index.0 as usize].clone() {
            if matches!(self.state().task(task).state, TaskState::Asking | TaskState::Failed(_)) {
                self.withdraw_ask(task);
            }
        }
        let lock = self.state().asks().find(|ask| ask.id.path.is_host_itself() && ask.id.path.host() == Some(&host));
        if let Some(ask) = lock.map(|ask| ask.id.clone()) {
            self.engine(RecordKind::AskWithdrawn { ask });
        }
        self.emit(actor.clone(), RecordKind::HostExcluded { roll, host, reason });
    }
}

fn check_words(ask: &Ask, answer: &Answer) -> Result<(), Rejected> {
    let word = answer.word;
    if !ask.words.contains(&word) {
        return Err(Rejected::WordNotOffered { word, kind: ask.kind, offered: ask.words.clone() });
    }
    let is_blank = |text: &Option<String>| text.as_ref().is_none_or(|t| t.trim().is_empty());
    match word.needs(ask.kind) {
        Needs::Reason if is_blank(&answer.reason) => Err(Rejected::ReasonMissing),
        Needs::Evidence if is_blank(&answer.evidence) => Err(Rejected::EvidenceMissing),
        Needs::Time if answer.wait_ms.is_none_or(|ms| ms == 0) => Err(Rejected::WaitMissing),
        Needs::Nothing | Needs::Reason | Needs::Evidence | Needs::Time => Ok(()),
    }
}

pub(super) fn check_typed(ask: &Ask, answer: &Answer) -> Result<(), Rejected> {
    match &ask.typed {
        Some(phrase) if answer.typed.as_deref() != Some(phrase) => Err(Rejected::TypedDiffers(phrase.clone())),
        _ => Ok(()),
    }
}
