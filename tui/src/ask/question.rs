//! An ask as a person should see it.

use std::fmt::Write as _;

use banister_core::run::{Ask, AskId, Word};
use banister_core::runbook::HostName;
use banister_core::source::visible;

use super::words::does;
use crate::attach::Board;

/// What leads from an ask to everything else that can be done.
pub(super) const MORE: &str = "more";

/// An ask, and what this person can say to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// What is asked, and what may be said.
    pub(super) ask: Ask,
    /// The host it is about.
    pub(super) host: Option<HostName>,
    /// What to tell the operator.
    pub(super) if_it_fails: String,
    /// The plan's hash, to be given with an approval.
    pub(super) plan_hash: String,
    /// Why this person cannot say a word, for each that he cannot.
    pub(super) not_yours: Vec<(Word, String)>,
}

impl Question {
    /// The first open ask that was not put aside.
    pub(super) fn first(board: &Board, aside: &[AskId]) -> Option<Self> {
        let view = board.view();
        let state = view.state();
        let ask = state.asks().find(|ask| ask.unavailable.is_none() && !aside.contains(&ask.id))?;
        let graph = state.graph();
        let task = graph.find(&ask.id.path);
        let step = task.and_then(|task| graph.step(task));
        let refused = |word: &Word| Some((*word, state.may_say(&board.you, ask, *word).err()?.to_string()));
        Some(Self {
            ask: ask.clone(),
            host: task.and_then(|task| graph.host(task)).map(|host| host.name.clone()),
            if_it_fails: step.map_or_else(|| view.plan().if_it_fails.clone(), |step| step.if_it_fails.clone()),
            plan_hash: state.plan_hash().to_owned(),
            not_yours: ask.words.iter().filter_map(refused).collect(),
        })
    }

    /// Whether this person can say anything to it.
    pub(super) fn is_for_you(&self) -> bool {
        self.not_yours.len() < self.ask.words.len()
    }

    /// What is asked.
    pub(super) fn asked(&self) -> String {
        let ask = &self.ask;
        let mut text = format!("\nASK {}\n    {}\n", ask.id.path, visible(&ask.question).replace('\n', "\n    "));
        if let Some(host) = self.host.as_ref().filter(|host| ask.id.path.host() != Some(host)) {
            let _ = writeln!(text, "    host: {host}");
        }
        let _ = writeln!(text, "    if it fails: {}", visible(&self.if_it_fails));
        if ask.words.contains(&Word::Approve) {
            let _ = writeln!(text, "    plan: {}", self.plan_hash);
        }
        if !self.is_for_you() {
            let why = self.not_yours.first().map_or("", |(_, why)| why);
            let _ = writeln!(text, "    this is not yours to answer: {}", visible(why));
        }
        text
    }

    /// What can be said to it; `0` is the same at every ask.
    pub(super) fn choices(&self) -> String {
        let (ask, mut text) = (&self.ask, String::new());
        let width = ask.words.iter().map(|word| word.as_str().len()).max().unwrap_or(0);
        for (n, word) in ask.words.iter().enumerate() {
            let why = self.not_yours.iter().find(|(other, _)| other == word);
            let why = why.map_or_else(String::new, |(_, why)| format!(" (not you: {})", visible(why)));
            let _ = writeln!(text, "  {}  {:<width$}  {}{why}", n + 1, word.as_str(), does(*word, ask.kind));
        }
        let _ = writeln!(text, "  0  {MORE:<width$}  anything else: decide later, note, plan, hold, abort");
        text
    }
}

#[cfg(test)]
mod tests {
    use banister_core::plan::StepPath;
    use banister_core::run::{Ask, AskKind, BootId, Stamp};

    use super::*;

    fn question(not_yours: &[Word]) -> Question {
        let since =
            Stamp { wall: chrono::DateTime::from_timestamp(0, 0).unwrap(), elapsed: 0, boot: BootId("b".into()) };
        let path = StepPath::parse("restart/@web-2/stop").unwrap();
        Question {
            host: path.host().cloned(),
            ask: Ask {
                id: AskId { path, number: 3 },
                kind: AskKind::Failure,
                question: "stop: ended with status 1 \x1b[2J".into(),
                words: vec![Word::Retry, Word::Skip, Word::ByHand, Word::Shell],
                typed: None,
                fact: None,
                since,
                unavailable: None,
            },
            if_it_fails: "Call the owner.".into(),
            plan_hash: "sha256:00".into(),
            not_yours: not_yours.iter().map(|word| (*word, "alice has the pen".to_owned())).collect(),
        }
    }

    #[test]
    fn a_question_shows_what_each_word_does_and_hides_nothing() {
        let question = question(&[Word::Skip]);
        insta::assert_snapshot!(question.asked() + &question.choices());
    }

    #[test]
    fn what_somebody_else_must_answer_says_so() {
        insta::assert_snapshot!(question(&[Word::Retry, Word::Skip, Word::ByHand, Word::Shell]).asked());
    }
}
