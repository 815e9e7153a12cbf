//! The line above a page that scrolls as a whole.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::RunScreen;
use crate::ui::text::{cut, shown, width};

/// Draws it; gives the room below.
pub(super) fn head(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect, summary: &str) -> Rect {
    if area.height == 0 {
        return area;
    }
    let rule = if screen.model.theme.boxes { '─' } else { '-' };
    let place = &screen.place;
    let search = match &place.search {
        Some(text) if place.is_typing => format!("  / {}_", shown(text)),
        Some(text) => format!("  / {}", shown(text)),
        None if place.is_typing => "  / _".to_owned(),
        None => String::new(),
    };
    let cells = usize::from(area.width);
    let text = cut(&format!("{rule}{rule} {summary}{search} "), cells).into_owned();
    let rest = cells.saturating_sub(width(&text));
    let line = format!("{text}{}", rule.to_string().repeat(rest));
    frame.render_widget(Line::styled(line, screen.model.theme.label()), Rect { height: 1, ..area });
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}
