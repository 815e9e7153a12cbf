//! The last line: keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::RunScreen;
use crate::ui::text::width;

/// Draws as many hints as there is room for; a hint that is cut is none. The way out comes last and is kept.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let hints = screen.footer();
    let cells = |(key, says): &(String, &str)| width(key) + 1 + width(says);
    let room = usize::from(area.width).saturating_sub(2);
    let last = hints.last().map_or(0, |hint| cells(hint) + 2);
    let (mut used, mut kept) = (0, Vec::new());
    for hint in hints.iter().take(hints.len().saturating_sub(1)) {
        if used + cells(hint) + 2 + last > room {
            break;
        }
        used += cells(hint) + 2;
        kept.push(hint);
    }
    kept.extend(hints.last().filter(|hint| used + cells(hint) <= room));
    let mut spans = vec![Span::raw(" ")];
    for (key, says) in kept {
        spans.push(Span::styled(key.clone(), screen.model.theme.label()));
        spans.push(Span::raw(format!(" {says}  ")));
    }
    frame.render_widget(Line::from(spans), area);
}
