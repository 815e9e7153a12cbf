//! The box of a dialog: a title, a text that scrolls, and a form below it that stays.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::ui::run::view::height;
use crate::ui::text::{cut, width};
use crate::ui::{Key, Theme};

/// Dialogs wider than this are hard to read.
const WIDEST: u16 = 128;
/// A dialog of fewer rows than this has none to spare between text and form.
const GAP: usize = 8;
/// Rows that a screen must have before its head stays in view.
const HEAD_STAYS: u16 = 18;

/// What a dialog shows.
pub(super) struct Sheet {
    /// Verb, target, count.
    pub(super) title: String,
    /// At the right of the title.
    pub(super) aside: String,
    /// Scrolls.
    pub(super) text: Vec<Line<'static>>,
    /// Stays.
    pub(super) form: Vec<Line<'static>>,
    /// It takes all rows there are.
    pub(super) is_tall: bool,
}

/// The room a dialog may take: the head and the footer stay in view where the screen has the rows.
pub(super) fn room(screen: Rect) -> Rect {
    room_within(screen, WIDEST)
}

/// The room of two columns beside each other.
pub(super) fn wide_room(screen: Rect) -> Rect {
    room_within(screen, 2 * WIDEST)
}

fn room_within(screen: Rect, widest: u16) -> Rect {
    let head = if screen.height >= HEAD_STAYS { height((screen.width, screen.height)) } else { 1 }.min(screen.height);
    let wide = screen.width.min(widest);
    Rect {
        x: screen.x + (screen.width - wide) / 2,
        y: screen.y + head,
        width: wide,
        height: screen.height.saturating_sub(head + 1),
    }
}

/// The same for a screen of this size.
pub(super) fn room_of(size: (u16, u16)) -> Rect {
    room(Rect::new(0, 0, size.0, size.1))
}

/// Cells of a line inside.
pub(super) fn inner_width(room: Rect) -> usize {
    usize::from(room.width.saturating_sub(4)).max(1)
}

/// Rows inside.
pub(super) fn inner_height(room: Rect) -> usize {
    usize::from(room.height.saturating_sub(2))
}

/// Rows that are left for the text above a form, and a row between them where there is room for one. The form is cut
/// before the text has no row at all.
pub(super) fn text_rows(room: Rect, form: usize) -> usize {
    let gap = form > 0 && inner_height(room) >= GAP;
    inner_height(room).saturating_sub(form + usize::from(gap)).max(1)
}

/// First line of a text that is shown; it never goes beyond the end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scroll {
    top: usize,
}

impl Scroll {
    /// Takes a key that scrolls a text of so many lines in so many rows; false for any other.
    pub(super) fn key(&mut self, key: Key, lines: usize, rows: usize) -> bool {
        let page = rows.saturating_sub(1).max(1);
        let top = self.top(lines, rows);
        self.top = match key {
            Key::Up => top.saturating_sub(1),
            Key::Down => top + 1,
            Key::PageUp => top.saturating_sub(page),
            Key::PageDown => top + page,
            Key::Home => 0,
            Key::End => lines,
            _ => return false,
        };
        self.top = self.top(lines, rows);
        true
    }

    /// The first line that is shown.
    pub(super) fn top(self, lines: usize, rows: usize) -> usize {
        self.top.min(lines.saturating_sub(rows))
    }

    /// Lines below the last one that is shown.
    pub(super) fn below(self, lines: usize, rows: usize) -> usize {
        lines.saturating_sub(self.top(lines, rows) + rows)
    }
}

/// Whether a key scrolls.
pub(super) fn scrolls(key: Key) -> bool {
    Scroll::default().key(key, 0, 0)
}

impl Sheet {
    /// Draws it at the bottom of its room.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, screen: Rect, scroll: Scroll, theme: Theme) {
        let room = room(screen);
        if room.height < 3 || room.width < 8 {
            return;
        }
        let form = self.form.len().min(inner_height(room).saturating_sub(1));
        let rows = text_rows(room, form);
        let wanted = self.text.len() + form + usize::from(form > 0 && !self.text.is_empty()) + 2;
        let height =
            if self.is_tall { room.height } else { room.height.min(u16::try_from(wanted).unwrap_or(u16::MAX)) };
        let area = Rect { y: room.y + room.height - height, height, ..room };
        frame.render_widget(Clear, area);
        let (top, below) = (scroll.top(self.text.len(), rows), scroll.below(self.text.len(), rows));
        frame.render_widget(block(area, theme, (&self.title, &self.aside), top, below), area);
        let inner = Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 };
        let shown: Vec<Line<'_>> = self.text.iter().skip(top).take(rows).cloned().collect();
        frame.render_widget(Paragraph::new(shown), inner);
        // What is typed is never out of sight: of a form that is too long the end is shown.
        let skipped = self.form.len() - form;
        let lines: Vec<Line<'_>> = self.form.iter().skip(skipped).cloned().collect();
        let high = u16::try_from(form).unwrap_or(inner.height).min(inner.height);
        let at = Rect { y: inner.y + inner.height - high, height: high, ..inner };
        frame.render_widget(Clear, at);
        frame.render_widget(Paragraph::new(lines), at);
    }
}

/// A box with a title and something at the right of it, and the lines of a text from `top` on, as many as there is room
/// for; how many are above and below stands in its lower edge.
pub(super) fn boxed(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    title: (&str, &str),
    text: &[Line<'static>],
    top: usize,
) {
    if area.height < 3 || area.width < 8 {
        return;
    }
    let rows = inner_height(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block(area, theme, title, top, text.len().saturating_sub(top + rows)), area);
    let inner = Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 };
    let shown: Vec<Line<'_>> = text.iter().skip(top).take(rows).cloned().collect();
    frame.render_widget(Paragraph::new(shown), inner);
}

fn block(area: Rect, theme: Theme, (title, aside): (&str, &str), top: usize, below: usize) -> Block<'static> {
    let room = usize::from(area.width.saturating_sub(4));
    let aside = if width(title) + width(aside) + 4 <= room { aside } else { "" };
    let title = cut(title, room.saturating_sub(width(aside) + 3)).into_owned();
    let mut block =
        Block::bordered().border_set(theme.borders()).title(Line::styled(format!(" {title} "), theme.label()));
    if !aside.is_empty() {
        block = block.title(Line::raw(format!(" {aside} ")).right_aligned());
    }
    let more = match (top, below) {
        (0, 0) => String::new(),
        (top, 0) => format!(" {top} lines above "),
        (0, below) => format!(" {below} lines more "),
        (top, below) => format!(" {top} lines above, {below} more "),
    };
    if !more.is_empty() && width(&more) + 4 <= usize::from(area.width) {
        block = block.title_bottom(Line::raw(more).right_aligned());
    }
    block
}
