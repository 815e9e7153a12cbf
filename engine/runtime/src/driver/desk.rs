//! Who is asked: answers given beforehand, then whoever is attached or will be, then nobody.
//!
//! Nothing ever answers itself. What an answer does, and whether it is allowed, is the core's to say.

use std::collections::BTreeMap;

use banister_core::run::Answers;
use banister_core::run::{Actor, Answer, Ask, AskId, AskUnavailableReason, Input, Run};

use super::{Event, Feed, Station};

/// Puts asks to whoever can answer.
pub(super) struct Desk {
    answers: Answers,
    operator: Actor,
    /// Groups of the people whom answers name: drills only.
    people: BTreeMap<String, Vec<String>>,
    station: Station,
    feed: Feed,
    /// Asks that were put or answered, and to whom.
    put: BTreeMap<AskId, Put>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    /// An answer given beforehand is on its way.
    Prepared,
    /// It is open, and whoever is attached sees it.
    People,
    /// Nobody could be asked.
    Nowhere,
}

impl Desk {
    pub(super) fn new(
        answers: Answers,
        operator: Actor,
        people: BTreeMap<String, Vec<String>>,
        (station, feed): (Station, Feed),
    ) -> Self {
        Self { answers, operator, people, station, feed, put: BTreeMap::new() }
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
        self.put.retain(|id, _| state.ask(id).is_some());
        if state.draining().is_some() || state.finished().is_some() {
            return Vec::new();
        }
        let mut inputs = Vec::new();
        let open: Vec<Ask> = state.asks().filter(|ask| ask.unavailable.is_none()).cloned().collect();
        for ask in open {
            // The host is still asked: a person may say what shall be, and nobody has to. An answer given beforehand was
            // meant for when the host cannot tell.
            if !state.is_pressing(&ask) && (!self.station.can_ask() || self.answers.has(&ask.id, &ask.words)) {
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
                inputs.extend(self.ask_people(&ask.id, false));
            }
        }
        inputs
    }

    /// An answer given beforehand was not taken: a person is asked instead, if there is one.
    pub(super) fn rejected(&mut self, run: &Run, answer: &Answer, why: &str) -> Option<Input> {
        let ask = run.state().ask(&answer.ask)?.id.clone();
        (self.put.get(&ask) == Some(&Put::Prepared)).then_some(())?;
        self.feed.tell(&Event::Notice(format!("the answer given beforehand for {} was not taken: {why}", ask.path)));
        self.ask_people(&ask, true)
    }

    fn ask_people(&mut self, ask: &AskId, was_rejected: bool) -> Option<Input> {
        if self.station.can_ask() {
            self.put.insert(ask.clone(), Put::People);
            return None;
        }
        self.put.insert(ask.clone(), Put::Nowhere);
        let reason =
            if was_rejected { AskUnavailableReason::AnswerDidNotFit } else { AskUnavailableReason::NoTerminal };
        Some(Input::AskUnavailable { ask: ask.clone(), reason })
    }

    /// The answers that no ask took.
    pub(super) fn into_answers(self) -> Answers {
        self.answers
    }
}
