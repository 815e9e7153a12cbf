//! How an ask ended.

use banister_core::run::{Actor, AskId};

use crate::ui::run::RunModel;

/// The end of an ask.
pub(super) struct End {
    /// Who said the last word, where somebody did.
    pub(super) by: Option<Actor>,
    /// In one sentence.
    pub(super) says: String,
}

/// The end of an ask that is open no longer; `None` while it is.
pub(super) fn end_of(ask: &AskId, run: &RunModel) -> Option<End> {
    let view = run.view.as_ref()?;
    if view.state().ask(ask).is_some() {
        return None;
    }
    let wait = view.waits().iter().rev().find(|wait| wait.ask == *ask);
    let Some(said) = wait.and_then(|wait| wait.said.last()) else {
        return Some(End { by: None, says: "it is asked no more: what it was about is over".to_owned() });
    };
    let because = said.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
    Some(End { by: Some(said.by.clone()), says: format!("{} said `{}`{because}", said.by, said.word) })
}
