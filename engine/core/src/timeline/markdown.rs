//! A timeline as Markdown, to be pasted into a postmortem and read aloud.
//!
//! Text of hosts and people is made visible, then escaped: it can neither end a table row nor become a link, a
//! heading or HTML.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::model::{Row, RowKind, Timeline};
use crate::run::AskKind;
use crate::source::visible;
use crate::view::duration;

/// Writes a timeline as Markdown. Ends with a line feed.
#[must_use]
pub fn to_markdown(timeline: &Timeline) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, timeline);
    text
}

fn write(text: &mut String, timeline: &Timeline) -> std::fmt::Result {
    header(text, timeline)?;
    let broken: Vec<&Row> = timeline.rows.iter().filter(|row| row.kind == RowKind::BreakGlass).collect();
    if !broken.is_empty() {
        let means = "Where a person granted alone what others should have agreed to, and why it could not wait.";
        writeln!(text, "\n## Break-glass\n\n{means}\n")?;
        table(text, timeline, &broken)?;
    }
    let exceptions: Vec<&Row> = timeline.rows.iter().filter(|row| row.kind == RowKind::Exception).collect();
    if !exceptions.is_empty() {
        let means = "Where a person went around a rule: overrides, work by hand, skips, exclusions.";
        writeln!(text, "\n## Exceptions\n\n{means}\n")?;
        table(text, timeline, &exceptions)?;
    }
    writeln!(text, "\n## What happened\n")?;
    table(text, timeline, &timeline.rows.iter().collect::<Vec<_>>())?;
    changes(text, timeline)?;
    waits(text, timeline)?;
    totals(text, timeline)?;
    writeln!(text, "\nAll times are UTC. This is for asking, not for scoring.")
}

fn header(text: &mut String, timeline: &Timeline) -> std::fmt::Result {
    let header = &timeline.header;
    writeln!(text, "# Timeline of {}, run {}\n", escape(&header.runbook), escape(&header.run))?;
    let drill = if header.drill { ", a drill" } else { "" };
    if header.title != header.runbook {
        writeln!(text, "- Title: {}", escape(&header.title))?;
    }
    writeln!(text, "- Environment: {}{drill}", escape(&header.environment))?;
    if let Some(incident) = &header.incident {
        writeln!(text, "- Incident: {}", escape(incident))?;
    }
    writeln!(text, "- Plan: {}", escape(&header.plan_hash))?;
    writeln!(text, "- Started by: {}", escape(&header.operator))?;
    writeln!(text, "- Began: {}", full(header.began))?;
    match header.ended {
        Some(ended) => writeln!(text, "- Ended: {}", full(ended))?,
        None => writeln!(text, "- Ended: not yet, or its engine is gone; the records end without saying so")?,
    }
    if let Some(exit) = header.exit {
        writeln!(text, "- Result: {exit}, {}", escape(exit.meaning()))?;
    }
    let (touched, hosts) = header.touched;
    writeln!(text, "- Touched: {touched} of {hosts} {}", if hosts == 1 { "host" } else { "hosts" })?;
    if let Some(poison) = &header.poison {
        writeln!(text, "- **Not all of it**: {}", escape(poison))?;
    }
    Ok(())
}

fn table(text: &mut String, timeline: &Timeline, rows: &[&Row]) -> std::fmt::Result {
    writeln!(text, "| time | who | what | took | usual |\n|---|---|---|---:|---:|")?;
    for row in rows {
        let mut what = match row.kind {
            RowKind::Note => "NOTE ".to_owned(),
            RowKind::Decision => "**DECISION** ".to_owned(),
            RowKind::BreakGlass => "**BREAK-GLASS** ".to_owned(),
            _ => String::new(),
        };
        if let Some(path) = &row.path {
            // A path's letters are checked where names are made: it holds no backtick.
            write!(what, "`{path}` ")?;
        }
        what.push_str(&escape(&row.what));
        if let Some(learned) = row.learned {
            write!(what, " (written down {})", time(timeline, learned))?;
        }
        let ms = |ms: Option<u64>| ms.map(duration).unwrap_or_default();
        writeln!(
            text,
            "| {} | {} | {what} | {} | {} |",
            time(timeline, row.at),
            escape(&row.who),
            ms(row.took_ms),
            ms(row.usual_ms)
        )?;
    }
    Ok(())
}

