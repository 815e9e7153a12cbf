//! Asks and approvals: what people are asked, what they say, what it allows.

use crate::plan::{StepIndex, StepPath};
use crate::run::task::{Doubt, TaskIndex, TaskState};
use crate::run::{Actor, Approval, Ask, AskId, AskKind, Record, RecordKind, State, Word};

impl State {
    pub(super) fn apply_ask(&mut self, record: &Record) -> Result<(), String> {
        let stamp = Self::stamp(record);
        match &record.kind {
            RecordKind::AskOpened { ask, kind, question, words, typed, fact } => {
                let task = self.find_asking(&ask.path)?;
                self.ask_count = self.ask_count.max(ask.number);
                self.asks.insert(
                    ask.clone(),
                    Ask {
                        id: ask.clone(),
                        kind: *kind,
                        question: question.clone(),
                        words: words.clone(),
                        typed: typed.clone(),
                        fact: fact.clone(),
                        since: stamp,
                        unavailable: None,
                    },
                );
                let Some(task) = task else { return Ok(()) };
                self.task_mut(task).ask = Some(ask.clone());
                if matches!(kind, AskKind::Pause | AskKind::Approve | AskKind::Manual | AskKind::Verify) {
                    self.transition(task, TaskState::Asking);
                }
            }
            RecordKind::AskAnswered { ask, word, evidence, wait_ms, .. } => {
                let Some(task) = self.find_asking(&ask.path)? else {
                    self.asks.remove(ask);
                    return Ok(());
                };
                let kind = self.asks.get(ask).map(|a| a.kind);
                if *word == Word::Approve {
                    // The ask stays open: how many must agree is counted when the approval is granted.
                    if let Some(top) = self.graph.top_of(task) {
                        self.approvals.entry(top).or_default().by.push(record.actor.clone());
                    }
                    return Ok(());
                }
                // Nor does this one close it: what follows is granted in a record of its own.
                if *word == Word::BreakGlass {
                    return Ok(());
                }
                self.close_ask(ask, task);
                // Whether the host was still being asked or not: a person has taken it up.
                if kind == Some(AskKind::Unknown)
                    && *word != Word::AskAgain
                    && let TaskState::Unknown { reason, .. } = self.task(task).state.clone()
                {
                    self.transition(task, TaskState::Unknown { reason, doubt: Doubt::Person });
                }
                match word {
                    Word::Retry => {
                        let is = self.task_mut(task);
                        if matches!(is.state, TaskState::Unknown { .. }) && is.attempt > 0 {
                            is.abandoned.push(is.attempt);
                        }
                        is.granted = true;
                        is.tries = 0;
                        is.lost_starts = 0;
                        self.transition(task, TaskState::Todo);
                    }
                    Word::Exclude if kind == Some(AskKind::Unknown) => self.task_mut(task).given_up = true,
                    Word::Refuse => self.refused = true,
                    // Whoever says it drives no longer; whoever takes the pen answers.
                    Word::HandOver => self.pen = None,
                    Word::Done => self.task_mut(task).evidence.clone_from(evidence),
                    Word::Wait => {
                        let is = self.task_mut(task);
                        is.round += 1;
                        is.timer = Some((stamp, wait_ms.unwrap_or(0)));
                        if kind == Some(AskKind::GateTimeout) {
                            is.streak = 0;
                            self.transition(task, TaskState::Gating);
                        }
                    }
                    _ => {}
                }
            }
            RecordKind::AskUnavailable { ask, reason } => {
                if let Some(open) = self.asks.get_mut(ask) {
                    open.unavailable = Some(*reason);
                }
            }
            RecordKind::AskWithdrawn { ask } => match self.find_asking(&ask.path)? {
                Some(task) => self.close_ask(ask, task),
                None => drop(self.asks.remove(ask)),
            },
            _ => {}
        }
        Ok(())
    }

    /// The doubt that a person is asked about has another reason now, or the host is asked no more. The ask stays the same
    /// one: an answer that somebody is typing is still good.
    pub(super) fn renew_question(&mut self, task: TaskIndex) {
        let ask = self.task(task).ask.as_ref().and_then(|ask| self.asks.get(ask));
        let Some(ask) = ask.filter(|ask| ask.kind == AskKind::Unknown).map(|ask| ask.id.clone()) else { return };
        let question = self.question(task, AskKind::Unknown);
        if let Some(ask) = self.asks.get_mut(&ask) {
            ask.question = question;
        }
    }

    /// The instance that asks; none where it is about a host itself.
    fn find_asking(&self, path: &StepPath) -> Result<Option<TaskIndex>, String> {
        match path.host().filter(|_| path.is_host_itself()) {
            Some(host) => self.plan_host(host).map(|_| None),
            None => self.find(path).map(Some),
        }
    }

    fn close_ask(&mut self, ask: &AskId, task: TaskIndex) {
        self.asks.remove(ask);
        if self.task(task).ask.as_ref() == Some(ask) {
            self.task_mut(task).ask = None;
        }
    }

    pub(super) fn apply_approval(&mut self, task: TaskIndex, record: &Record) {
        let Some(top) = self.graph.top_of(task) else { return };
        match &record.kind {
            RecordKind::ApprovalBegan { .. } => {
                self.approvals.insert(top, Approval::default());
                self.stop_previews(top);
                self.transition(task, TaskState::Previewing);
            }
            RecordKind::BreakglassUsed { .. } => {
                self.exceptions += 1;
                self.approvals.entry(top).or_default().broken = Some(record.actor.clone());
            }
            RecordKind::ApprovalGranted { bound_to, .. } => {
                for allowed in self.graph.approve(top).map_or(&[][..], |a| &a.allows).to_vec() {
                    for shown in self.graph.of_step[allowed.0 as usize].clone().map(TaskIndex) {
                        let preview = self.task(shown).preview.clone();
                        self.task_mut(shown).approved_preview = preview;
                    }
                }
                let approval = self.approvals.entry(top).or_default();
                approval.granted = Some(Self::stamp(record));
                approval.bound_to = Some(bound_to.clone());
                if let Some(ask) = self.task(task).ask.clone() {
                    self.close_ask(&ask, task);
                }
                self.transition(task, TaskState::Succeeded);
            }
            RecordKind::ApprovalVoided { .. } => {
                self.approvals.remove(&top);
                self.stop_previews(top);
                self.transition(task, TaskState::Todo);
            }
            _ => {}
        }
    }

    /// What was about to start under an approval that is gone starts over when there is another one.
    fn stop_previews(&mut self, approve: StepIndex) {
        for allowed in self.graph.approve(approve).map_or(&[][..], |a| &a.allows).to_vec() {
            for task in self.graph.of_step[allowed.0 as usize].clone().map(TaskIndex) {
                if self.task(task).state == TaskState::Previewing {
                    self.transition(task, TaskState::Todo);
                }
            }
        }
    }

    /// Whether a person is the one who started the run.
    pub(in crate::run) fn is_starter(&self, actor: &Actor) -> bool {
        self.starter.as_ref().is_some_and(|s| s.is_same_person(actor))
    }
}
