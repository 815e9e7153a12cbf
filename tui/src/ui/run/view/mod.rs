//! Draws a run's screen.

mod header;

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;

use super::RunScreen;
use crate::ui::text::fit;

/// Draws the page.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, now: &Now) {
    let [head, _body, foot] =
        Layout::vertical([Constraint::Length(4), Constraint::Fill(1), Constraint::Length(1)]).areas(frame.area());
    header::draw(screen, frame, head, now);
    let keys: Vec<String> = screen.footer().iter().map(|(key, says)| format!("{key} {says}")).collect();
    frame.render_widget(Line::raw(fit(&format!(" {}", keys.join("  ")), foot.width.into())), foot);
}
