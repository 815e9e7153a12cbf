//! Lines about asks and what people say.

use chrono::TimeDelta;

use crate::run::{AskKind, AskUnavailableReason, Record, RecordKind, Word};
use crate::source::visible;
use crate::view::phrase::{clock, duration, who};
use crate::view::run_view::RunView;

/// A remark about another moment than this long before it was written says so.
const LATE: TimeDelta = TimeDelta::seconds(60);

pub(super) fn opened(view: &RunView, record: &Record, beside_a_dialog: bool) -> Vec<String> {
    let RecordKind::AskOpened { ask, kind, question, words, typed, fact } = &record.kind else { return Vec::new() };
    let needs = match kind {
        AskKind::Approve => view
            .state()
            .graph()
            .find(&ask.path)
            .and_then(|task| view.needs(task))
            .map(|needs| format!(", needs {}", visible(&needs)))
            .unwrap_or_default(),
        _ => String::new(),
    };
    let choices: Vec<String> = words.iter().zip(1..).map(|(word, n)| format!("{n} {word}")).collect();
    let mut lines = vec![format!("ASK {}{needs}: {}", ask.path, visible(question))];
    if beside_a_dialog {
        return lines;
    }
    if let Some(fact) = fact {
        lines.push(format!("to approve, answer: {}", visible(fact)));
    }
    lines.push(format!("choose: {}", choices.join("  ")));
    match typed {
        Some(typed) if words.contains(&Word::Override) => {
            lines.push(format!("to override, type: {}", visible(typed)));
        }
        Some(typed) if words.contains(&Word::TakeOver) => {
            lines.push(format!("to take it over, type: {}", visible(typed)));
        }
        Some(typed) => lines.push(format!("to confirm, type: {}", visible(typed))),
        None => {}
    }
    lines
}

pub(super) fn text(view: &RunView, record: &Record) -> Option<String> {
    let by = who(&record.actor);
    Some(match &record.kind {
        RecordKind::AskAnswered { ask, word, reason, evidence, wait_ms, .. } => {
            let mut text = format!("{by} says {word} to {}", ask.path);
            if let (Word::Wait, Some(ms)) = (word, wait_ms) {
                text.push_str(&format!(" {}", duration(*ms)));
            }
            if let Some(because) = reason.as_ref().or(evidence.as_ref()).filter(|b| !b.trim().is_empty()) {
                text.push_str(&format!(": {}", visible(because)));
            }
            if *word == Word::HandOver {
                text.push_str("; nobody has the pen, whoever takes it answers");
            }
            text
        }
        RecordKind::BreakglassUsed { path, reason, .. } => {
            let task = view.state().graph().find(path);
            let needs =
                task.and_then(|task| view.needs(task)).map(|needs| format!(", which needs {}", visible(&needs)));
            format!("BREAK-GLASS {by} alone grants {path}{}: {}", needs.unwrap_or_default(), visible(reason))
        }
        RecordKind::AskUnavailable { ask, reason } => {
            let why = match reason {
                AskUnavailableReason::NoTerminal => "there is no terminal and no answer was given beforehand",
                AskUnavailableReason::NeedsAnotherPerson => "it needs another person",
                AskUnavailableReason::Expired => "nobody answered in time",
                AskUnavailableReason::AnswerDidNotFit => "the answer given beforehand does not fit",
            };
            format!("nobody could be asked about {}: {why}", ask.path)
        }
        RecordKind::AskWithdrawn { ask } => format!("{} no longer asks", ask.path),
        RecordKind::NoteAdded { text } => format!("note by {by}{}: {}", about(record), visible(text)),
        RecordKind::DecisionMade { text } => format!("DECISION by {by}{}: {}", about(record), visible(text)),
        _ => return None,
    })
}

/// ` for 13:36:00Z`, where a remark is about an earlier moment.
fn about(record: &Record) -> String {
    if record.recorded.signed_duration_since(record.at).abs() < LATE {
        return String::new();
    }
    if record.recorded.date_naive() == record.at.date_naive() {
        return format!(" for {}", clock(record.at));
    }
    format!(" for {}", record.at.format("%Y-%m-%d %H:%M:%SZ"))
}
