//! A screen: a model, an update, a view.

use banister_core::run::Now;
use ratatui::Frame;

use super::{Heard, Message, Order};

/// A screen without clock, terminal and socket. `N` is what it hears from elsewhere.
pub(crate) trait Program<N = Heard> {
    /// Takes what happened; gives what shall be done.
    fn update(&mut self, message: Message<N>, now: &Now) -> Vec<Order>;

    /// Draws the screen as it is.
    fn draw(&self, frame: &mut Frame<'_>, now: &Now);

    /// Whether there is something to see yet. What was waited for is shown at once, not with the next frame.
    fn is_ready(&self) -> bool {
        true
    }

    /// Whether the screen is another one only because time passed: a clock, what is counted in seconds.
    fn ticks(&self) -> bool {
        true
    }
}
