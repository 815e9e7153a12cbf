//! The strips below the panes of a wide screen: what waits for people, and what happened last.

use banister_core::plan::{Segment, StepPath};
use banister_core::run::{AskKind, Now};
use banister_core::view::duration;
use ratatui::text::{Line, Span};

use super::super::board::short_names;
use super::super::{Board, RunScreen, Told};
use super::header::clock;
use crate::ui::text::{cut, fit, shown};

/// Cells for the hosts of one event.
const HOSTS: usize = 20;

/// Rows of open asks, then of those that were answered, the newest first.
pub(super) fn asks(screen: &RunScreen, board: &Board, cells: usize, height: usize, now: &Now) -> Vec<Line<'static>> {
    let (model, theme) = (&screen.model, screen.model.theme);
    let since = |at: chrono::DateTime<chrono::Utc>| {
        duration(u64::try_from((now.wall - at).num_milliseconds()).unwrap_or(0) / 1000 * 1000)
    };
    let mut lines = Vec::new();
    for ask in board.asks.iter().take(height) {
        let word = if ask.kind == AskKind::Unknown { "UNKN" } else { "ASK" };
        let words: Vec<&str> = ask.words.iter().map(|word| word.as_str()).collect();
        let text = format!("{}  since {}  {}", fit(&ask.id.path.to_string(), 28), since(ask.since), words.join(" | "));
        lines.push(Line::from(vec![
            Span::styled(" ! ", theme.attention()),
            Span::styled(fit(word, 6), theme.word(word)),
            Span::raw(cut(&text, cells.saturating_sub(10)).into_owned()),
        ]));
    }
    if let Some(next) = board.next_ask.as_ref().filter(|_| lines.len() < height) {
        let needs = next.needs.as_deref().map(shown).unwrap_or_default();
        let text = format!("{}  to come, needs {needs}", fit(&next.path.to_string(), 28));
        lines.push(Line::from(vec![
            Span::raw("   "),
            Span::styled(fit("todo", 6), theme.word("todo")),
            Span::raw(cut(&text, cells.saturating_sub(10)).into_owned()),
        ]));
    }
    let Some(view) = &model.view else { return lines };
    let over = view.waits().iter().rev().filter(|wait| wait.until.is_some());
    for wait in over.take(height.saturating_sub(lines.len())) {
        let said = wait.said.last().map_or_else(
            || "closed by itself".to_owned(),
            |said| {
                let because = said.because.as_deref().map(|text| format!(" \"{}\"", shown(text))).unwrap_or_default();
                format!("{} by {} {}{because}", said.word, shown(&said.by.to_string()), clock(model, said.at))
            },
        );
        let waited = wait.until.as_ref().map_or(0, |until| wait.waited_ms(until));
        let text =
            format!("{}  {said}   waited {}", fit(&wait.ask.path.to_string(), 28), duration(waited / 1000 * 1000));
        lines.push(Line::from(vec![
            Span::raw("   "),
            Span::styled(fit("ok", 6), theme.word("ok")),
            Span::raw(cut(&text, cells.saturating_sub(10)).into_owned()),
        ]));
    }
    lines
}

/// What happened so long before is no part of what happens on other hosts.
const TOGETHER: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

/// Rows of what happened last, the newest first; the same of several hosts is one.
pub(super) fn timeline(screen: &RunScreen, board: &Board, cells: usize, height: usize) -> Vec<Line<'static>> {
    let model = &screen.model;
    let row = |(told, hosts): &(&Told, Vec<&str>)| {
        let about = told.path.as_ref().map(|path| about(board, path, hosts)).unwrap_or_default();
        // The name of the step stands before it already.
        let title = told.path.as_ref().and_then(|path| board.step(path)).map(|step| format!("ASK: {}: ", step.title));
        let what = title.and_then(|title| told.what.strip_prefix(&title).map(|rest| format!("ASK: {rest}")));
        let text = format!("{about}{}", shown(what.as_ref().unwrap_or(&told.what)));
        Line::from(vec![
            Span::raw(format!(" {}  ", clock(model, told.at))),
            Span::styled(fit(told.kind, 8), model.theme.label()),
            Span::raw(fit(&shown(&told.who.to_string()), 12)),
            Span::raw(cut(&text, cells.saturating_sub(32)).into_owned()),
        ])
    };
    together(board, model.tail.newest(), height).iter().map(row).collect()
}

/// Events with the hosts that they are the same of: a batch of fifty must not push a note off the screen.
fn together<'a>(board: &Board, newest: impl Iterator<Item = &'a Told>, height: usize) -> Vec<(&'a Told, Vec<&'a str>)> {
    let mut rows: Vec<(&Told, Vec<&str>)> = Vec::new();
    for told in newest {
        let host = told.path.as_ref().and_then(|path| path.host()).map(|host| host.as_str());
        // Twice on one host is two events.
        let is_more = |(first, hosts): &&mut (&Told, Vec<&str>)| {
            host.is_some_and(|host| !hosts.is_empty() && !hosts.contains(&host)) && is_same(board, first, told)
        };
        let has_room = rows.len() < height;
        match rows.iter_mut().find(is_more) {
            Some((_, hosts)) => hosts.extend(host),
            None if has_room => rows.push((told, host.into_iter().collect())),
            None => {}
        }
    }
    rows
}

/// Whether two events say the same of the same step.
fn is_same(board: &Board, first: &Told, told: &Told) -> bool {
    let step = |path: &StepPath| {
        path.segments().iter().filter(|part| !matches!(part, Segment::Host(_))).cloned().collect::<Vec<_>>()
    };
    let batch = |told: &Told| board.step(told.path.as_ref()?)?.batch;
    first.at - told.at <= TOGETHER
        && first.what == told.what
        && (first.kind, &first.who) == (told.kind, &told.who)
        && first.path.as_ref().map(step) == told.path.as_ref().map(step)
        && batch(first) == batch(told)
}

/// `1.2 Restart nginx web-1,2: `.
fn about(board: &Board, path: &StepPath, hosts: &[&str]) -> String {
    if hosts.len() > 1 {
        let line = board.line_of(path).map(|line| format!("{} {}", line.number, line.title));
        return format!("{} {}: ", line.unwrap_or_default().trim_start(), short_names(hosts, HOSTS));
    }
    let host = path.host().map(|host| format!(" {host}")).unwrap_or_default();
    let name = board.name(path);
    let host = if path.is_host_itself() || name.contains(host.trim_start()) { "" } else { &host };
    format!("{name}{host}: ")
}
