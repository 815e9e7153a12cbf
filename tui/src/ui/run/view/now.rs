//! NOW and NEXT in words.

use banister_core::run::{AskKind, Now, RunningAtAbort};
use banister_core::view::{NextRow, RunView, RunningRow, duration};
use ratatui::text::{Line, Span};

use super::super::board::short_names;
use super::super::{Board, Link, RunModel};
use super::WIDE;
use super::header::{labelled, short_id};
use crate::ui::text::{cut, shown, width};

/// Cells for the hosts of a step that comes.
const HOSTS: usize = 15;
/// Cells of a name that are worth showing.
const NAME: usize = 8;

/// The line NOW: what runs, else what the run waits for.
pub(super) fn now(
    model: &RunModel,
    view: &RunView,
    board: &Board,
    cells: usize,
    label: usize,
    now: &Now,
) -> Line<'static> {
    let theme = model.theme;
    let is_over = view.exit().is_some();
    if let (Link::Lost(why), false) = (&model.link, is_over) {
        let id = short_id(&model.run);
        // The way back is read whole at any width; why is said above the keys as well.
        let all = [
            format!(" ENGINE GONE, resume: banister resume {id}  ({})", shown(why)),
            format!(" ENGINE GONE, resume: banister resume {id}"),
            format!(" ENGINE GONE: banister resume {id}"),
        ];
        let [.., least] = &all;
        let text = all.iter().find(|text| width(text) <= cells).unwrap_or(least);
        return Line::styled(cut(text, cells).into_owned(), theme.word("FAIL"));
    }
    let (word, text, right) = said(model, view, board, cells, now);
    let name = Span::styled(format!(" {:<width$}", "NOW", width = label - 1), theme.label());
    let mut spans = vec![name];
    if !word.is_empty() {
        spans.push(Span::styled(format!("{word} "), theme.word(word)));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    // What is left of the line after its label and its word.
    let rest = labelled(Span::raw(""), &text, &right, cells.saturating_sub(used));
    spans.extend(rest);
    Line::from(spans)
}

/// A state word if there is one, the sentence, and the times at the right.
fn said(model: &RunModel, view: &RunView, board: &Board, cells: usize, now: &Now) -> (&'static str, String, String) {
    let since = |at: chrono::DateTime<chrono::Utc>| {
        let ms = u64::try_from((now.wall - at).num_milliseconds()).unwrap_or(0);
        format!("since {}", duration(ms / 1000 * 1000))
    };
    let state = view.state();
    if let Some(exit) = state.finished() {
        return ("", format!("the run is over, {exit}: {}", exit.meaning()), String::new());
    }
    if let Some(exit) = state.drained() {
        let id = short_id(&model.run);
        let text = format!("the engine has ended, {exit}: {}; resume: banister resume {id}", exit.meaning());
        return ("", text, String::new());
    }
    if let Some((why, at)) = view.lacks() {
        return (if state.is_held() { "HELD" } else { "" }, shown(why), since(at));
    }
    if let Some(first) = most_pressing(board, now) {
        let (mut word, text, right) = running(model, board, first, cells, now);
        if word.is_empty() {
            word = match state.aborted() {
                Some(_) => "ABORT",
                None if state.draining().is_some() => "DRAIN",
                None if state.is_held() => "HELD",
                None => "",
            };
        }
        return (word, text, right);
    }
    if let Some(ask) = board.asks.first() {
        let more = if board.asks.len() > 1 { format!(" +{} more", board.asks.len() - 1) } else { String::new() };
        let word = if ask.kind == AskKind::Unknown { "UNKN" } else { "ASK" };
        let what = match ask.kind {
            AskKind::Unknown => "waits for a person: ",
            AskKind::Failure => "failed, what now: ",
            AskKind::Stuck => "its undo failed, what now: ",
            _ => "",
        };
        let name = if ask.id.path.is_host_itself() { ask.id.path.to_string() } else { board.name(&ask.id.path) };
        let host = on_host(&name, ask.id.path.host().map(|host| host.as_str()));
        return (word, format!("{what}{name}{host}{more}"), format!("{}  a opens", since(ask.since)));
    }
    if state.is_held() {
        let (by, at) = match &model.held {
            Some((who, at)) => (shown(&who.to_string()), since(*at)),
            None => ("a person".to_owned(), String::new()),
        };
        return ("HELD", format!("by {by}: nothing new starts; c continues"), at);
    }
    if let Some(running) = state.aborted() {
        let what = match running {
            RunningAtAbort::Wait => "what runs ends first",
            RunningAtAbort::Kill => "what runs is stopped",
            RunningAtAbort::Leave => "what runs is left",
        };
        return ("", format!("the run is aborted: {what}"), String::new());
    }
    if view.is_checking() {
        let all = view.plan().hosts.len();
        let hosts = view.plan().hosts.iter().filter_map(|host| state.graph().find_host(&host.name));
        let met = hosts.filter(|host| state.host(*host).identity.is_some()).count();
        return ("", format!("meets the hosts: {met} of {all}"), view.began().map(since).unwrap_or_default());
    }
    match (&model.link, view.began()) {
        (Link::Ended(exit), _) => ("", format!("the engine has ended, {exit}: {}", exit.meaning()), String::new()),
        (_, None) => ("", "the run begins".to_owned(), String::new()),
        _ => ("", "nothing runs".to_owned(), String::new()),
    }
}

