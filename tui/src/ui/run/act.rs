//! What each action does on a run's screen: it moves (`moving.rs`), opens something (`opening.rs`), or is the screen's own.

use banister_core::run::Now;

use super::{Action, Page, RunScreen};
use crate::ui::Order;

impl RunScreen {
    /// Does what an action says. What changes the run opens a dialog.
    pub(super) fn act(&mut self, action: Action, now: &Now) -> Vec<Order> {
        match action {
            Action::LocalTime => self.model.local_time = !self.model.local_time,
            Action::Copy => return self.copy(now),
            Action::Redraw => return vec![Order::Redraw],
            Action::Suspend => return vec![Order::Suspend],
            // From a page of its own the same key leads back to the run.
            Action::Detach if self.place.page != Page::Run => self.place.page = Page::Run,
            Action::Detach => return vec![Order::Leave],
            _ if self.pages(action) => {}
            _ if self.moves(action) => {}
            _ => return self.opens(action, now),
        }
        Vec::new()
    }
}
