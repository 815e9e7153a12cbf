//! The pane of the hosts.

use banister_core::plan::StepPath;
use banister_core::run::Now;
use banister_core::runbook::HostName;
use banister_core::view::{RunningRow, duration};
use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::board::{HostItem, HostLine, folded_words, is_trouble};
use super::super::{Board, Link, Pane, RunModel, RunScreen, Stream, StreamKey};
use super::banner::seconds;
use super::frames::{self, Title, mark, row_style, window};
use crate::ui::text::{fit, fit_right, shown, width};

/// A command that prints nothing for so long is said to be quiet.
pub(super) const QUIET_MS: u64 = 5_000;

/// What stands above it.
pub(super) fn title(screen: &RunScreen, board: &Board, cells: usize) -> Title {
    let (left, right, _) = told(screen, board, cells);
    Title::new(left, right, screen.place.pane == Pane::Hosts)
}

/// What the title has no room for, on the lower edge of a box: the first of these that fits.
pub(super) fn edge(screen: &RunScreen, board: &Board, cells: usize) -> Vec<String> {
    let (_, _, left_over) = told(screen, board, cells);
    let budget = left_over.last().cloned();
    if left_over.is_empty() { Vec::new() } else { [left_over.join("  ")].into_iter().chain(budget).collect() }
}

/// What stands at the left and at the right of the title, and what would have stood there with more room.
fn told(screen: &RunScreen, board: &Board, cells: usize) -> (String, String, Vec<String>) {
    let Some(roster) = screen.roster(board) else { return ("hosts".to_owned(), String::new(), Vec::new()) };
    let mut counts: Vec<String> = roster.counts().iter().map(|(count, word)| format!("{count} {word}")).collect();
    let filter = screen.place.host_filter.as_deref().map(|text| format!("  /{}", shown(text))).unwrap_or_default();
    let (touched, all) = board.touched;
    let (mut right, mut left_over) = (Vec::new(), Vec::new());
    if let Some(batch) = roster.batch {
        right.push(format!("batch {batch} of {}", roster.batches));
    }
    if roster.spent > 0 || roster.budget > 0 {
        right.push(format!("failed {}, budget {}", roster.spent, roster.budget));
    }
    right.push(format!("touched {touched} of {all}"));
    let left = |counts: &[String]| format!("hosts  {}{filter}", counts.join("  "));
    let fits = |counts: &[String], right: &[String]| width(&left(counts)) + width(&right.join("  ")) + 11 <= cells;
    // Where there is little room, what was touched is what must be seen; the rows speak of hosts that nobody need look at.
    while right.len() > 1 && !fits(&counts, &right) {
        left_over.push(right.remove(0));
    }
    for word in ["todo", "never", "excl", "skip", "hand"] {
        if !fits(&counts, &right) {
            counts.retain(|count| !count.ends_with(word));
        }
    }
    (left(&counts), right.join("  "), left_over)
}

/// Draws the rows around the cursor.
pub(super) fn draw(screen: &RunScreen, board: &Board, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let lines = rows(screen, board, area.width.into(), area.height.into(), now);
    frames::lines(frame, area, lines);
}

/// The rows as lines.
pub(super) fn rows(screen: &RunScreen, board: &Board, cells: usize, height: usize, now: &Now) -> Vec<Line<'static>> {
    let Some(roster) = screen.roster(board) else { return Vec::new() };
    let items = screen.model.host_items(roster, &screen.place);
    if items.is_empty() {
        let says = if roster.hosts.is_empty() { "no host is reached" } else { "no host fits the filter; esc drops it" };
        return vec![Line::raw(format!("   {says}"))];
    }
    let cursor = screen.host_cursor(roster, &items);
    // The first row is what needs a person most: it is left only for a cursor that is below.
    let first = if cursor < height { 0 } else { window(cursor, items.len(), height) };
    let names =
        roster.hosts.iter().map(|host| width(host.name.as_str())).max().unwrap_or(8).clamp(8, 20).min(cells / 3);
    let theme = screen.model.theme;
    let row = |(at, item): (usize, &HostItem<'_>)| match item {
        HostItem::Host(host) => self::host(screen, board, host, at == cursor, names, cells, now),
        HostItem::State { word, hosts, open } => {
            let number = hosts.len().to_string();
            let says = folded_words(word, hosts, cells.saturating_sub(20));
            let mut text = mark(theme, at == cursor, false, true);
            if *open {
                text.content = if at == cursor { ">- ".into() } else { " - ".into() };
            }
            Line::from(vec![
                text,
                Span::styled(format!("{number} {word}"), theme.word(word)),
                Span::raw(format!("  {}", fit(&says, cells.saturating_sub(6 + number.len() + word.len())))),
            ])
        }
    };
    items.iter().enumerate().skip(first).take(height).map(row).collect()
}

