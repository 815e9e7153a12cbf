//! Every story as a timeline, and what must hold of every one at every record.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::run::Record;
use crate::source::hidden;
use crate::view::testing::{self, EVIL, Story};

fn tell(story: &Story, records: &[Record]) -> Option<Timeline> {
    let mut teller = Teller::new(Arc::clone(&story.plan));
    for record in records {
        teller.push(record).unwrap();
    }
    teller.finish()
}

#[test]
fn markdown() {
    for story in testing::all() {
        let timeline = tell(&story, &story.records).unwrap();
        insta::assert_snapshot!(format!("timeline_{}", story.name), to_markdown(&timeline));
    }
}

/// Cells of a table row: borders that no backslash stands before.
fn borders(line: &str) -> usize {
    let mut escaped = false;
    line.chars()
        .filter(|c| {
            let border = *c == '|' && !escaped;
            escaped = *c == '\\' && !escaped;
            border
        })
        .count()
}

fn check_markdown(text: &str) -> Result<(), TestCaseError> {
    let mut columns = None;
    for line in text.lines() {
        prop_assert!(line.chars().all(|c| hidden(c).is_none()), "{line:?}");
        prop_assert!(!line.contains('<') && !line.contains("](") && !line.contains("http://"), "{line}");
        match (line.starts_with('|'), columns) {
            (true, None) => columns = Some(borders(line)),
            (true, Some(columns)) => prop_assert_eq!(borders(line), columns, "{}", line),
            (false, _) => columns = None,
        }
    }
    Ok(())
}

#[test]
fn every_beginning_of_every_run_is_told_and_its_times_add_up() {
    for story in testing::all() {
        assert_eq!(tell(&story, &[]), None);
        for cut in 1..=story.records.len() {
            let timeline = tell(&story, &story.records[..cut]).unwrap();
            let totals = &timeline.totals;
            let parts = totals.running_ms + totals.waiting_ms + totals.held_ms + totals.gone_ms;
            assert!(parts <= totals.all_ms, "{} at {cut}: {totals:?}", story.name);
            assert!(timeline.rows.windows(2).all(|pair| pair[0].at <= pair[1].at), "{} at {cut}", story.name);
            check_markdown(&to_markdown(&timeline)).unwrap();
        }
    }
}

#[test]
fn nothing_of_trouble_people_or_exceptions_is_folded_away() {
    let mut kept = 0;
    for story in testing::all() {
        let timeline = tell(&story, &story.records).unwrap();
        for record in &story.records {
            let is_kept = matches!(
                record.kind,
                crate::run::RecordKind::StepFailed { .. }
                    | crate::run::RecordKind::StepUnknown { .. }
                    | crate::run::RecordKind::AskAnswered { .. }
                    | crate::run::RecordKind::GateOverridden { .. }
                    | crate::run::RecordKind::HostExcluded { .. }
                    | crate::run::RecordKind::NoteAdded { .. }
            );
            if is_kept {
                kept += 1;
                assert!(timeline.rows.iter().any(|row| row.seq == record.seq), "{}: {record:?}", story.name);
            }
        }
    }
    assert!(kept > 20, "only {kept} such records in all stories");
}

#[test]
fn a_timeline_ends_before_a_record_that_does_not_fit_and_says_so() {
    let story = testing::all().remove(0);
    let mut teller = Teller::new(Arc::clone(&story.plan));
    teller.push(&story.records[0]).unwrap();
    assert!(teller.push(&story.records[2]).is_err());
    let text = to_markdown(&teller.finish().unwrap());
    assert!(text.contains("**Not all of it**: record 3 stands where record 2 should"), "{text}");
}

proptest! {
    #[test]
    fn no_text_of_a_person_breaks_the_markdown(note in any::<String>(), evil in any::<bool>()) {
        let mut story = testing::all().into_iter().find(|s| s.name == "held").unwrap();
        let text = if evil { format!("{EVIL}{note}\\") } else { note };
        for record in &mut story.records {
            if let crate::run::RecordKind::NoteAdded { text: is } | crate::run::RecordKind::DecisionMade { text: is } = &mut record.kind {
                is.clone_from(&text);
            }
        }
        check_markdown(&to_markdown(&tell(&story, &story.records).unwrap()))?;
    }
}
