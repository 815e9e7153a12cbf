//! People who say what they like: mostly a word that is offered, sometimes a wrong one.

use crate::run::{Actor, Answer, Ask, AskKind, Command, RunningAtAbort, Word};
use crate::world::random::Random;

pub(super) const WORDS: [Word; 19] = [
    Word::Continue,
    Word::Approve,
    Word::Refuse,
    Word::Done,
    Word::Skip,
    Word::Retry,
    Word::Exclude,
    Word::ByHand,
    Word::Undo,
    Word::Shell,
    Word::HandOver,
    Word::AskAgain,
    Word::Failed,
    Word::Wait,
    Word::Kill,
    Word::Leave,
    Word::Override,
    Word::TakeOver,
    Word::BreakGlass,
];

pub(super) fn person(name: &str, uid: u32) -> Actor {
    Actor::Person { name: name.to_owned(), uid: Some(uid), groups: vec!["sre".to_owned()] }
}

/// The starter first; the last is none of those whom some approvals want.
pub(super) fn people() -> [Actor; 3] {
    let carol = Actor::Person { name: "carol".to_owned(), uid: Some(1002), groups: vec!["dev".to_owned()] };
    [person("alice", 1000), person("bob", 1001), carol]
}

/// An answer with everything its word could need.
pub(super) fn whole_answer(ask: &Ask, word: Word) -> Answer {
    Answer {
        ask: ask.id.clone(),
        word,
        reason: Some("because".to_owned()),
        evidence: Some("seen".to_owned()),
        fact: Some("12".to_owned()),
        plan: None,
        typed: ask.typed.clone(),
        wait_ms: Some(5_000),
        prepared: false,
    }
}

/// What somebody says; `true` if it must be rejected.
///
/// What a word needs is written down here once more, and `Word::needs` is not asked: a rule cannot judge itself.
pub(super) fn any_answer(random: &mut Random, ask: &Ask, likes: &[Word]) -> (Answer, bool) {
    if random.permille(80) {
        let word = *random.pick(&WORDS).unwrap_or(&Word::Skip);
        return (whole_answer(ask, word), !ask.words.contains(&word));
    }
    // Refusals, hand-overs and the like end too many nights too early.
    let mut word = *random.pick(&ask.words).unwrap_or(&Word::Skip);
    if matches!(word, Word::Refuse | Word::HandOver | Word::BreakGlass)
        && !likes.contains(&word)
        && random.permille(800)
    {
        word = ask.words[0];
    }
    let mut answer = whole_answer(ask, word);
    let mut wrong = false;
    match random.below(14) {
        0 => {
            answer.reason = Some("  ".to_owned());
            wrong = match word {
                Word::Refuse
                | Word::Skip
                | Word::Exclude
                | Word::Override
                | Word::Failed
                | Word::TakeOver
                | Word::BreakGlass => true,
                Word::Retry => ask.kind == AskKind::Unknown,
                _ => false,
            };
        }
        1 => {
            answer.evidence = None;
            wrong = matches!(word, Word::ByHand | Word::Done);
        }
        2 => {
            answer.wait_ms = None;
            wrong = word == Word::Wait;
        }
        3 => {
            answer.typed = Some("yes".to_owned());
            wrong = ask.typed.is_some()
                && matches!(word, Word::Approve | Word::Override | Word::TakeOver | Word::BreakGlass);
        }
        4 => {
            answer.fact = Some("13".to_owned());
            wrong = ask.fact.is_some() && matches!(word, Word::Approve | Word::BreakGlass);
        }
        5 => {
            answer.plan = Some("sha256:other".to_owned());
            wrong = matches!(word, Word::Approve | Word::BreakGlass);
        }
        6 => {
            answer.prepared = true;
            wrong = word == Word::BreakGlass;
        }
        _ => {}
    }
    (answer, wrong)
}

/// The word that brings a run to its end.
pub(super) fn calm_answer(ask: &Ask, time: u32) -> Answer {
    let word = match ask.kind {
        AskKind::Pause => Word::Continue,
        // Sooner or later those who may are all asleep.
        AskKind::Approve if time > 6 && ask.words.contains(&Word::BreakGlass) => Word::BreakGlass,
        AskKind::Approve => Word::Approve,
        AskKind::Manual | AskKind::Verify => Word::Done,
        AskKind::Failure if time < 3 || !ask.words.contains(&Word::Skip) => Word::Retry,
        AskKind::Failure => Word::Skip,
        AskKind::Unknown if time < 3 => Word::AskAgain,
        AskKind::Unknown => Word::Failed,
        AskKind::Timeout => Word::Kill,
        AskKind::GateTimeout => Word::Override,
        AskKind::Stuck => Word::ByHand,
        AskKind::Lock => Word::TakeOver,
    };
    whole_answer(ask, word)
}

/// What an operator says out of the blue.
pub(super) fn command(random: &mut Random) -> Command {
    match random.below(80) {
        0..=11 => Command::Hold,
        12..=55 => Command::Continue,
        56..=66 => Command::Note { text: "heard from the network".to_owned(), at: None },
        67..=70 => Command::Decide { text: "we go on".to_owned() },
        71..=78 => Command::Pen,
        _ => abort(random),
    }
}

pub(super) fn abort(random: &mut Random) -> Command {
    let all = [RunningAtAbort::Wait, RunningAtAbort::Kill, RunningAtAbort::Leave];
    Command::Abort { running: *random.pick(&all).unwrap_or(&RunningAtAbort::Wait) }
}
