//! The line above the footer: what is typed, what was said, or a warning about what runs.

use banister_core::run::Now;
use banister_core::view::{RunningRow, duration};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::{Page, Pane, RunScreen};
use super::clock;
use super::hosts::{alive, quiet};
use super::now::most_pressing;
use crate::ui::text::{cut, fit, shown, width};

/// A message is the most important line for so long.
const FRESH: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// An ask is named in no fewer cells.
const LEAST: usize = 20;

/// Draws the line.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    if area.is_empty() {
        return;
    }
    let (model, place, cells) = (&screen.model, &screen.place, usize::from(area.width));
    if place.is_typing {
        let what = if place.page == Page::Run && place.pane != Pane::Output { "filter" } else { "search" };
        let text = format!(" {what} /{}_", shown(place.text().unwrap_or_default()));
        let keys = "enter keeps  esc drops ";
        let line = if width(&text) + width(keys) + 2 < cells {
            format!("{}{keys}", fit(&text, cells - width(keys)))
        } else {
            text
        };
        return frame.render_widget(Line::styled(line, model.theme.label()), area);
    }
    let silent = silence(screen, now);
    let beside = silent.as_ref().map(|(_, short)| short.clone());
    let left = cells.saturating_sub(6 + beside.as_ref().map_or(0, |short| width(short)));
    // An ask is said first, but what runs meanwhile is not forgotten where both can be said.
    let (beside, left) = if left >= LEAST { (beside, left) } else { (None, cells.saturating_sub(3)) };
    let warning = match asked(screen, left) {
        Some(asked) => Some((asked, beside.clone().unwrap_or_default())),
        None => lacking(screen).or(silent.map(|(says, _)| says)).map(|says| (says, String::new())),
    };
    // What calls for a person is said as long as it is so, not as long as it is new.
    let calls = |text: &str| text.starts_with("ASK ") || text.starts_with("HELD ");
    let said = model.messages.iter().rev().find(|said| !calls(&said.text));
    // A call that came after what was said is the news.
    let is_called = model.messages.last().is_some_and(|last| calls(&last.text));
    let is_fresh = !is_called && said.is_some_and(|said| now.wall - said.at <= FRESH);
    let count = model.messages.len();
    let (text, right, attention) = match (said, warning) {
        (Some(said), _) if is_fresh => {
            (shown(&said.text), beside.unwrap_or_else(|| format!("m messages {count}")), said.attention)
        }
        (_, Some((says, beside))) => (says, beside, true),
        // What was said a while ago may be true no longer: it says when that was.
        (Some(said), None) => {
            (format!("{} {}", clock(model, said.at), shown(&said.text)), format!("m messages {count}"), false)
        }
        (None, None) => return,
    };
    let style = if attention { model.theme.attention() } else { Style::new() };
    let mark = if attention { " ! " } else { "   " };
    let room = cells.saturating_sub(3);
    let right_cells = if right.is_empty() { 0 } else { width(&right) + 3 };
    let line = if width(&text) + right_cells <= room {
        vec![Span::styled(fit(&text, room - right_cells), style), Span::raw(format!("  {right} "))]
    } else {
        vec![Span::styled(cut(&text, room).into_owned(), style)]
    };
    let mut spans = vec![Span::styled(mark, style)];
    spans.extend(line);
    frame.render_widget(Line::from(spans), area);
}

/// What waits for a person, in so many cells: which key opens it is said whatever is cut.
fn asked(screen: &RunScreen, cells: usize) -> Option<String> {
    let board = screen.model.board()?;
    let first = board.asks.first()?;
    let more = if board.asks.len() > 1 { format!(" and {} more", board.asks.len() - 1) } else { String::new() };
    let name = board.name(&first.id.path);
    Some(format!("ASK {}{more}: press a", cut(&name, cells.saturating_sub(width(&more) + 13))))
}

/// What brings a run what its engine lacks: NOW says what that is, and has no room for both.
fn lacking(screen: &RunScreen) -> Option<String> {
    let (why, _) = screen.model.view.as_ref()?.lacks()?;
    let (_, what_to_do) = why.split_once(": ")?;
    Some(shown(what_to_do))
}

/// A command that has said nothing for a while, and whether its process is known to live: in a sentence, and short.
fn silence(screen: &RunScreen, now: &Now) -> Option<(String, String)> {
    let board = screen.model.board()?;
    // Who looks at the output of one command wants to know about that one.
    let looks = screen.place.pane == Pane::Output;
    let looked = looks.then(|| screen.looked()).flatten();
    let row = looked.and_then(|looked| board.now.iter().find(|row| row.path == looked.path && row.host == looked.host));
    let row = row.or_else(|| most_pressing(board, now))?;
    let host = row.host.as_ref()?;
    let (silent, lived) = signs(screen, row, now)?;
    let lives = lived.as_ref().map(|ago| format!(", its process lived {ago} ago")).unwrap_or_default();
    let alive = lived.as_ref().map(|ago| format!(", alive {ago} ago")).unwrap_or_default();
    Some((format!("{host}: no output for {silent}{lives}"), format!("{host} quiet {silent}{alive}")))
}

/// For how long a command that runs has printed nothing, if that is long, and how long ago its process was seen alive.
pub(super) fn signs(screen: &RunScreen, row: &RunningRow, now: &Now) -> Option<(String, Option<String>)> {
    let host = row.host.as_ref()?;
    let silent = quiet(&screen.model, &row.path, host, row, now)?.ms;
    let lived = alive(&screen.model, row, host, now).map(seconds);
    (silent >= super::hosts::QUIET_MS).then(|| (seconds(silent), lived))
}

/// `14s`, from a minute on `1:04`.
pub(super) fn seconds(ms: u64) -> String {
    if ms < 60_000 { format!("{}s", ms / 1000) } else { duration(ms / 1000 * 1000) }
}
