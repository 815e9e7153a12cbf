//! When a step was under way on a host.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::plan::StepPath;
use crate::run::{Purpose, Record, RecordKind};
use crate::runbook::{HostName, StepId};

/// From when to when; `None`: until the end.
pub(super) type Window = (DateTime<Utc>, Option<DateTime<Utc>>);

/// The times at which steps of these names were under way, by host: from the first intent of an instance until it ended
/// well, was left out, or was done by hand. One that failed is under way until somebody mended it: the host is not what
/// it was before.
pub(super) fn windows(records: &[Record], steps: &[StepId]) -> BTreeMap<HostName, Vec<Window>> {
    let mut open: BTreeMap<&StepPath, (HostName, DateTime<Utc>)> = BTreeMap::new();
    let mut windows: BTreeMap<HostName, Vec<Window>> = BTreeMap::new();
    for record in records {
        match &record.kind {
            RecordKind::StepIntended { path, host, .. } if steps.contains(path.id()) => {
                open.entry(path).or_insert_with(|| (host.clone(), record.at));
            }
            // Of a step that is verified, the end of its own command is not the end of it; the verify's is.
            RecordKind::StepSucceeded { path, purpose: Purpose::Main | Purpose::Verify, .. }
            | RecordKind::StepSettled { path, failed: None, .. }
            | RecordKind::StepSkipped { path, .. }
            | RecordKind::StepDoneByHand { path, .. } => {
                if let Some((host, from)) = open.remove(path) {
                    windows.entry(host).or_default().push((from, Some(record.recorded)));
                }
            }
            _ => {}
        }
    }
    for (host, from) in open.into_values() {
        windows.entry(host).or_default().push((from, None));
    }
    windows
}
