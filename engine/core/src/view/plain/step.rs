//! Lines about steps that begin, and about gates.

use crate::plan::StepPath;
use crate::run::{Purpose, Record, RecordKind, TaskState, Work};
use crate::source::visible;
use crate::view::phrase::{duration, names, who};
use crate::view::run_view::RunView;

pub(super) fn text(view: &RunView, record: &Record) -> Option<String> {
    Some(match &record.kind {
        RecordKind::StepIntended { path, host, purpose, attempt, .. } => match purpose {
            // Preconditions speak up when one does not hold; `run.started` says that all do.
            Purpose::Main if path.is_precondition() => return None,
            Purpose::Main => started(view, path, host.as_str(), *attempt),
            Purpose::Preview => format!("{path} is previewed on {host}"),
            Purpose::Verify if is_unknown(view, path) => format!("{path}: its verify looks on {host}"),
            // After a success the verify's verdict says all there is to say.
            Purpose::Verify | Purpose::Sample => return None,
        },
        RecordKind::StepWaiting { path, ms } => format!("{path} waits {}", duration(*ms)),
        RecordKind::StepRetryScheduled { path, attempt, delay_ms } => {
            format!("{path}: attempt {attempt} in {}", duration(*delay_ms))
        }
        RecordKind::UndoStarted { path } => format!("undo of {path} started"),
        RecordKind::UndoFinished { path, succeeded: true } => format!("undo of {path} ok"),
        RecordKind::UndoFinished { path, succeeded: false } => {
            format!("STUCK {path}: its undo failed; a person must look")
        }
        RecordKind::GateOpened { path, hosts } => {
            let (needed, limit) = gate(view, path);
            let limit = limit.map(|ms| format!(", at most {}", duration(ms))).unwrap_or_default();
            format!("{path} looks at {}: needs {needed} good samples in a row{limit}", names(hosts))
        }
        RecordKind::GateHeld { path } => format!("{path} ok, it holds"),
        RecordKind::GateTimedOut { path, last, unreachable, .. } => {
            let word = if *unreachable { "UNKN" } else { "FAIL" };
            format!("{word} {path}: did not hold in time; last: {}", visible(last))
        }
        RecordKind::GateOverridden { path, reason } => {
            format!("{path} overridden by {}: {}", who(&record.actor), visible(reason))
        }
        RecordKind::ApprovalBegan { path } => format!("{path} gathers what is to be approved"),
        RecordKind::ApprovalGranted { path, bound_to } => format!("{path} ok, granted; bound to {bound_to}"),
        RecordKind::ApprovalVoided { path, reason } => {
            format!("{path} no longer counts: {reason}; it is asked for again")
        }
        _ => return None,
    })
}

pub(super) fn is_unknown(view: &RunView, path: &StepPath) -> bool {
    let task = view.state().graph().find(path);
    task.is_some_and(|task| matches!(view.state().task(task).state, TaskState::Unknown { .. }))
}

fn started(view: &RunView, path: &StepPath, host: &str, attempt: u32) -> String {
    let Some(task) = view.state().graph().find(path) else { return format!("{path} started") };
    let mut text = path.to_string();
    let title = view.title(task);
    let is_named = path.segments().iter().any(|s| matches!(s, crate::plan::Segment::Step(id) if id.as_str() == title));
    if !is_named && !title.is_empty() {
        text.push_str(&format!(" ({})", visible(&title)));
    }
    text.push_str(" started");
    if path.host().is_none() {
        text.push_str(&format!(" on {host}"));
    }
    if attempt > 1 {
        text.push_str(&format!(", attempt {attempt}"));
    }
    if let Some((n, of)) = view.position(task) {
        text.push_str(&format!(", step {n} of {of}"));
    }
    if let Some(batch) = view.batch_words(task) {
        text.push_str(&format!(", {batch}"));
    }
    if let Some(ms) = view.usual_ms(task) {
        text.push_str(&format!(", usual {}", duration(ms)));
    }
    if let Some(ms) = view.limit_ms(task) {
        text.push_str(&format!(", limit {}", duration(ms)));
    }
    text
}

/// Samples a gate needs, and its timeout.
fn gate(view: &RunView, path: &StepPath) -> (u32, Option<u64>) {
    let Some(task) = view.state().graph().find(path) else { return (0, None) };
    match view.state().graph().work(task) {
        Work::Gate(gate) => (gate.samples, Some(gate.timeout_ms)),
        _ => (0, None),
    }
}

pub(super) fn sampled(view: &RunView, record: &Record) -> Option<String> {
    let RecordKind::GateSampled { path, good, streak, bad, bad_hosts, .. } = &record.kind else { return None };
    let (needed, _) = gate(view, path);
    if *good {
        return Some(format!("{path}: {streak} of {needed} good samples"));
    }
    let mut text = format!("{path}: bad sample");
    if let Some((host, why)) = bad.first() {
        text.push_str(&format!(", {host}: {}", visible(why)));
    }
    if *bad_hosts > 1 {
        text.push_str(&format!(", and {} more", bad_hosts - 1));
    }
    Some(format!("{text}; 0 of {needed}"))
}
