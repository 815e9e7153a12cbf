//! A page of many entries, of which only those that are seen are laid out.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// The first entry that is shown, if the last ones shall be shown and fill the rows.
pub(super) fn last_top(rows: usize, count: usize, lines: impl Fn(usize) -> usize) -> usize {
    let mut used = 0;
    let mut top = count;
    while top > 0 {
        used += lines(top - 1).max(1);
        if used > rows {
            break;
        }
        top -= 1;
    }
    // One that is longer than the page is shown from its beginning.
    top.min(count.saturating_sub(1))
}

/// Draws entries from `top` on, or the last ones. Gives the first and the last that are seen.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    count: usize,
    top: Option<usize>,
    entry: impl Fn(usize) -> Vec<Line<'static>>,
) -> (usize, usize) {
    let rows = usize::from(area.height);
    let end = last_top(rows, count, |n| entry(n).len());
    let top = top.map_or(end, |top| top.min(end));
    let (mut y, mut at) = (area.y, top);
    while at < count && y < area.y + area.height {
        for line in entry(at) {
            if y >= area.y + area.height {
                break;
            }
            frame.render_widget(line, Rect { y, height: 1, ..area });
            y += 1;
        }
        at += 1;
    }
    (top, at)
}
