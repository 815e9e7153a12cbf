//! Who is asked: answers given beforehand, then the terminal, then nobody.
//!
//! Nothing ever answers itself. What an answer does, and whether it is allowed, is the core's to say.

use std::collections::BTreeMap;

use banister_core::run::Answers;
use banister_core::run::{Actor, Answer, Ask, AskId, AskUnavailableReason, Input, Run};
use banister_core::runbook::HostName;
use tokio::sync::mpsc;

/// An ask as a person should see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked, and what may be said.
    pub ask: Ask,
    /// The host it is about.
    pub host: Option<HostName>,
    /// What to tell the operator.
    pub if_it_fails: String,
    /// The plan's hash, to be given with an approval.
    pub plan_hash: String,
    /// Why the answer given beforehand was not taken, if there was one.
    pub rejected: Option<String>,
}

/// What a terminal is told about asks and signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskEvent {
    /// A person must answer this.
    Opened(Box<Question>),
    /// This needs no answer any more.
    Closed(AskId),
    /// The operator interrupted: nothing new starts until he says how to go on.
    Interrupted,
}

/// Where asks go. The front end reads the other end on a thread of its own.
pub type Terminal = mpsc::UnboundedSender<AskEvent>;

/// Puts asks to whoever can answer.
pub(super) struct Desk {
    answers: Answers,
    operator: Actor,
    /// Groups of the people whom answers name: drills only.
    people: BTreeMap<String, Vec<String>>,
    terminal: Option<Terminal>,
    /// Asks that were put or answered, and whether the terminal has them.
    put: BTreeMap<AskId, Put>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    /// An answer given beforehand is on its way.
    Prepared,
    /// The terminal has it.
    Terminal,
    /// Nobody could be asked.
    Nowhere,
}

impl Desk {
    pub(super) fn new(
        answers: Answers,
        operator: Actor,
        people: BTreeMap<String, Vec<String>>,
        terminal: Option<Terminal>,
    ) -> Self {
        Self { answers, operator, people, terminal, put: BTreeMap::new() }
    }

    /// Who gives an answer: whoever it names, else the operator. Where that may be somebody else, the parser said.
    fn speaker(&self, name: Option<&str>) -> Actor {
        name.map_or_else(
            || self.operator.clone(),
            |name| {
                let groups = self.people.get(name).cloned().unwrap_or_default();
                Actor::Person { name: name.to_owned(), uid: None, groups }
            },
        )
    }

    /// Looks at the open asks after a commit; gives the inputs that follow at once.
    pub(super) fn look(&mut self, run: &Run) -> Vec<Input> {
        let state = run.state();
        let closed: Vec<AskId> = self.put.keys().filter(|id| state.ask(id).is_none()).cloned().collect();
        for id in closed {
            if self.put.remove(&id) == Some(Put::Terminal) {
                self.tell(AskEvent::Closed(id));
            }
        }
        if state.draining().is_some() || state.finished().is_some() {
            return Vec::new();
        }
        let mut inputs = Vec::new();
        let open: Vec<Ask> = state.asks().filter(|ask| ask.unavailable.is_none()).cloned().collect();
        for ask in open {
            // The host is still asked: a terminal may say what shall be, and nobody has to. An answer given beforehand was
            // meant for when the host cannot tell.
            if !state.is_pressing(&ask) && (self.terminal.is_none() || self.answers.has(&ask.id, &ask.words)) {
                continue;
            }
            if self.put.contains_key(&ask.id) {
                continue;
            }
            if let Some(prepared) = self.answers.take(&ask.id, &ask.words) {
                self.put.insert(ask.id.clone(), Put::Prepared);
                let actor = self.speaker(prepared.speaker.as_deref());
                inputs.push(Input::Answered { actor, answer: prepared.to(ask.id) });
            } else {
                inputs.extend(self.ask_terminal(run, &ask, None));
            }
        }
        inputs
    }

    /// An answer given beforehand was not taken: a person is asked instead, if there is one.
    pub(super) fn rejected(&mut self, run: &Run, answer: &Answer, why: &str) -> Option<Input> {
        let ask = run.state().ask(&answer.ask)?.clone();
        (self.put.get(&ask.id) == Some(&Put::Prepared)).then_some(())?;
        self.ask_terminal(run, &ask, Some(why.to_owned()))
    }

    fn ask_terminal(&mut self, run: &Run, ask: &Ask, rejected: Option<String>) -> Option<Input> {
        let graph = run.state().graph();
        let host = graph.find(&ask.id.path).and_then(|task| graph.host(task)).map(|host| host.name.clone());
        let was_rejected = rejected.is_some();
        let question = Question {
            ask: ask.clone(),
            host,
            if_it_fails: if_it_fails(run, &ask.id),
            plan_hash: run.state().plan_hash().to_owned(),
            rejected,
        };
        if self.tell(AskEvent::Opened(Box::new(question))) {
            self.put.insert(ask.id.clone(), Put::Terminal);
            return None;
        }
        self.put.insert(ask.id.clone(), Put::Nowhere);
        let reason =
            if was_rejected { AskUnavailableReason::AnswerDidNotFit } else { AskUnavailableReason::NoTerminal };
        Some(Input::AskUnavailable { ask: ask.id.clone(), reason })
    }

    /// Whether there is a terminal that takes it.
    fn tell(&mut self, event: AskEvent) -> bool {
        let took = self.terminal.as_ref().is_some_and(|terminal| terminal.send(event).is_ok());
        if !took {
            self.terminal = None;
        }
        took
    }

    /// The answers that no ask took.
    pub(super) fn into_answers(self) -> Answers {
        self.answers
    }
}

/// The sentence for the operator that is nearest to an ask: its step's, else the runbook's.
fn if_it_fails(run: &Run, ask: &AskId) -> String {
    let graph = run.state().graph();
    let step = graph.find(&ask.path).and_then(|task| graph.step(task));
    step.map_or_else(|| run.plan().if_it_fails.clone(), |step| step.if_it_fails.clone())
}
