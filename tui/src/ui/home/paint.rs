//! Lines on a page.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::ui::Theme;
use crate::ui::text::{cut, fit, shown, wrap};

/// One line, and how it looks.
pub(super) type Painted = (String, Style);

/// Header, body, a line for what is said, footer.
pub(super) fn page(frame: &Frame<'_>) -> [Rect; 4] {
    let rows = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)];
    Layout::vertical(rows).areas(frame.area())
}

/// The first line: the environment, and what this is.
pub(super) fn header(frame: &mut Frame<'_>, area: Rect, theme: Theme, environment: &str, what: &str) {
    let word = format!("[{}]", shown(environment).to_uppercase());
    let room = usize::from(area.width).saturating_sub(word.len() + 2);
    let spans = [
        Span::raw(" "),
        Span::styled(word, theme.environment(environment)),
        Span::raw(" "),
        Span::styled(cut(&shown(what), room).into_owned(), theme.label()),
    ];
    frame.render_widget(Line::from_iter(spans), area);
}

/// Lines from one of them on; what is longer than the row is cut.
pub(super) fn lines(frame: &mut Frame<'_>, area: Rect, all: &[Painted], from: usize) {
    for (row, (text, style)) in area.rows().zip(all.iter().skip(from)) {
        frame.render_widget(Line::styled(fit(text, area.width.into()), *style), row);
    }
}

/// The first line to show so that one of them is seen.
pub(super) fn from_so_that(seen: usize, height: u16) -> usize {
    (seen + 1).saturating_sub(height.into())
}

/// Keys and what they do, as many as there is room for.
pub(super) fn footer(frame: &mut Frame<'_>, area: Rect, hints: &[(&str, &str)]) {
    let mut text = String::new();
    for (key, does) in hints {
        let more = format!(" {key} {does} ");
        if text.len() + more.len() > usize::from(area.width) {
            break;
        }
        text.push_str(&more);
    }
    frame.render_widget(Line::raw(fit(&text, area.width.into())), area);
}

/// A text in lines of a width, all alike, each after a margin.
pub(super) fn paragraph(text: &str, width: u16, margin: usize, style: Style) -> Vec<Painted> {
    let room = usize::from(width).saturating_sub(margin + 1).max(1);
    wrap(&shown(text), room).into_iter().map(|line| (format!("{}{line}", " ".repeat(margin)), style)).collect()
}

/// A line that keeps its own indentation where it goes on below.
pub(super) fn indented(text: &str, width: u16, margin: usize, style: Style) -> Vec<Painted> {
    let blanks = text.chars().take_while(|c| *c == ' ').count().min(usize::from(width) / 3);
    paragraph(text.trim_start_matches(' '), width, margin + blanks, style)
}