/// What runs and has the least time left.
pub(super) fn most_pressing<'a>(board: &'a Board, now: &Now) -> Option<&'a RunningRow> {
    let left = |row: &&RunningRow| row.limit_ms.map_or(u64::MAX, |limit| limit.saturating_sub(row.elapsed_ms(now)));
    board.now.iter().min_by_key(left)
}

fn running(
    model: &RunModel,
    board: &Board,
    row: &RunningRow,
    cells: usize,
    now: &Now,
) -> (&'static str, String, String) {
    let (word, what) = match row.what.as_str() {
        "is asked about" => ("UNKN", "asking the host: "),
        "verifies" if board.step(&row.path).is_some_and(|step| step.word == "UNKN") => ("UNKN", "a verify looks: "),
        "verifies" => ("", "verifies "),
        "previews" => ("", "previews "),
        "waits to retry" => ("", "waits to retry "),
        "is undone" => ("undo", ""),
        _ => ("", ""),
    };
    let line = board.line_of(&row.path);
    let steps = model.view.as_ref().map_or(0, |view| view.plan().steps.len());
    let number = match line.map(|line| line.number.as_str()).filter(|number| !number.is_empty()) {
        Some(number) => format!("{number}/{steps} "),
        None => "precondition: ".to_owned(),
    };
    let title = shown(&row.title);
    let host = on_host(&title, row.host.as_ref().map(|host| host.as_str()));
    let mut text = format!("{what}{number}{title}{host}");
    if let Some((batch, batches)) = batch(board, row) {
        text.push_str(&format!("  batch {batch} of {batches}"));
    }
    if let Some(sample) = board.step(&row.path).and_then(|step| step.sample.as_ref()) {
        text.push_str(&format!("  {} of {} samples", sample.streak, sample.needed));
    }
    if row.attempt > 1 && row.what != "polls" {
        text.push_str(&format!("  try {}", row.attempt));
    }
    if board.now.len() > 1 {
        text.push_str(&format!("  +{} more", board.now.len() - 1));
    }
    let took = row.elapsed_ms(now) / 1000 * 1000;
    let mut right = duration(took);
    let wide = cells >= WIDE.into();
    if word == "UNKN" {
        return (word, text, right);
    }
    let usual = usual(model, row, wide);
    let is_over = usual.as_ref().is_some_and(|(high, _)| took > *high);
    let limit = row.limit_ms.map(|limit| format!("  {} {}", if wide { "limit" } else { "max" }, duration(limit)));
    if let Some((_, words)) = usual.filter(|_| wide || !is_over || limit.is_none()) {
        right.push_str(&format!("  usual {words}"));
        if wide {
            right.push_str(&limit.unwrap_or_default());
        }
    } else {
        right.push_str(&limit.unwrap_or_default());
    }
    (word, text, right)
}

