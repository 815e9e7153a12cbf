//! Opening and closing asks: what kind, which words, what must be typed.

use crate::plan::Verify;
use crate::run::batch::Batch;
use crate::run::graph::{Role, Work};
use crate::run::task::TaskIndex;
use crate::run::{AskId, AskKind, AskUnavailableReason, DrainReason, RecordKind, Rejected, UnknownReason, Word};

/// A phrase shorter than this is too easily typed by accident: environment and name are asked for instead.
const SHORTEST_PHRASE: usize = 6;

/// What is typed to confirm something about a host: its name, or environment and name where the name is short.
#[must_use]
pub fn name_to_type(environment: &str, name: &str) -> String {
    if name.len() < SHORTEST_PHRASE { format!("{environment} {name}") } else { name.to_owned() }
}

impl Batch<'_> {
    pub(in crate::run) fn open_ask(&mut self, task: TaskIndex, kind: AskKind) {
        // Its host was left out meanwhile, or the run was aborted: there is nothing to ask any more.
        if self.state().task(task).state.is_satisfied() || self.state().aborted().is_some() {
            return;
        }
        let number = self.state().ask_count + 1;
        let ask = AskId { path: self.state().graph().path(task).clone(), number };
        let fact = match self.state().graph().work(task) {
            Work::Approve(approve) if kind == AskKind::Approve => {
                approve.fact.as_ref().map(|fact| self.state().words(task, &fact.question))
            }
            _ => None,
        };
        let question = self.state().question(task, kind);
        let words = self.offered(task, kind);
        let typed = self.phrase(task, kind);
        self.engine(RecordKind::AskOpened { ask, kind, question, words, typed, fact });
    }

    fn offered(&self, task: TaskIndex, kind: AskKind) -> Vec<Word> {
        let graph = self.state().graph();
        let is_approve = matches!(graph.work(task), Work::Approve(_));
        let has_host = graph.node(task).host.is_some();
        let mut words = match kind {
            AskKind::Pause => vec![Word::Continue],
            AskKind::Approve => vec![Word::Approve, Word::Refuse, Word::BreakGlass],
            AskKind::Manual => vec![Word::Done, Word::Skip],
            AskKind::Verify => vec![Word::Done, Word::Failed],
            AskKind::Failure if is_approve => vec![Word::Retry, Word::HandOver],
            AskKind::Failure => {
                vec![Word::Retry, Word::Skip, Word::Exclude, Word::ByHand, Word::Undo, Word::Shell, Word::HandOver]
            }
            AskKind::Unknown => vec![Word::AskAgain, Word::Retry, Word::ByHand, Word::Failed, Word::Exclude],
            AskKind::Timeout => vec![Word::Wait, Word::Kill, Word::Leave],
            AskKind::GateTimeout => vec![Word::Wait, Word::Override, Word::Exclude],
            AskKind::Stuck => vec![Word::Undo, Word::ByHand, Word::HandOver],
            // Of no instance: see `lock.rs`.
            AskKind::Lock => Vec::new(),
        };
        words.retain(|word| match word {
            Word::Exclude if kind == AskKind::GateTimeout => true,
            // An undo half done is finished or stuck; leaving its host out would hide that.
            Word::Exclude => has_host && !matches!(graph.node(task).role, Role::Undo { .. }),
            Word::Shell => has_host,
            // Where the approval excludes nobody there is no glass.
            Word::BreakGlass => {
                matches!(graph.work(task), Work::Approve(a) if a.not_starter || a.by > 1 || !a.of.is_empty())
            }
            Word::Undo if kind == AskKind::Failure => {
                !graph.undo_of(task).is_empty() && !self.state().task(task).undone
            }
            _ => true,
        });
        words
    }

    /// What must be typed to confirm: nothing where nothing changes, `go` for a change, the target's name for what destroys.
    fn phrase(&self, task: TaskIndex, kind: AskKind) -> Option<String> {
        match kind {
            AskKind::GateTimeout => Some("override".to_owned()),
            AskKind::Approve if self.allows_destroy(task) => {
                let graph = self.state().graph();
                let mut hosts = graph
                    .allowed(task)
                    .filter(|t| graph.effect(*t) == crate::plan::EffectClass::Destroy)
                    .filter_map(|t| graph.host(t));
                let first = hosts.next()?;
                if hosts.any(|h| h.name != first.name) {
                    return Some(format!("{} {}", self.run.plan.environment, self.run.plan.runbook));
                }
                Some(self.name_to_type(first.name.as_str()))
            }
            AskKind::Approve => Some("go".to_owned()),
            _ => None,
        }
    }

    /// A name as it is typed to confirm.
    pub(in crate::run) fn name_to_type(&self, name: &str) -> String {
        name_to_type(&self.run.plan.environment, name)
    }

    /// Closes an instance's ask because what it was about is over.
    pub(in crate::run) fn withdraw_ask(&mut self, task: TaskIndex) {
        if let Some(ask) = self.state().task(task).ask.clone() {
            self.engine(RecordKind::AskWithdrawn { ask });
        }
    }

    pub(in crate::run) fn ask_unavailable(
        &mut self,
        ask: &AskId,
        reason: AskUnavailableReason,
    ) -> Result<(), Rejected> {
        let open = self.state().ask(ask);
        if open.is_none_or(|open| open.unavailable.is_some()) {
            return Err(Rejected::NoSuchAsk { path: ask.path.clone(), number: ask.number });
        }
        self.make_unavailable(ask, reason);
        Ok(())
    }

    pub(in crate::run) fn make_unavailable(&mut self, ask: &AskId, reason: AskUnavailableReason) {
        let kind = self.state().ask(ask).map(|open| open.kind);
        let task = self.state().graph().find(&ask.path);
        if kind == Some(AskKind::Lock) && self.lock_unanswered(ask) {
            return;
        }
        self.engine(RecordKind::AskUnavailable { ask: ask.clone(), reason });
        // Nobody can say what shall become of a step that runs too long: it runs on, and this engine ends.
        if let (Some(AskKind::Timeout), Some(task)) = (kind, task) {
            self.leave_running(task);
        }
        if self.state().draining().is_none() && self.state().aborted().is_none() {
            self.engine(RecordKind::RunDraining { reason: DrainReason::AskUnavailable });
        }
    }

    pub(in crate::run) fn leave_running(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt;
        self.run.inflight.forget(task, |_| true);
        self.stop_asking(task);
        self.engine(RecordKind::StepUnknown { path, attempt, reason: UnknownReason::LeftRunning {}, asking: false });
    }

    /// Opens the ask that an instance waits at; used when a resumed run finds it closed or never opened.
    pub(in crate::run) fn reopen_ask(&mut self, task: TaskIndex) {
        let kind = match self.state().graph().work(task) {
            Work::Pause(_) => AskKind::Pause,
            Work::Approve(_) => AskKind::Approve,
            Work::Manual(_) => AskKind::Manual,
            Work::Command(command) if matches!(command.verify, Some(Verify::Person)) => AskKind::Verify,
            _ => return,
        };
        self.open_ask(task, kind);
    }
}
