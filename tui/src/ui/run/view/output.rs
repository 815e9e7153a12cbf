//! The pane of the output: what the command under the cursor printed.

use std::ops::Range;

use banister_core::run::Now;
use banister_core::source::visible_bytes;
use banister_core::view::StepRow;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::super::board::is_trouble;
use super::super::looking::Looked;
use super::super::{Board, Pane, RunScreen, Stream, StreamKey};
use super::banner;
use super::frames::{self, Title};
use super::header::short_id;
use crate::ui::Theme;
use crate::ui::text::{cut, shown, width, wrap};

/// A line of a host as it is shown. The end of a line of another system is none of it.
pub(in crate::ui::run) fn shown_line(line: &[u8]) -> String {
    shown(&visible_bytes(line.strip_suffix(b"\r").unwrap_or(line)))
}

/// Where a text stands in a line; capital letters count only if there are some in it.
pub(in crate::ui::run) fn hits<'a>(line: &'a str, search: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let exact = search.chars().any(|c| c.is_ascii_uppercase());
    let line = if exact { line.to_owned() } else { line.to_ascii_lowercase() };
    let mut from = 0;
    std::iter::from_fn(move || {
        if search.is_empty() {
            return None;
        }
        let at = line.get(from..)?.find(search)? + from;
        from = at + search.len();
        Some(at..from)
    })
}

/// What stands above it.
pub(super) fn title(screen: &RunScreen, board: &Board, cells: usize, now: &Now) -> Title {
    let place = &screen.place;
    let focus = place.pane == Pane::Output;
    let Some(looked) = screen.looked() else { return Title::new("output", "", focus) };
    let stream = if looked.stderr { "stderr" } else { "stdout" };
    let number = board.line_of(&looked.path).map(|line| line.number.clone()).unwrap_or_default();
    let of = stream_of(screen, &looked);
    let search = place.search.as_deref().map(|text| format!("  /{}", shown(text))).unwrap_or_default();
    let left = match &looked.host {
        Some(host) => format!("{host} {number} {stream}{search}"),
        None => board.name(&looked.path),
    };
    let right = match (place.at, of) {
        (Some(at), Some(of)) => format!("line {} of {}  f follow", at + 1, of.end()),
        _ if looked.host.is_none() => String::new(),
        _ => {
            let follows = if board.now.iter().any(|row| row.path == looked.path) { "following  " } else { "" };
            format!("{follows}z zoom  / search  s {}", if looked.stderr { "stdout" } else { "stderr" })
        }
    };
    let title = Title::new(left, right, focus);
    // A line without room for the keys has room for what no other pane of a small screen says.
    let row = board.now.iter().find(|row| row.path == looked.path && row.host == looked.host);
    match row.and_then(|row| banner::signs(screen, row, now)) {
        Some((silent, lived)) if !title.has_room(&title.right, cells) => {
            let lives = lived.map(|ago| format!("  alive {ago} ago")).unwrap_or_default();
            Title { right: format!("!quiet {silent}{lives}"), ..title }
        }
        _ => title,
    }
}

fn stream_of<'a>(screen: &'a RunScreen, looked: &Looked) -> Option<&'a Stream> {
    let host = looked.host.clone()?;
    let name = StreamKey { path: looked.path.clone(), host, stderr: looked.stderr };
    let attempt = looked.key.as_ref().map(|key| key.attempt);
    screen.model.outputs.of(&name).filter(|stream| attempt.is_none_or(|attempt| attempt == stream.attempt))
}

/// Draws what there is of it.
pub(super) fn draw(screen: &RunScreen, board: &Board, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    frames::lines(frame, area, rows(screen, board, area.width.into(), area.height.into(), now));
}

/// The rows as lines: what is known of the step first, then the end of what it printed.
pub(super) fn rows(screen: &RunScreen, board: &Board, cells: usize, height: usize, _now: &Now) -> Vec<Line<'static>> {
    let theme = screen.model.theme;
    let Some(looked) = screen.looked() else {
        return vec![Line::styled(" nothing is under the cursor that prints", theme.dim())];
    };
    let Some(row) = board.step(&looked.path) else { return Vec::new() };
    let stream = stream_of(screen, &looked).filter(|stream| stream.end() > stream.first());
    // What was printed has the larger part of the room; where nothing was, a row says so, if anything needs to.
    let nothing = if stream.is_some() { Vec::new() } else { nothing(screen, row, &looked) };
    let most = if stream.is_some() { height / 2 } else { height.saturating_sub(nothing.len()) }.max(1);
    let mut lines = laid_out(facts(screen, board, row), cells, most, theme);
    let room = height.saturating_sub(lines.len());
    match stream {
        Some(stream) => lines.extend(printed(screen, stream, cells, room)),
        None => lines.extend(
            nothing.into_iter().map(|text| Line::styled(cut(&format!(" {text}"), cells).into_owned(), theme.dim())),
        ),
    }
    lines
}

