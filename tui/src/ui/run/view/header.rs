//! The first lines of every page: where this is, NOW, NEXT, IF IT FAILS.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::RunScreen;
use crate::ui::text::{fit, shown};

/// Draws the four lines.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let model = &screen.model;
    let Some(view) = &model.view else {
        frame.render_widget(Line::raw(" connecting to the engine .."), area);
        return;
    };
    let environment = shown(&view.plan().environment).to_uppercase();
    let lines = [
        format!(
            " [{environment}] {}  run {}  {}",
            shown(&view.plan().runbook),
            model.run,
            now.wall.format("%H:%M:%SZ")
        ),
        format!(" NOW    {}", view.now().map(|row| row.path.to_string()).collect::<Vec<_>>().join(", ")),
        format!(" NEXT   {}", view.next().map(|row| row.path.to_string()).unwrap_or_default()),
        format!(" IF IT FAILS  {}", shown(view.if_it_fails())),
    ];
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(Line::raw(fit(&line, area.width.into())), row);
    }
}
