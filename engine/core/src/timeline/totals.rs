//! Where the time went, moment by moment.

use super::model::{Gap, Totals};
use crate::run::{Record, RecordKind, Stamp, State};
use crate::view::{RunView, between_ms};

/// Silence longer than this is worth asking about.
const QUIET_MS: u64 = 5 * 60 * 1000;

/// Adds the time between two records to the totals. The view has taken the earlier one and not yet the later.
pub(super) fn add(totals: &mut Totals, gaps: &mut Vec<Gap>, view: &RunView, next: &Record) {
    let Some(last) = view.state().last() else { return };
    let (ms, engine_gone) = match &next.kind {
        RecordKind::RunResumed { gap_ms, .. } => (*gap_ms, true),
        _ => (between_ms(last, &State::stamp(next)), false),
    };
    totals.all_ms += ms;
    let is_running = !engine_gone && view.state().is_busy();
    let is_asking = view.state().asks().next().is_some();
    if engine_gone {
        totals.gone_ms += ms;
    } else if is_running {
        totals.running_ms += ms;
    } else if is_asking {
        totals.waiting_ms += ms;
    } else if view.state().is_held() {
        totals.held_ms += ms;
    }
    if engine_gone || (ms > QUIET_MS && !is_running) {
        gaps.push(Gap { from: moment(last), ms, engine_gone });
    }
}

fn moment(stamp: &Stamp) -> chrono::DateTime<chrono::Utc> {
    stamp.wall
}
