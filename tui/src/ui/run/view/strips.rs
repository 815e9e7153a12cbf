//! The strips below the panes of a wide screen: what waits for people, and what happened last.

use banister_core::run::{AskKind, Now};
use banister_core::view::duration;
use ratatui::text::{Line, Span};

use super::super::{Board, RunScreen};
use super::header::clock;
use crate::ui::text::{cut, fit, shown};

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

/// Rows of what happened last, the newest first.
pub(super) fn timeline(screen: &RunScreen, board: &Board, cells: usize, height: usize) -> Vec<Line<'static>> {
    let model = &screen.model;
    let row = |told: &super::super::Told| {
        let about = told.path.as_ref().map(|path| {
            let host = path.host().map(|host| format!(" {host}")).unwrap_or_default();
            let name = board.name(path);
            let host = if path.is_host_itself() || name.contains(host.trim_start()) { "" } else { &host };
            format!("{name}{host}: ")
        });
        let text = format!("{}{}", about.unwrap_or_default(), shown(&told.what));
        Line::from(vec![
            Span::raw(format!(" {}  ", clock(model, told.at))),
            Span::styled(fit(told.kind, 8), model.theme.label()),
            Span::raw(fit(&shown(&told.who.to_string()), 12)),
            Span::raw(cut(&text, cells.saturating_sub(32)).into_owned()),
        ])
    };
    model.tail.newest().take(height).map(row).collect()
}
