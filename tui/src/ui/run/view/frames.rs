//! Rules, boxes and rows.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::ui::Theme;
use crate::ui::text::{cut, width};

/// What stands above a pane.
pub(super) struct Title {
    pub(super) left: String,
    pub(super) right: String,
    /// Keys go there.
    pub(super) focus: bool,
}

impl Title {
    pub(super) fn new(left: impl Into<String>, right: impl Into<String>, focus: bool) -> Self {
        Self { left: left.into(), right: right.into(), focus }
    }

    /// Whether a line of so many cells has room for this at the right.
    pub(super) fn has_room(&self, right: &str, cells: usize) -> bool {
        width(&self.left).min(cells.saturating_sub(6)) + 4 + width(right) + 5 <= cells
    }

    /// The title in a line of so many cells; the right side goes first where there is too little room.
    fn line(&self, theme: Theme, cells: usize, edge: usize) -> Line<'static> {
        let dash = theme.borders().horizontal_top;
        let left = cut(&self.left, cells.saturating_sub(6)).into_owned();
        let fixed = width(&left) + 4;
        let has_right = !self.right.is_empty() && self.has_room(&self.right, cells);
        let right = if has_right { format!(" {} ", self.right) } else { String::new() };
        let style = if self.focus { theme.label().add_modifier(Modifier::REVERSED) } else { theme.label() };
        let tail = if right.is_empty() { 0 } else { edge };
        let fill = cells.saturating_sub(fixed + width(&right) + tail);
        Line::from(vec![
            Span::styled(dash.repeat(2.min(cells)), theme.dim()),
            Span::styled(format!(" {left} "), style),
            Span::styled(dash.repeat(fill), theme.dim()),
            Span::raw(right),
            Span::styled(dash.repeat(tail), theme.dim()),
        ])
    }
}

/// Draws a rule with a title and gives what is below it.
pub(super) fn rule(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &Title) -> Rect {
    if area.is_empty() {
        return area;
    }
    frame.render_widget(title.line(theme, area.width.into(), 2), Rect { height: 1, ..area });
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// Draws a box with a title and gives what is in it.
pub(super) fn boxed(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &Title) -> Rect {
    if area.width < 4 || area.height < 2 {
        return Rect { height: 0, ..area };
    }
    let set = theme.borders();
    let line = |left: &str, middle: Line<'static>, right: &str| {
        let mut spans = vec![Span::styled(left.to_owned(), theme.dim())];
        spans.extend(middle.spans);
        spans.push(Span::styled(right.to_owned(), theme.dim()));
        Line::from(spans)
    };
    let inner = usize::from(area.width - 2);
    let mut top = title.line(theme, inner, 0);
    // One dash is enough before the title of a box.
    if let Some(first) = top.spans.first_mut() {
        *first = Span::styled(set.horizontal_top, theme.dim());
    }
    top.spans.push(Span::styled(set.horizontal_top, theme.dim()));
    frame.render_widget(line(set.top_left, top, set.top_right), Rect { height: 1, ..area });
    let bottom = Line::styled(set.horizontal_bottom.repeat(inner), theme.dim());
    frame.render_widget(
        line(set.bottom_left, bottom, set.bottom_right),
        Rect { y: area.bottom() - 1, height: 1, ..area },
    );
    for y in area.y + 1..area.bottom() - 1 {
        let side = |x: u16, symbol: &'static str, frame: &mut Frame<'_>| {
            frame.render_widget(Span::styled(symbol, theme.dim()), Rect { x, y, width: 1, height: 1 });
        };
        side(area.x, set.vertical_left, frame);
        side(area.right() - 1, set.vertical_right, frame);
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// Writes at the right of a box's lower edge; the first of some texts that it has room for.
pub(super) fn lower_edge(frame: &mut Frame<'_>, area: Rect, texts: &[String]) {
    let fits = |text: &&String| width(text) + 6 <= usize::from(area.width);
    let Some(text) = texts.iter().find(fits).filter(|_| area.height >= 2) else { return };
    let text = format!(" {text} ");
    let cells = u16::try_from(width(&text)).unwrap_or(area.width);
    let at = Rect { x: area.right() - 2 - cells, y: area.bottom() - 1, width: cells, height: 1 };
    frame.render_widget(Line::raw(text), at);
}

/// Draws lines from the top of an area, as many as it has room for.
pub(super) fn lines<'a>(frame: &mut Frame<'_>, area: Rect, lines: impl IntoIterator<Item = Line<'a>>) {
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(line, row);
    }
}

/// The first of `len` rows that are shown in `height`, with the cursor's as near to the middle as it can be.
pub(super) fn window(cursor: usize, len: usize, height: usize) -> usize {
    cursor.saturating_sub(height / 2).min(len.saturating_sub(height))
}

/// `>` for the row under the cursor, `!` for one that wants somebody, `+` for a folded one.
pub(super) fn mark(theme: Theme, cursor: bool, attention: bool, folded: bool) -> Span<'static> {
    let style = if attention { theme.attention() } else { theme.cursor() };
    Span::styled(
        match (cursor, attention, folded) {
            (true, true, _) => ">! ",
            (true, false, true) => ">+ ",
            (true, false, false) => " > ",
            (false, true, _) => " ! ",
            (false, false, true) => " + ",
            (false, false, false) => "   ",
        },
        style,
    )
}

/// A style that the cursor's row has.
pub(super) fn row_style(theme: Theme, cursor: bool) -> Style {
    if cursor { theme.cursor() } else { Style::new() }
}
