//! Whether an action can be done now, and why not.

use banister_core::run::{AskId, Command, RunningAtAbort, Word};

use super::{Action, RunModel};

impl RunModel {
    /// Why an action cannot be done now; `None` if it can. What only looks always can.
    pub(crate) fn why_not(&self, action: Action) -> Option<String> {
        let state = self.view.as_ref().map(banister_core::view::RunView::state);
        let is_held = state.is_some_and(|state| state.is_held());
        match action {
            Action::Asks if self.asking(|_| true).is_none() => Some("nobody is asked anything".to_owned()),
            Action::Retry if self.asking(|words| words.contains(&Word::Retry)).is_none() => {
                Some("nothing can be retried: `a` shows what is asked".to_owned())
            }
            Action::Undo if self.asking(|words| words.contains(&Word::Undo)).is_none() => {
                Some("nothing failed that has an undo".to_owned())
            }
            Action::Hold if is_held => Some("the run is held already".to_owned()),
            Action::Continue if !is_held => Some("the run is not held".to_owned()),
            Action::Hold => self.may_not(&Command::Hold),
            Action::Continue => self.may_not(&Command::Continue),
            Action::Abort => self.may_not(&Command::Abort { running: RunningAtAbort::Wait }),
            Action::Pen => self.may_not(&Command::Pen),
            Action::Note | Action::Decide | Action::Retry | Action::Undo => self.cannot_act(),
            _ => None,
        }
    }

    /// Why who looks may not give a command; `None` if he may.
    pub(crate) fn may_not(&self, command: &Command) -> Option<String> {
        if let Some(why) = self.cannot_act() {
            return Some(why);
        }
        let state = self.view.as_ref()?.state();
        if state.finished().is_some() {
            return Some("the run is over".to_owned());
        }
        state.may_command(&self.you, command).err().map(|rejected| rejected.to_string())
    }

    /// The first open ask whose words fit.
    pub(crate) fn asking(&self, fits: impl Fn(&[Word]) -> bool) -> Option<AskId> {
        let state = self.view.as_ref()?.state();
        state.asks().find(|ask| fits(&ask.words)).map(|ask| ask.id.clone())
    }
}
