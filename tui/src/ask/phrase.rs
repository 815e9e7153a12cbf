//! What is typed to confirm a word, on the screen as in plain lines.

use banister_core::plan::EffectClass;
use banister_core::run::{AskId, Word, name_to_type};
use banister_core::view::RunView;

/// What is typed in confirmation of a change.
pub(crate) const GO: &str = "go";

/// The phrase of a word at an ask; `None` where nothing may start or stop by it. `typed`: what the ask itself wants.
///
/// The run demands a phrase of some words itself. Of all others that let something start, stop or be left out, `go` is
/// wanted, and the host's name where what destroys is run again: a slip of the fingers must not be one.
pub(crate) fn phrase(word: Word, ask: &AskId, typed: Option<&str>, view: Option<&RunView>) -> Option<String> {
    match word {
        _ if word.is_typed() => Some(typed.unwrap_or(GO).to_owned()),
        // The host is asked or looked at again, nothing else; the other two need their text.
        Word::AskAgain | Word::Wait | Word::Refuse => None,
        Word::Retry => {
            Some(view.and_then(|view| name_of_what_is_destroyed(ask, view)).unwrap_or_else(|| GO.to_owned()))
        }
        _ => Some(GO.to_owned()),
    }
}

/// What is typed to end a run: the beginning of its id, as it is shown.
pub(crate) fn phrase_of_run(id: &str) -> String {
    id.chars().take(8).collect()
}

fn name_of_what_is_destroyed(ask: &AskId, view: &RunView) -> Option<String> {
    let graph = view.state().graph();
    let task = graph.find(&ask.path)?;
    if graph.effect(task) != EffectClass::Destroy {
        return None;
    }
    Some(name_to_type(&view.plan().environment, graph.host(task)?.name.as_str()))
}
