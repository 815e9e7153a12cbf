//! What a run waits for a person for, in the few words that a list has room for.

use banister_core::run::{AskKind, Awaited, AwaitedKind};
use banister_core::source::visible;
use banister_runtime::state::RunSummary;
use chrono::{DateTime, Utc};

/// Since when, and for what: `ASK approval +2 more`. What has waited longest stands for all. `None` for a run that
/// waits for nobody, or does not say.
pub(crate) fn awaited(run: &RunSummary) -> Option<(DateTime<Utc>, String)> {
    let all = run.awaited.as_deref()?;
    let first = all.first()?;
    let more = if all.len() > 1 { format!(" +{} more", all.len() - 1) } else { String::new() };
    Some((first.since, format!("{}{more}", what(first))))
}

fn what(awaited: &Awaited) -> String {
    match &awaited.kind {
        AwaitedKind::Ask { path, kind: AskKind::Unknown } => format!("UNKN {path}"),
        AwaitedKind::Ask { path, .. } => format!("ASK {path}"),
        AwaitedKind::Continue { held_by } => format!("HELD by {}", visible(&held_by.to_string())),
    }
}
