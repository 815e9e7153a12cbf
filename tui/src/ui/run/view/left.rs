//! How long is left, in words: `~13m left (usual run 22-31m)`, `~4-9m left` where a step may be left out.
//!
//! The number is the core's ([`banister_core::view::RunView::left`]); here it is only said, as roughly as it is known.

use banister_core::run::Now;
use banister_core::view::{Left, UsualRange, duration};

use super::super::{Link, RunModel};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

/// What can be said, the longest first; nothing where history does not tell.
pub(super) fn words(model: &RunModel, now: &Now) -> Vec<String> {
    let whole = model.usual.as_ref().and_then(|usual| usual.whole()).map(usual_run);
    match (left(model, now), whole) {
        (Some(left), Some(whole)) => vec![format!("{left} ({whole})"), left],
        (left, whole) => left.or(whole).into_iter().collect(),
    }
}

/// `~13m left`. Of a run that nobody drives nothing is left to wait for, and what takes longer than ever has no estimate.
fn left(model: &RunModel, now: &Now) -> Option<String> {
    let (view, usual) = (model.view.as_ref()?, model.usual.as_ref()?);
    let is_driven = model.link == Link::Live || model.replay;
    view.left(usual, now).filter(|_| is_driven).and_then(said)
}

/// Nothing where nothing is left, and where all that is left may be left out and nobody knows how long it takes.
fn said(left: Left) -> Option<String> {
    Some(match (left.least_ms, left.most_ms) {
        (_, Some(0)) | (0, None) => return None,
        (0, Some(most)) => format!("at most ~{} left", about(most)),
        (least, None) => format!("~{} or more left", about(least)),
        (least, Some(most)) => format!("~{} left", from_to(&about(least), &about(most))),
    })
}

/// `22-31m`: one unit is enough for both.
fn from_to(low: &str, high: &str) -> String {
    let from = low.strip_suffix('m').filter(|low| !low.contains('h') && !high.contains('h')).unwrap_or(low);
    if low == high { low.to_owned() } else { format!("{from}-{high}") }
}

/// `usual run 22-31m`.
fn usual_run(range: UsualRange) -> String {
    let said = |ms: u64| match range.high_ms {
        0..=599_999 => duration(ms / SECOND * SECOND),
        _ => about(ms),
    };
    format!("usual run {}", from_to(&said(range.low_ms), &said(range.high_ms)))
}

/// To ten seconds up to a minute and a half, minutes up to an hour and a half, ten minutes from there.
fn about(ms: u64) -> String {
    let minutes = (ms + MINUTE / 2) / MINUTE;
    match ms {
        0..90_000 => format!("{}s", ((ms + 5 * SECOND) / (10 * SECOND)).max(1) * 10),
        90_000..5_400_000 => format!("{minutes}m"),
        _ => {
            let tens = (minutes + 5) / 10 * 10;
            format!("{}h{:02}m", tens / 60, tens % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_as_rough_as_it_is_known() {
        for (ms, expect) in [
            (1, "10s"),
            (20_050, "20s"),
            (40_000, "40s"),
            (89_000, "90s"),
            (90_000, "2m"),
            (13 * MINUTE + 20_000, "13m"),
            (89 * MINUTE, "89m"),
            (97 * MINUTE, "1h40m"),
            (180 * MINUTE, "3h00m"),
        ] {
            assert_eq!(about(ms), expect, "{ms}");
        }
        for (low, high, expect) in [
            (100_000, 150_900, "usual run 1:40-2:30"),
            (22 * MINUTE, 31 * MINUTE, "usual run 22-31m"),
            (70_000, 31 * MINUTE, "usual run 70s-31m"),
            (50 * MINUTE, 100 * MINUTE, "usual run 50m-1h40m"),
            (22 * MINUTE, 22 * MINUTE, "usual run 22m"),
        ] {
            assert_eq!(usual_run(UsualRange { low_ms: low, high_ms: high, runs: 3 }), expect);
        }
        for (least_ms, most_ms, expect) in [
            (6 * MINUTE, Some(6 * MINUTE), Some("~6m left")),
            (4 * MINUTE, Some(9 * MINUTE), Some("~4-9m left")),
            (4 * MINUTE, Some(4 * MINUTE + 1), Some("~4m left")),
            (40 * SECOND, Some(9 * MINUTE), Some("~40s-9m left")),
            (80 * MINUTE, Some(100 * MINUTE), Some("~80m-1h40m left")),
            (0, Some(9 * MINUTE), Some("at most ~9m left")),
            (4 * MINUTE, None, Some("~4m or more left")),
            (0, Some(0), None),
            (0, None, None),
        ] {
            assert_eq!(said(Left { least_ms, most_ms }).as_deref(), expect);
        }
    }
}