/// The facts in as many rows as they may have: the first is read to its end before others have any.
fn laid_out(facts: Vec<(String, bool)>, cells: usize, most: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let count = facts.len();
    for (at, (text, attention)) in facts.into_iter().enumerate() {
        let style = if attention { theme.attention() } else { theme.dim() };
        let indent = text.len() - text.trim_start().len() + 1;
        let mut rows = wrap(text.trim_start(), cells.saturating_sub(indent + 1));
        // A row for each of those that follow, as long as there are any.
        let may = most.saturating_sub(lines.len() + count - at - 1).max(1);
        if rows.len() > may {
            let rest = rows.split_off(may - 1).join(" ");
            rows.push(cut(&rest, cells.saturating_sub(indent + 1)).into_owned());
        }
        lines.extend(rows.into_iter().map(|row| Line::styled(format!("{}{row}", " ".repeat(indent)), style)));
    }
    lines.truncate(most);
    lines
}

/// What matters more than the output: the question, the doubt, the gate's last sample.
fn facts(screen: &RunScreen, board: &Board, row: &StepRow) -> Vec<(String, bool)> {
    let mut facts = Vec::new();
    if let Some(ask) = row.ask.as_ref().and_then(|id| board.asks.iter().find(|ask| ask.id == *id)) {
        facts.push((format!("! ASK  {}", shown(&ask.question)), true));
        // Of several asks the head has the sentence of one.
        if row.host.is_none() && ask.if_it_fails != board.if_it_fails {
            facts.push((format!("IF IT FAILS  {}", shown(&ask.if_it_fails)), false));
        }
    }
    // An approval that is asked for again: what was agreed to is no longer what would be done.
    if let Some(why) = row.why.as_deref().filter(|_| row.kind == "approve" && row.word == "ASK") {
        facts.push((format!("! {}", shown(why)), true));
    }
    // Work by hand that its verify did not see is asked again, in the same words: why stands here.
    let looked = row.attempts.last().filter(|last| row.word == "ASK" && last.word == "FAIL");
    if let Some(why) = looked.and_then(|last| last.why.as_deref()) {
        facts.push((format!("! {}", shown(why)), true));
    }
    let is_said = |why: &str| row.ask.is_some() && board.asks.iter().any(|ask| ask.question.contains(why));
    if let Some(why) = row.why.as_deref().filter(|why| is_trouble(&row.word) && row.word != "ASK" && !is_said(why)) {
        facts.push((format!("! {}  {}", row.word, shown(why)), true));
    }
    if let Some(sample) = &row.sample {
        let is = if sample.good { "good" } else { "bad" };
        facts.push((
            format!("sample {} {is}, {} of {} in a row", sample.sample, sample.streak, sample.needed),
            !sample.good,
        ));
        // The question of the ask has what was seen last on one of them.
        for (host, why) in sample.bad.iter().filter(|(host, why)| !is_said(&format!("{host}: {why}"))) {
            facts.push((format!("  {host}: {}", shown(why)), true));
        }
        let left = usize::try_from(sample.bad_hosts).unwrap_or(usize::MAX).saturating_sub(sample.bad.len());
        if left > 0 {
            facts.push((format!("  and {left} hosts more"), true));
        }
    }
    let tries = row.attempts.iter().filter(|attempt| attempt.purpose == banister_core::run::Purpose::Main);
    for attempt in tries.rev().skip(1) {
        let why = attempt.why.as_deref().map(shown).unwrap_or_default();
        facts.push((format!("try {}: {} {why}", attempt.attempt, attempt.word), false));
    }
    if screen.model.outputs.lost > 0 {
        facts.push((format!("{} were left out on this screen; all is kept", size(screen.model.outputs.lost)), false));
    }
    facts
}

/// Why there is no output.
fn nothing(screen: &RunScreen, row: &StepRow, looked: &Looked) -> Vec<String> {
    let model = &screen.model;
    let Some(key) = &looked.key else {
        let why = row.why.as_deref().map(shown);
        let says = match row.word.as_str() {
            "todo" | "HELD" => "has not begun".to_owned(),
            // What is asked stands above, and which key opens it in the line below.
            _ if row.ask.is_some() || row.sample.is_some() => return Vec::new(),
            "RUN" => "it runs and has printed nothing".to_owned(),
            word => why.map_or_else(|| word.to_owned(), |why| format!("{word}: {why}")),
        };
        let by = row.by.as_deref().map(|by| format!(", by {}", shown(by))).unwrap_or_default();
        return vec![format!("{says}{by}")];
    };
    let attempt = row.attempts.iter().find(|its| its.purpose == key.purpose && its.attempt == key.attempt);
    let (ours, other) = attempt.map_or((0, 0), |attempt| match looked.stderr {
        true => (attempt.stderr_bytes, attempt.stdout_bytes),
        false => (attempt.stdout_bytes, attempt.stderr_bytes),
    });
    let name = if looked.stderr { ("stderr", "stdout") } else { ("stdout", "stderr") };
    if attempt.is_some_and(|attempt| attempt.ended.is_some()) && ours == 0 {
        let more = if other > 0 { format!("; s shows {} of {}", size(other), name.1) } else { String::new() };
        return vec![format!("nothing on {}{more}", name.0)];
    }
    if ours == 0 {
        return vec!["no output yet".to_owned()];
    }
    if model.pending.values().any(|what| *what == super::super::overlay::READ) {
        return vec!["reading ..".to_owned()];
    }
    if !model.replay && !screen.place.told {
        return vec![format!("{} are stored, reading ..", size(ours))];
    }
    let run = short_id(&model.run);
    vec![format!("{} are stored, not on this screen:", size(ours)), format!("banister output {run} {}", row.path)]
}

fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..=1023 => format!("{bytes} bytes"),
        1024..=1_048_575 => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// The lines that are kept, up to the one that the person scrolled to.
fn printed(screen: &RunScreen, stream: &Stream, cells: usize, height: usize) -> Vec<Line<'static>> {
    let place = &screen.place;
    let room = cells.saturating_sub(2).max(1);
    let last = stream.end().saturating_sub(1);
    place.rows.set(height as u64);
    let at = place.at.unwrap_or(last).clamp(stream.first(), last);
    let mut rows: Vec<Line<'static>> = Vec::new();
    let mut number = at + 1;
    while rows.len() < height && number > stream.first() {
        number -= 1;
        let Some(line) = stream.line(number) else { break };
        let text = shown_line(line);
        let marked = |part: &str, from: usize| marked(screen, &text, part, from);
        if place.wrap {
            let parts = pieces(&text, room);
            rows.extend(parts.into_iter().rev().map(|(from, part)| marked(part, from)));
        } else {
            let from = text.char_indices().nth(place.right).map_or(text.len(), |(from, _)| from);
            let rest = text.get(from..).unwrap_or_default();
            let (_, part) = pieces(rest, room).into_iter().next().unwrap_or_default();
            let more = part.len() < rest.len();
            let part =
                if more { pieces(rest, room.saturating_sub(2)).first().map_or("", |(_, part)| *part) } else { part };
            let mut line = marked(part, from);
            if more {
                line.spans.push(Span::styled("..", screen.model.theme.dim()));
            }
            rows.push(line);
        }
    }
    if rows.len() < height && (stream.dropped > 0 || stream.cut) {
        let what = if stream.dropped > 0 {
            format!("{} lines before are", stream.dropped)
        } else {
            "more before is".to_owned()
        };
        let run = short_id(&screen.model.run);
        rows.push(Line::styled(format!(" {what} not on this screen: banister output {run}"), screen.model.theme.dim()));
    }
    rows.truncate(height);
    rows.reverse();
    rows
}

/// A text in pieces of so many cells, each with its place in bytes.
fn pieces(text: &str, cells: usize) -> Vec<(usize, &str)> {
    let (mut pieces, mut from, mut used) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > cells && at > from {
            pieces.push((from, text.get(from..at).unwrap_or_default()));
            (from, used) = (at, 0);
        }
        used += wide;
    }
    pieces.push((from, text.get(from..).unwrap_or_default()));
    pieces
}

/// A piece of a line with what is searched for in reverse. `from`: where in the line the piece begins.
fn marked(screen: &RunScreen, line: &str, part: &str, from: usize) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut done = from;
    let end = from + part.len();
    for hit in hits(line, screen.place.search.as_deref().unwrap_or_default()) {
        let (first, last) = (hit.start.max(done), hit.end.min(end));
        if first >= last {
            continue;
        }
        spans.push(Span::raw(line.get(done..first).unwrap_or_default().to_owned()));
        let found = line.get(first..last).unwrap_or_default().to_owned();
        spans.push(Span::styled(found, screen.model.theme.label().add_modifier(Modifier::REVERSED)));
        done = last;
    }
    spans.push(Span::raw(line.get(done..end).unwrap_or_default().to_owned()));
    Line::from(spans)
}

/// The last line of the wide pane: what there is of both streams.
pub(super) fn sizes(screen: &RunScreen, board: &Board) -> Option<Line<'static>> {
    let looked = screen.looked()?;
    let key = looked.key.as_ref()?;
    let row = board.step(&looked.path)?;
    let attempt = row.attempts.iter().find(|its| its.purpose == key.purpose && its.attempt == key.attempt)?;
    let live = |stderr| {
        let name = StreamKey { path: key.path.clone(), host: key.host.clone(), stderr };
        screen.model.outputs.of(&name).filter(|stream| stream.attempt == key.attempt).map_or(0, |stream| stream.bytes)
    };
    let (stdout, stderr) = match attempt.ended {
        Some(_) => (attempt.stdout_bytes, attempt.stderr_bytes),
        None => (live(false), live(true)),
    };
    let text =
        format!(" stdout {}   stderr {}   (kept in run {})", size(stdout), size(stderr), short_id(&screen.model.run));
    Some(Line::styled(text, screen.model.theme.dim()))
}
