//! A screen: a model, an update, a view.

use banister_core::run::Now;
use ratatui::Frame;

use super::{Message, Order};

/// A screen without clock, terminal and socket.
pub(crate) trait Program {
    /// Takes what happened; gives what shall be done.
    fn update(&mut self, message: Message, now: &Now) -> Vec<Order>;

    /// Draws the screen as it is.
    fn draw(&self, frame: &mut Frame<'_>, now: &Now);
}
