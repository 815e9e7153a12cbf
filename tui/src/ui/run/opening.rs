//! Opening pages and dialogs.

use banister_core::run::Now;

use super::{Action, Page, RunScreen};
use crate::ui::Order;

impl RunScreen {
    /// Opens what an action asks for.
    pub(super) fn opens(&mut self, action: Action, _now: &Now) -> Vec<Order> {
        match action {
            Action::Timeline => self.place.page = Page::Timeline,
            Action::Plan => self.place.page = Page::Plan,
            _ => {}
        }
        Vec::new()
    }
}