fn host(
    screen: &RunScreen,
    board: &Board,
    host: &HostLine,
    cursor: bool,
    names: usize,
    cells: usize,
    now: &Now,
) -> Line<'static> {
    let (model, theme) = (&screen.model, screen.model.theme);
    let running = host.path.as_ref().and_then(|path| board.now.iter().find(|row| row.path == *path));
    let took = match running {
        Some(row) => duration(row.elapsed_ms(now) / 1000 * 1000),
        None if host.took_ms > 0 => duration(host.took_ms / 1000 * 1000),
        None => "-".to_owned(),
    };
    let wide = super::is_wide(model.size);
    let said = |path: &StepPath, row: &RunningRow| {
        let silent = quiet(model, path, &host.name, row, now)?;
        match silent {
            Silence { ms, .. } if ms >= QUIET_MS => Some(format!("!quiet {}", seconds(ms))),
            Silence { ms, printed: true } => Some(format!("{} ago", seconds(ms))),
            Silence { .. } => None,
        }
    };
    let last = running.and_then(|row| said(host.path.as_ref()?, row));
    let mut notes = Vec::new();
    if let Some(bad) = bad_sample(board, host) {
        notes.push(format!("gate: {bad}"));
    }
    match (&host.why, running) {
        // What is still to come has its batch: that a step of it will be skipped says nothing about the host.
        (Some(why), _) if !matches!(host.word.as_str(), "ok" | "todo") => notes.push(shown(why)),
        (_, Some(row)) => {
            if row.what != "runs" {
                notes.push(row.what.clone());
            }
            if let Some(ago) = alive(model, row, &host.name, now) {
                notes.push(format!("alive {} ago", seconds(ago)));
            }
            if let Some(line) = last_line(model, row, &host.name) {
                notes.push(format!("\"{}\"", shown(&line)));
            }
        }
        (_, None) if host.word == "todo" && host.batch > 0 => notes.push(format!("batch {}", host.batch)),
        _ => {}
    }
    if host.counted {
        notes.push("counts as failed".to_owned());
    }
    // A host that runs nothing has no last output, and often a long reason.
    let lasts = if wide && running.is_some() { 12 } else { 0 };
    if let Some(last) = last.as_ref().filter(|last| !wide && last.starts_with('!')) {
        notes.insert(0, last.clone());
    }
    let used = 3 + names + 2 + 6 + 8 + lasts;
    Line::from(vec![
        mark(theme, cursor, is_trouble(&host.word), false),
        Span::styled(fit(host.name.as_str(), names), row_style(theme, cursor)),
        Span::raw("  "),
        Span::styled(fit(&host.word, 6), theme.word(&host.word)),
        Span::raw(format!("{}  ", fit_right(&took, 6))),
        Span::raw(fit(&last.unwrap_or_else(|| "-".to_owned()), lasts)),
        Span::raw(fit(&notes.join("  "), cells.saturating_sub(used))),
    ])
}

/// What the gate of the host's batch saw there, if it was bad: while it looks, and while it asks what now.
fn bad_sample(board: &Board, host: &HostLine) -> Option<String> {
    let polls = board.now.iter().filter(|row| row.what == "polls").map(|row| &row.path);
    // A gate of one host is its step: why it failed stands there already.
    let asks = board.asks.iter().filter(|_| host.word == "ok").map(|ask| &ask.id.path);
    let mut samples = polls.chain(asks).filter_map(|path| board.step(path)?.sample.as_ref());
    let bad = samples.find_map(|sample| sample.bad.iter().find(|(name, _)| *name == host.name));
    // What it asks is the same on every host, and stands in the output pane: what was seen is not.
    bad.map(|(_, why)| {
        why.split_once("; it said: ").map_or_else(|| shown(why), |(_, said)| format!("bad, it said: {}", shown(said)))
    })
}

/// Milliseconds since a moment; `None` if it is still to come.
pub(super) fn millis_since(at: DateTime<Utc>, now: &Now) -> Option<u64> {
    u64::try_from((now.wall - at).num_milliseconds()).ok()
}

/// How long a command has printed nothing.
pub(super) struct Silence {
    pub(super) ms: u64,
    /// It had printed something before.
    pub(super) printed: bool,
}

/// Since when a command that runs has printed nothing: since it began, if it never did.
pub(super) fn quiet(
    model: &RunModel,
    path: &StepPath,
    host: &HostName,
    row: &RunningRow,
    now: &Now,
) -> Option<Silence> {
    // Who plays a journal, or has lost the engine, hears no output: that says nothing about the command.
    if model.replay || model.link != Link::Live || !matches!(row.what.as_str(), "runs" | "verifies") {
        return None;
    }
    let pulse = model.pulses.get(&(path.clone(), host.clone())).map(|pulse| pulse.at);
    let last = [pulse, model.outputs.last(path, host)].into_iter().flatten().max();
    let last = last.filter(|last| *last >= row.since);
    Some(Silence { ms: millis_since(last.unwrap_or(row.since), now)?, printed: last.is_some() })
}

/// Milliseconds since the process of a command was seen alive; that of an attempt before says nothing about this one.
pub(super) fn alive(model: &RunModel, row: &RunningRow, host: &HostName, now: &Now) -> Option<u64> {
    let seen = model.alive.iter().filter(|(key, _)| key.path == row.path && key.host == *host).map(|(_, at)| *at);
    let seen = seen.filter(|at| *at >= row.since);
    millis_since(seen.max()?, now)
}

/// The last line that a command printed, as it came.
fn last_line(model: &RunModel, row: &RunningRow, host: &HostName) -> Option<String> {
    // What was read from the store came at no time that is known here.
    let is_its = |stream: &&Stream| stream.last.map_or(stream.attempt == row.attempt, |at| at >= row.since);
    let stream = model.outputs.of(&StreamKey { path: row.path.clone(), host: host.clone(), stderr: false });
    let stream = stream.filter(is_its);
    let live = stream.and_then(|stream| stream.shown().rev().find(|line| !line.trim_ascii().is_empty()));
    if let Some(line) = live {
        return Some(super::shown_line(line));
    }
    let pulse = model.pulses.get(&(row.path.clone(), host.clone())).filter(|pulse| pulse.at >= row.since);
    pulse.map(|pulse| pulse.line.clone()).filter(|line| !line.is_empty())
}
