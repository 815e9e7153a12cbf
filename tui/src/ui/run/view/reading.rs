//! What is on the screen until the run is known: half of what happened is drawn by nobody, since an ask that was answered
//! long ago would look open.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::super::{Link, RunScreen};
use super::{footer, frames, header};
use crate::ui::text::shown;

/// Draws the page.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect) {
    let [body, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    let model = &screen.model;
    let mut lines = Vec::new();
    if let Some(view) = model.view.as_ref().filter(|_| model.link != Link::Connecting) {
        lines.push(format!(" {}  run {}", shown(&view.plan().runbook), header::short_id(&model.run)));
        lines.push(format!(" reading what happened so far: {} of {} records", model.reached, model.awaited));
    } else {
        lines.push(" connecting to the engine ..".to_owned());
    }
    frames::lines(frame, body, lines.into_iter().map(Line::raw));
    footer::draw(screen, frame, foot);
}
