//! The pane of the steps.

use banister_core::run::Now;
use banister_core::view::{StepRow, duration};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::board::{Group, StepItem, StepLine, is_trouble, short_names, tries};
use super::super::{Board, Pane, RunScreen};
use super::frames::{Title, mark, row_style, window};
use super::{frames, hosts, left};
use crate::ui::text::{cut, fit, fit_right, shown, width};

/// What stands above it: how many lines have which state.
pub(super) fn title(screen: &RunScreen, board: &Board) -> Title {
    let counts: Vec<String> = board.counts().iter().map(|(count, word)| format!("{count} {word}")).collect();
    let counts = counts.join("  ");
    let filter = screen.place.step_filter.as_deref().map(|text| format!("  /{}", shown(text))).unwrap_or_default();
    Title::new(format!("steps  {counts}{filter}"), "", screen.place.pane == Pane::Steps)
}

/// The same with how long is left, as much of it as so many cells have room for.
pub(super) fn title_with_left(screen: &RunScreen, board: &Board, cells: usize, now: &Now) -> Title {
    let mut title = title(screen, board);
    let words = left::words(&screen.model, now).into_iter();
    title.right = words.into_iter().find(|text| title.has_room(text, cells)).unwrap_or_default();
    title
}

/// Draws the rows around the cursor.
pub(super) fn draw(screen: &RunScreen, board: &Board, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let lines = rows(screen, board, area.width.into(), area.height.into(), now);
    frames::lines(frame, area, lines);
}

/// The rows as lines.
pub(super) fn rows(screen: &RunScreen, board: &Board, cells: usize, height: usize, now: &Now) -> Vec<Line<'static>> {
    let items = screen.model.step_items(board, &screen.place);
    if items.is_empty() {
        return vec![Line::raw("   no step fits the filter; esc drops it")];
    }
    let cursor = Board::cursor_of(&items, screen.place.step.as_ref());
    let first = window(cursor, items.len(), height);
    let shown = items.iter().enumerate().skip(first).take(height);
    shown.map(|(at, item)| row(screen, board, item, at == cursor, cells, now)).collect()
}

fn row(screen: &RunScreen, board: &Board, item: &StepItem<'_>, cursor: bool, cells: usize, now: &Now) -> Line<'static> {
    match item {
        StepItem::Head(group) => head(screen, group, cursor, cells),
        StepItem::Folded { first, last, word, hosts } => {
            let (from, to) = (first.batch, last.batch);
            let what = match (first.batch, from == to) {
                (0, _) if first.lines.len() == 1 => "1 precondition".to_owned(),
                (0, _) => format!("{} preconditions", first.lines.len()),
                (_, true) => format!("batch {from}"),
                (_, false) => format!("batches {from} to {to}"),
            };
            let hosts = if *hosts > 0 {
                format!("  {hosts} {}", if *hosts == 1 { "host" } else { "hosts" })
            } else {
                String::new()
            };
            let number = if first.batch == 0 { String::new() } else { (first.top + 1).to_string() };
            let text = fit(&format!("{what}{hosts}"), cells.saturating_sub(14));
            Line::from(vec![
                mark(screen.model.theme, cursor, false, true),
                Span::styled(fit(word, 6), screen.model.theme.word(word)),
                Span::raw(format!("{} {text}", fit_right(&number, 4))),
            ])
        }
        StepItem::Line(line) => step(screen, board, line, cursor, cells, now),
        StepItem::Instance(row) => instance(screen, row, cursor, cells, now),
    }
}

fn head(screen: &RunScreen, group: &Group, cursor: bool, cells: usize) -> Line<'static> {
    let theme = screen.model.theme;
    let what = match group.batch {
        0 => "preconditions".to_owned(),
        batch => {
            let names: Vec<&str> = group.hosts.iter().map(|host| host.as_str()).collect();
            format!("batch {batch}  {}", short_names(&names, 30.min(cells.saturating_sub(22))))
        }
    };
    let what = cut(&what, cells.saturating_sub(9)).into_owned();
    let dash = theme.borders().horizontal_top;
    let fill = cells.saturating_sub(3 + 4 + width(&what) + 2);
    Line::from(vec![
        mark(theme, cursor, false, false),
        Span::styled(dash.repeat(2), theme.dim()),
        Span::styled(format!(" {what} "), row_style(theme, cursor)),
        Span::styled(dash.repeat(fill), theme.dim()),
    ])
}

/// Widths of the columns at the right.
struct Columns {
    hosts: usize,
    took: usize,
    tail: usize,
}

fn columns(cells: usize, wide: bool) -> Columns {
    match cells {
        _ if wide => Columns { hosts: 0, took: 8, tail: 12 },
        78.. => Columns { hosts: 15, took: 8, tail: 13 },
        56..78 => Columns { hosts: 12, took: 8, tail: 0 },
        _ => Columns { hosts: 0, took: 7, tail: 0 },
    }
}

