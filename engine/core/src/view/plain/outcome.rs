//! Lines about what became of a step.

use std::fmt::Write as _;

use crate::plan::StepPath;
use crate::run::{
    FailedReason, NotStartedReason, Purpose, Record, RecordKind, SkipReason, StreamInfo, TaskState, UnknownReason,
    Work, describe, describe_unknown,
};
use crate::source::visible;
use crate::view::phrase::{bytes, duration, who};
use crate::view::run_view::RunView;

pub(super) fn text(view: &RunView, record: &Record) -> Option<String> {
    Some(match &record.kind {
        RecordKind::StepSucceeded { path, purpose, took_ms, stdout, stderr, adopted, .. } => match purpose {
            Purpose::Main if path.is_precondition() => return None,
            Purpose::Main => succeeded(view, path, *took_ms, [stdout, stderr], *adopted),
            // The record that settles it follows.
            Purpose::Verify if super::step::is_unknown(view, path) => return None,
            Purpose::Verify => format!("ok {path}: its verify says so"),
            Purpose::Preview => format!("{path} previewed: {}", bytes(stdout.bytes)),
            Purpose::Sample => return None,
        },
        RecordKind::StepFailed { path, purpose, took_ms, reason, adopted, .. } => {
            let what = match purpose {
                Purpose::Main | Purpose::Verify => "",
                Purpose::Preview => " its preview",
                Purpose::Sample => return None,
            };
            let mut text = format!("FAIL {path}:{what} {}", visible(&describe(reason)));
            if let Some(ms) = took_ms {
                let _ = write!(text, ", after {}", duration(*ms));
            }
            if *adopted {
                text.push_str(", the host says");
            }
            text
        }
        RecordKind::StepNotStarted { path, reason: NotStartedReason::Revoked {}, .. } => {
            format!("{path} never started, the host says, and never will; it may be started again")
        }
        RecordKind::StepNotStarted { path, reason, .. } => {
            format!("FAIL {path}: {}", visible(&describe(&FailedReason::NotStarted(reason.clone()))))
        }
        RecordKind::StepCancelled { path, report, .. } => {
            format!("FAIL {path}: {}", visible(&describe(&FailedReason::Cancelled(report.clone()))))
        }
        RecordKind::StepUnknown { path, reason, asking, .. } => {
            let next = match (asking, reason) {
                (true, UnknownReason::Unanswered { .. }) => "the host does not answer and is asked again",
                (true, _) => "the host is asked",
                (false, UnknownReason::Unanswered { .. }) => "the host does not answer",
                (false, _) => "the host cannot say",
            };
            format!("UNKN {path}: unknown, {next}; {}", visible(&describe_unknown(reason)))
        }
        RecordKind::StepReattached { path, .. } => format!("{path} still runs, the host says; waiting for its end"),
        RecordKind::StepSettled { path, failed: None, by, .. } => {
            format!("ok {path}: settled by {}", visible(by))
        }
        RecordKind::StepSettled { path, failed: Some(reason), by, .. } => {
            format!("FAIL {path}: settled by {}: {}", visible(by), visible(&describe(reason)))
        }
        RecordKind::StepSkipped { path, reason: SkipReason::Person { reason } } => {
            format!("skip {path}, by {}: {}", who(&record.actor), visible(reason))
        }
        RecordKind::StepSkipped { path, reason } => format!("skip {path}: {}", visible(reason.why())),
        RecordKind::StepDoneByHand { path, evidence } => {
            format!("hand {path}, by {}: {}", who(&record.actor), visible(evidence))
        }
        // The note itself was a record before.
        RecordKind::StepCompleted { path } if is_note(view, path) => return None,
        RecordKind::StepCompleted { path } => format!("ok {path}"),
        RecordKind::OutcomeLate { path, said, .. } => {
            format!("late: {path} now says {}; it changes nothing, look at it", visible(said))
        }
        _ => return None,
    })
}

fn succeeded(view: &RunView, path: &StepPath, took_ms: u64, streams: [&StreamInfo; 2], adopted: bool) -> String {
    let task = view.state().graph().find(path);
    let state = task.map(|task| &view.state().task(task).state);
    let mut text = match state {
        Some(TaskState::Verifying(_)) => format!("{path} ended well after {}, its verify looks", duration(took_ms)),
        Some(TaskState::Asking) => format!("{path} ended well after {}, a person verifies", duration(took_ms)),
        _ => format!("ok {path} {}", duration(took_ms)),
    };
    if let Some(usual) = task.and_then(|task| view.usual_ms(task)) {
        let _ = write!(text, ", usual {}", duration(usual));
    }
    if adopted {
        text.push_str(", the host says");
    }
    let [stdout, stderr] = streams;
    if stdout.redactions + stderr.redactions > 0 {
        text.push_str(", secrets blotted out of its output");
    }
    if stdout.cut || stderr.cut {
        text.push_str(", only head and tail of its output are kept");
    }
    text
}

fn is_note(view: &RunView, path: &StepPath) -> bool {
    let graph = view.state().graph();
    graph.find(path).is_some_and(|task| matches!(graph.work(task), Work::Note(_)))
}
