//! When a runbook was last drilled, and how that ended.

use banister_core::source::visible;
use banister_runtime::state::DrillNote;
use chrono::{DateTime, Utc};

/// The last drill of a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drilled {
    note: DrillNote,
    /// The runbook's file is another one since.
    is_stale: bool,
}

impl Drilled {
    /// That of the runbook of this name, whose file has this digest now. `notes`: the latest first.
    pub(crate) fn last(notes: &[DrillNote], runbook: &str, digest: &str) -> Option<Self> {
        let note = notes.iter().find(|note| note.runbook == runbook)?.clone();
        Some(Self { is_stale: note.runbook_digest != digest, note })
    }
}

/// Whether somebody should look: a drill that went wrong.
pub(super) fn is_bad(drilled: Option<&Drilled>) -> bool {
    drilled.is_some_and(|drilled| !drilled.note.is_good())
}

/// In a row of the list: `drilled 12d ago`.
pub(super) fn brief(drilled: Option<&Drilled>, now: DateTime<Utc>) -> String {
    let Some(Drilled { note, .. }) = drilled else { return "never drilled".to_owned() };
    let minutes = (now - note.ended).num_minutes().max(0);
    let ago = match minutes {
        0..60 => format!("{minutes}m"),
        60..2_880 => format!("{}h", minutes / 60),
        _ => format!("{}d", minutes / 1_440),
    };
    let word = if note.is_good() { "" } else { " FAIL" };
    format!("drilled {ago} ago{word}")
}

/// The same where there is more room.
pub(super) fn words(drilled: Option<&Drilled>, now: DateTime<Utc>) -> String {
    let stale = if drilled.is_some_and(|drilled| drilled.is_stale) { ", changed since" } else { "" };
    brief(drilled, now) + stale
}

/// In a line of its own, with everything that is known.
pub(super) fn line(drilled: Option<&Drilled>) -> String {
    let Some(Drilled { note, is_stale }) = drilled else { return "never, as far as is kept here".to_owned() };
    let at = note.ended.format("%Y-%m-%d %H:%MZ");
    let fault = note.fault.as_ref().map_or_else(String::new, |fault| format!(", fault {}", visible(fault)));
    let stale = if *is_stale { "; the runbook has changed since" } else { "" };
    format!("{at} by {}{fault}: {} of {} checks held{stale}", visible(&note.drill), note.held, note.checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(fault: Option<&str>, held: usize) -> DrillNote {
        DrillNote {
            drill: "restart-nginx".to_owned(),
            fault: fault.map(str::to_owned),
            runbook: "restart-nginx".to_owned(),
            runbook_digest: "old".to_owned(),
            ended: "2026-11-09T14:09:28Z".parse().expect("a moment"),
            checks: 9,
            held,
        }
    }

    #[test]
    fn a_drill_is_said_with_its_age_its_end_and_whether_it_is_still_of_this_file() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        for (held, digest, now, expect) in [
            (9, "old", "2026-11-09T14:21:00Z", "drilled 11m ago"),
            (9, "old", "2026-11-11T14:00:00Z", "drilled 47h ago"),
            (9, "new", "2026-11-21T14:09:28Z", "drilled 12d ago, changed since"),
            (8, "old", "2027-12-14T14:09:28Z", "drilled 400d ago FAIL"),
            // Another machine's clock.
            (9, "old", "2026-11-09T14:00:00Z", "drilled 0m ago"),
        ] {
            let drilled = Drilled::last(&[note(None, held)], "restart-nginx", digest);
            assert_eq!(words(drilled.as_ref(), at(now)), expect);
        }
        assert_eq!(Drilled::last(&[note(None, 9)], "first", "old"), None);
        assert_eq!(words(None, at("2026-11-09T14:00:00Z")), "never drilled");
    }

    #[test]
    fn the_plan_says_all_of_it() {
        let of = |fault, digest| line(Drilled::last(&[note(fault, 9)], "restart-nginx", digest).as_ref());
        assert_eq!(of(None, "old"), "2026-11-09 14:09Z by restart-nginx: 9 of 9 checks held");
        let expect = "2026-11-09 14:09Z by restart-nginx, fault cut: 9 of 9 checks held; the runbook has changed since";
        assert_eq!(of(Some("cut"), "new"), expect);
        assert_eq!(line(None), "never, as far as is kept here");
    }
}
