//! What a person looks at before an ask is answered: the errors of a failure, the previews of an approval.
//!
//! The screen's dialog and the plain lines show the same. What it deliberately does not do: read any of it.

use banister_core::plan::{Action, Approve, StepIndex};
use banister_core::run::{AskKind, EffectKey, Purpose};
use banister_core::view::{AskRow, Attempt, RunView, StepRow};
use banister_runtime::output::StreamKind;
use chrono::{DateTime, Utc};

/// Bytes of the end of a stream that are looked at.
pub(crate) const TAIL: u32 = 6 * 1024;
/// Bytes of its beginning.
pub(crate) const HEAD: u32 = 2 * 1024;
/// Bytes of a preview that are shown. Nobody reads more before a run stands still for too long.
pub(crate) const WHOLE: u64 = 1024 * 1024;
/// Lines of an error's beginning that are shown.
pub(crate) const FIRST: usize = 3;
/// Lines of its end.
pub(crate) const LAST: usize = 8;
/// Attempts that are listed.
pub(crate) const ATTEMPTS: usize = 8;

/// Which part of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Head,
    Tail,
    Whole,
}

/// A part of what one command printed.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) key: EffectKey,
    pub(crate) stream: StreamKind,
    pub(crate) extent: Extent,
    /// What it is, for people.
    pub(crate) label: String,
    /// When its command had ended.
    pub(crate) ended: Option<DateTime<Utc>>,
    /// Bytes that it printed, by its record.
    pub(crate) printed: u64,
}

impl Part {
    fn new(row: &StepRow, view: &RunView, attempt: &Attempt, stream: StreamKind, extent: Extent) -> Option<Self> {
        let printed = match stream {
            StreamKind::Stdout => attempt.stdout_bytes,
            StreamKind::Stderr => attempt.stderr_bytes,
        };
        let (purpose, ended, attempt) = (attempt.purpose, attempt.ended, attempt.attempt);
        let host = row.host.clone()?;
        let what = match purpose {
            Purpose::Preview => "preview of",
            Purpose::Verify => "verify of",
            Purpose::Main | Purpose::Sample => "output of",
        };
        let at = if row.path.host().is_none() { format!(" on {host}") } else { String::new() };
        let label = format!("{what} {}{at}", row.path);
        let key = EffectKey { run: view.run_id().to_owned(), path: row.path.clone(), host, purpose, attempt };
        Some(Self { key, stream, extent, label, ended, printed })
    }
}

/// What is said of bytes that were printed and are not stored. "It printed nothing" would be agreed to.
pub(crate) fn not_stored(printed: u64) -> String {
    format!("cannot be shown: it printed {printed} bytes, and they are not stored any more")
}

/// What there is to look at for an ask.
pub(crate) fn parts(ask: &AskRow, view: &RunView) -> Vec<Part> {
    match approve_of(ask, view) {
        Some(approve) => of_approval(approve, view),
        None => of_trouble(ask, view),
    }
}

/// What the plan says of an approval.
pub(crate) fn approve_of<'v>(ask: &AskRow, view: &'v RunView) -> Option<&'v Approve> {
    if ask.kind != AskKind::Approve {
        return None;
    }
    match &view.plan().steps.iter().find(|step| step.id == *ask.id.path.root())?.action {
        Action::Approve(approve) => Some(approve),
        _ => None,
    }
}

/// The lines of what was printed.
pub(crate) fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() { Vec::new() } else { bytes.split(|b| *b == b'\n').collect() }
}

fn of_trouble(ask: &AskRow, view: &RunView) -> Vec<Part> {
    if matches!(ask.kind, AskKind::Pause | AskKind::Manual | AskKind::Lock | AskKind::Approve) {
        return Vec::new();
    }
    let Some(task) = view.state().graph().find(&ask.id.path) else { return Vec::new() };
    let row = view.step(task);
    let Some(last) = row.attempts.last() else { return Vec::new() };
    let mut parts = Vec::new();
    for (stream, bytes) in [(StreamKind::Stderr, last.stderr_bytes), (StreamKind::Stdout, last.stdout_bytes)] {
        // Of what still runs nobody knows yet how much it printed.
        if bytes == 0 && last.ended.is_some() && last.status.is_some() {
            continue;
        }
        parts.extend(Part::new(&row, view, last, stream, Extent::Tail));
        if stream == StreamKind::Stderr && bytes > u64::from(TAIL) {
            parts.extend(Part::new(&row, view, last, stream, Extent::Head));
        }
    }
    parts
}

fn of_approval(approve: &Approve, view: &RunView) -> Vec<Part> {
    let rows: Vec<StepRow> = view.steps().collect();
    let of = |steps: &[StepIndex], purpose: Purpose| -> Vec<Part> {
        let steps = steps.iter().filter_map(|at| view.plan().steps.get(at.0 as usize));
        let rows = steps.flat_map(|step| rows.iter().filter(move |row| *row.path.root() == step.id));
        rows.filter_map(|row| {
            let last = row.attempts.iter().rev().find(|attempt| attempt.purpose == purpose)?;
            Part::new(row, view, last, StreamKind::Stdout, Extent::Whole)
        })
        .collect()
    };
    let mut parts = of(&approve.show, Purpose::Main);
    parts.extend(of(&approve.allows, Purpose::Preview));
    parts
}