/// `  kafka-03`, where the title does not say it.
fn on_host(title: &str, host: Option<&str>) -> String {
    host.filter(|host| !title.contains(host)).map_or_else(String::new, |host| format!("  {host}"))
}

fn batch(board: &Board, row: &RunningRow) -> Option<(u32, u32)> {
    let batch = board.step(&row.path).and_then(|step| step.batch.or(step.path.batch()))?;
    let top = board.line_of(&row.path)?.top();
    Some((batch, board.rosters.iter().find(|roster| roster.top == top)?.batches))
}

/// Above which it takes long, and in words: from the runs there were, else the author's.
pub(super) fn usual(model: &RunModel, row: &RunningRow, with_runs: bool) -> Option<(u64, String)> {
    if let Some(range) = model.usual.as_ref().and_then(|usual| usual.of(&row.path)) {
        let runs = if with_runs {
            format!(" ({} {})", range.runs, if range.runs == 1 { "run" } else { "runs" })
        } else {
            String::new()
        };
        let (low, high) = (duration(range.low_ms), duration(range.high_ms));
        let words = if low == high { low } else { format!("{low}-{high}") };
        return Some((range.high_ms, format!("{words}{runs}")));
    }
    row.usual_ms.map(|ms| (ms, duration(ms)))
}

/// The line NEXT: what comes, and the next place that needs a person.
pub(super) fn next(model: &RunModel, board: &Board, cells: usize, label: usize) -> Line<'static> {
    let name = |row: &NextRow| {
        let title = board.name(&row.path);
        match (row.batch.or(row.path.batch()), &row.host) {
            (Some(batch), Some(_)) => format!("{title}, batch {batch}"),
            (Some(_), None) => title,
            (None, Some(host)) => {
                // A step that starts on several hosts at once is not about the first of them.
                let hosts = board.line_of(&row.path).map_or(&[][..], |line| &line.hosts);
                let names: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
                if names.len() > 1 {
                    format!("{title}  {}", short_names(&names, HOSTS))
                } else {
                    format!("{title}{}", on_host(&title, Some(host.as_str())))
                }
            }
            (None, None) => title,
        }
    };
    let needs = |row: &NextRow| row.needs.as_deref().map(|needs| format!("needs {}", shown(needs)));
    // Whom it needs is read, whatever else is cut.
    let room = cells.saturating_sub(label + 1);
    let line = |text: String| {
        let name = Span::styled(format!(" {:<width$}", "NEXT", width = label - 1), model.theme.label());
        Line::from(labelled(name, &text, "", cells))
    };
    line(match (&board.next, &board.next_ask) {
        (None, _) => "nothing more".to_owned(),
        (Some(next), ask) => match (needs(next), ask) {
            (Some(needs), _) => {
                let fixed = width(&needs) + 6;
                format!("ASK {}: {needs}", cut(&name(next), room.saturating_sub(fixed)))
            }
            (None, Some(ask)) => {
                let needs = needs(ask).unwrap_or_default();
                let rest = room.saturating_sub(width(&needs) + 13);
                // Of two names nothing would be left: the one that comes counts.
                if rest < 2 * NAME {
                    let name = cut(&name(next), room.saturating_sub(width(&needs) + 6).max(NAME)).into_owned();
                    return line(format!("{name}, ASK {needs}"));
                }
                let (first, second) = (name(next), name(ask));
                let second = cut(&second, (rest / 2).max(rest.saturating_sub(width(&first))));
                let first = cut(&first, rest.saturating_sub(width(&second)));
                format!("{first}, then ASK {second}: {needs}")
            }
            (None, None) => name(next),
        },
    })
}