fn changes(text: &mut String, timeline: &Timeline) -> std::fmt::Result {
    if timeline.changes.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## Outcomes that changed\n")?;
    for change in &timeline.changes {
        let words: Vec<String> = change
            .words
            .iter()
            .map(|(word, why)| match why {
                Some(why) => format!("{word} ({})", escape(why)),
                None => word.clone(),
            })
            .collect();
        writeln!(text, "- `{}`: {}", change.path, words.join(", then "))?;
    }
    Ok(())
}

fn waits(text: &mut String, timeline: &Timeline) -> std::fmt::Result {
    if timeline.waits.is_empty() {
        return Ok(());
    }
    let sum: u64 = timeline.waits.iter().map(|wait| wait.ms).fold(0, u64::saturating_add);
    writeln!(text, "\n## Waiting for people\n\n{} in all.\n", duration(sum))?;
    writeln!(text, "| from | ask | for | waited | ended by |\n|---|---|---|---:|---|")?;
    for wait in &timeline.waits {
        let by = match (&wait.by, wait.open) {
            (_, true) => "still open".to_owned(),
            (Some((who, word)), _) => format!("{}: {word}", escape(who)),
            (None, _) => "itself".to_owned(),
        };
        let (from, waited) = (time(timeline, wait.since), duration(wait.ms));
        writeln!(text, "| {from} | `{}` | {} | {waited} | {by} |", wait.path, kind(wait.kind))?;
    }
    Ok(())
}

fn totals(text: &mut String, timeline: &Timeline) -> std::fmt::Result {
    let totals = &timeline.totals;
    writeln!(text, "\n## Where the time went\n\n| | time |\n|---|---:|")?;
    let counted = [totals.running_ms, totals.waiting_ms, totals.held_ms, totals.gone_ms];
    let rest = totals.all_ms.saturating_sub(counted.into_iter().fold(0, u64::saturating_add));
    for (what, ms) in [
        ("first to last record", totals.all_ms),
        ("something ran", totals.running_ms),
        ("nothing ran, a person was asked", totals.waiting_ms),
        ("nothing ran, the run was held", totals.held_ms),
        ("the engine was gone", totals.gone_ms),
        ("the rest: hosts were looked at, or nothing was left to do", rest),
    ] {
        if ms > 0 {
            writeln!(text, "| {what} | {} |", duration(ms))?;
        }
    }
    if !timeline.gaps.is_empty() {
        writeln!(text)?;
    }
    for gap in &timeline.gaps {
        let what = if gap.engine_gone { "engine gone" } else { "nothing recorded" };
        writeln!(text, "- {}: {what} for {}", time(timeline, gap.from), duration(gap.ms))?;
    }
    Ok(())
}

fn kind(kind: AskKind) -> &'static str {
    match kind {
        AskKind::Pause => "a pause",
        AskKind::Approve => "an approval",
        AskKind::Manual => "work by a person",
        AskKind::Verify => "a look by a person",
        AskKind::Failure => "a failure",
        AskKind::Unknown => "an unknown outcome",
        AskKind::Timeout => "a step that takes long",
        AskKind::GateTimeout => "a gate that did not hold",
        AskKind::Stuck => "an undo that failed",
        AskKind::Lock => "a host that another run has",
    }
}

/// The time of day; with its date where that is another than the run's first.
fn time(timeline: &Timeline, at: DateTime<Utc>) -> String {
    match at.date_naive() == timeline.header.began.date_naive() {
        true => at.format("%H:%M:%S").to_string(),
        false => at.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

fn full(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Makes any text plain inside a paragraph, a list item or a table cell.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let shown = visible(text);
    for (at, c) in shown.char_indices() {
        match c {
            // Renderers make links of bare addresses.
            ':' if shown.get(at..).is_some_and(|rest| rest.starts_with("://")) => safe.push_str("\\:"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\t' => safe.push(' '),
            _ => safe.push(c),
        }
    }
    safe
}