fn step(screen: &RunScreen, board: &Board, line: &StepLine, cursor: bool, cells: usize, now: &Now) -> Line<'static> {
    let theme = screen.model.theme;
    let wide = super::is_wide(screen.model.size);
    let is = columns(cells, wide);
    let room = cells.saturating_sub(3 + 6 + 5 + is.hosts + is.took + is.tail);
    let mut says: Vec<String> = line.progress().into_iter().collect();
    says.extend(who(line, board).filter(|_| wide));
    let says = says.join("  ");
    let mut title = line.title.clone();
    if !says.is_empty() && room > width(&says) + 10 {
        let left = room.saturating_sub(width(&says) + 3);
        title = if wide { format!("{}  {says}", fit(&title, left)) } else { format!("{}  {says}", cut(&title, left)) };
    }
    // A title that is cut must not run into the next column.
    let title = cut(&title, room.saturating_sub(1));
    let hosts = if is.hosts > 0 {
        let names: Vec<&str> = line.hosts.iter().map(|host| host.as_str()).collect();
        fit(&short_names(&names, is.hosts - 1), is.hosts)
    } else {
        String::new()
    };
    let attention = is_trouble(&line.word) || line.late;
    let took = took(line, now).map(|ms| duration(ms / 1000 * 1000)).unwrap_or_else(|| "-".to_owned());
    let note = note(screen, board, line, wide);
    Line::from(vec![
        mark(theme, cursor, attention, false),
        Span::styled(fit(&line.word, 6), theme.word(&line.word)),
        Span::raw(format!("{} ", fit_right(&line.number, 4))),
        Span::styled(format!("{}{hosts}", fit(&title, room)), row_style(theme, cursor)),
        Span::raw(fit_right(&took, is.took.saturating_sub(2))),
        Span::raw("  "),
        Span::raw(if wide { format!("{} ", fit_right(&note, is.tail.saturating_sub(1))) } else { fit(&note, is.tail) }),
    ])
}

/// Milliseconds it took, or takes so far.
fn took(line: &StepLine, now: &Now) -> Option<u64> {
    if line.took_ms.is_some() || !matches!(line.word.as_str(), "RUN" | "ASK" | "UNKN" | "undo" | "HELD") {
        return line.took_ms;
    }
    let runs_from = line.runs_from.filter(|_| line.word == "RUN");
    runs_from.or(line.began).map(|began| u64::try_from((now.wall - began).num_milliseconds()).unwrap_or(0))
}

/// Who settled it, or who must; nothing where the machine does it all.
fn who(line: &StepLine, board: &Board) -> Option<String> {
    if line.late {
        return Some("!late outcome".to_owned());
    }
    if let Some(by) = &line.by {
        return Some(format!("by {}", shown(by)));
    }
    if line.tries > 1 {
        return Some(format!("try {}", line.tries));
    }
    if line.will_skip {
        return Some("will skip".to_owned());
    }
    if !line.is_for_people || line.word == "ok" {
        return None;
    }
    let needs = board.next_ask.as_ref().filter(|next| board.line_of(&next.path).is_some_and(|its| its.id == line.id));
    Some(needs.and_then(|next| next.needs.as_deref()).map_or_else(|| "a person".to_owned(), shown))
}

/// The last column: the time it usually takes, or may; narrow also who and which try.
fn note(screen: &RunScreen, board: &Board, line: &StepLine, wide: bool) -> String {
    let time = |label: &str, ms: Option<u64>| ms.map(|ms| format!("{label}{}", duration(ms)));
    let first = line.members.first().and_then(|at| board.steps.get(*at));
    let range = first.and_then(|row| screen.model.usual.as_ref()?.of(&row.path));
    let range = range.map(|range| match (seconds(range.low_ms), seconds(range.high_ms)) {
        (low, high) if low == high => low,
        (low, high) => format!("{low}-{high}"),
    });
    if wide {
        return range.or_else(|| time("", line.usual_ms)).unwrap_or_else(|| "-".to_owned());
    }
    if line.late {
        return "!late outcome".to_owned();
    }
    match (&line.by, line.word.as_str()) {
        (Some(by), _) => format!("by {}", shown(by)),
        (None, _) if line.tries > 1 => format!("try {}", line.tries),
        (None, "RUN") => time("max ", line.limit_ms).or_else(|| time("usual ", line.usual_ms)).unwrap_or_default(),
        (None, "todo") if line.will_skip => "will skip".to_owned(),
        (None, "todo") if line.is_for_people => "a person".to_owned(),
        // A number alone does not say what it is; of two the dash does.
        _ => match range {
            Some(range) if range.contains('-') => range,
            Some(range) => format!("usual {range}"),
            None => time("usual ", line.usual_ms).unwrap_or_default(),
        },
    }
}

/// Whole seconds: a range has no room for tenths.
fn seconds(ms: u64) -> String {
    duration(ms / 1000 * 1000)
}

/// One host of a line that was opened.
fn instance(screen: &RunScreen, row: &StepRow, cursor: bool, cells: usize, now: &Now) -> Line<'static> {
    let theme = screen.model.theme;
    let host = row.host.as_ref().map_or_else(|| row.path.to_string(), |host| host.to_string());
    let mut says = Vec::new();
    let tries = tries(row);
    if tries > 1 {
        says.push(format!("try {tries}"));
    }
    says.extend(row.by.as_deref().map(|by| format!("by {}", shown(by))));
    says.extend(row.why.as_deref().map(shown));
    let took = match (row.took_ms, row.began) {
        (Some(ms), _) if row.ended.is_some() => duration(ms / 1000 * 1000),
        (_, Some(began)) if row.word == "RUN" => {
            let last = row.attempts.last().filter(|last| last.ended.is_none()).map_or(began, |last| last.began);
            hosts::millis_since(last, now).map(|ms| duration(ms / 1000 * 1000)).unwrap_or_default()
        }
        _ => "-".to_owned(),
    };
    let names = 16.min(cells / 3);
    let used = 3 + 6 + 5 + names + 8;
    Line::from(vec![
        mark(theme, cursor, is_trouble(&row.word), false),
        Span::styled(fit(&row.word, 6), theme.word(&row.word)),
        Span::raw("     "),
        Span::styled(fit(&host, names), row_style(theme, cursor)),
        Span::raw(format!("{}  ", fit_right(&took, 6))),
        Span::raw(fit(&says.join("  "), cells.saturating_sub(used))),
    ])
}
