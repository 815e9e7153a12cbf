//! What each word does.

use banister_core::run::{AskKind, Word};

/// What a word does, in one clause.
pub(crate) fn does(word: Word, kind: AskKind) -> &'static str {
    match (word, kind) {
        (Word::Continue, _) => "the run goes on",
        (Word::Approve, _) => "you agree to exactly what is shown above",
        (Word::Refuse, AskKind::Lock) => "leave it to the other run, with a reason: this one ends, nothing was changed",
        (Word::Refuse, _) => "you do not agree: the run stops, with your reason",
        (Word::Done, AskKind::Verify) => "it did what it should, and you say what shows it",
        (Word::Done, _) => "you did it, and you say what shows it",
        (Word::Skip, _) => "leave this step out, with a reason; what needs it goes on",
        (Word::Retry, AskKind::Unknown) => "run it again although it may have run, with a reason",
        (Word::Retry, AskKind::Lock) => "look whether the other run is over now",
        (Word::Retry, _) => "run it again",
        (Word::Exclude, AskKind::GateTimeout) => "leave out the hosts where it does not hold, with a reason",
        (Word::Exclude, _) => "leave this host out from here on, with a reason",
        (Word::ByHand, _) => "you did it yourself, and you say what shows it",
        (Word::Undo, _) => "run the step's undo",
        (Word::Shell, _) => "a recorded shell on this host; then it is looked at again",
        (Word::HandOver, _) => "you lay the pen down; whoever takes it answers",
        (Word::AskAgain, _) => "ask the host once more",
        (Word::Failed, _) => "it did fail, and you say why you know",
        (Word::Wait, AskKind::GateTimeout) => "look for another while",
        (Word::Wait, _) => "let it run for another while",
        (Word::Kill, _) => "stop it and its whole process tree",
        (Word::Leave, _) => "leave it running; its outcome stays unknown",
        (Word::TakeOver, _) => "it is this run's from here on, the other one is refused there; with a reason",
        (Word::BreakGlass, _) => "grant alone what others should, with a reason: it stands first in every report",
        (Word::Override, _) => "go on although it does not hold, with a reason",
    }
}
