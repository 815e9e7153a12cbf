//! What is typed to confirm a word.

use banister_core::plan::EffectClass;
use banister_core::run::{Word, name_to_type};
use banister_core::view::AskRow;

use crate::ui::run::RunModel;
use crate::ui::run::overlay::confirm::GO;

/// The phrase of a word at an ask; `None` where nothing may start or stop by it.
///
/// The run demands a phrase of some words itself. Of all others that let something start, stop or be left out, this
/// screen wants `go`, and the host's name where what destroys is run again: a slip of the fingers must not be one.
pub(super) fn phrase(word: Word, ask: &AskRow, run: &RunModel) -> Option<String> {
    match word {
        Word::Approve | Word::BreakGlass | Word::Override | Word::TakeOver => {
            Some(ask.typed.clone().unwrap_or_else(|| GO.to_owned()))
        }
        // The host is asked or looked at again, nothing else; the other two need their text.
        Word::AskAgain | Word::Wait | Word::Refuse => None,
        Word::Retry => Some(name_of_what_is_destroyed(ask, run).unwrap_or_else(|| GO.to_owned())),
        _ => Some(GO.to_owned()),
    }
}

fn name_of_what_is_destroyed(ask: &AskRow, run: &RunModel) -> Option<String> {
    let view = run.view.as_ref()?;
    let graph = view.state().graph();
    let task = graph.find(&ask.id.path)?;
    if graph.effect(task) != EffectClass::Destroy {
        return None;
    }
    Some(name_to_type(&view.plan().environment, graph.host(task)?.name.as_str()))
}
