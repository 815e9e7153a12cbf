//! Plans as people and machines see them.

use proptest::prelude::*;

use super::*;
use crate::plan::testing::{command_of, plan};
use crate::plan::{CommandKind, Shell, StepIndex, Template};

#[test]
fn for_people() {
    insta::assert_snapshot!(print_human(&plan(), PrintStyle::default()));
}

#[test]
fn for_people_in_ascii() {
    let text = print_human(&plan(), PrintStyle { ascii: true });
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(
        text.lines().filter(|line| line.contains("{{") || line.contains('*')).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn for_machines() {
    let text = print_json(&plan());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["v"], 1);
    assert_eq!(value["hash"], plan().hash());
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_reaches_the_terminal_raw() {
    let mut evil = plan();
    let bad = "\u{1b}[2J\u{202e}x\ry";
    evil.title = bad.to_owned();
    evil.if_it_fails = bad.to_owned();
    evil.environment = bad.to_owned();
    command_of(&mut evil).kind = CommandKind::Script { shell: Shell::Sh, text: Template::text(bad) };
    command_of(&mut evil).account = Some(bad.to_owned());
    evil.steps[0].title = Template::text(bad);
    evil.steps[0].all_at_once = Some(bad.to_owned());
    let text = print_human(&evil, PrintStyle::default());
    assert_eq!(text.chars().find(|c| *c != '\n' && crate::source::hidden(*c).is_some()), None, "{text:?}");
}

#[test]
fn hosts_that_change_side_by_side_are_counted_together() {
    let mut wide = plan();
    assert_eq!(PlanFacts::of(&wide).at_once, 2, "the largest batch");
    assert_eq!(PlanFacts::of(&wide).changed.len(), 3);
    // The destroy step now waits for nothing: it may run beside the roll.
    wide.steps[5].needs = Vec::new();
    assert_eq!(PlanFacts::of(&wide).at_once, 3);
    wide.steps[5].needs = vec![StepIndex(3)];
    assert_eq!(PlanFacts::of(&wide).at_once, 2);
}

fn draw(needs: &[&[usize]], ascii: bool) -> String {
    let needs: Vec<Vec<usize>> = needs.iter().map(|needed| needed.to_vec()).collect();
    let rows = lanes(&needs, ascii, |_| if ascii { '*' } else { '●' });
    let row = |row: &LaneRow| match row.step {
        Some(step) => format!("{:<14}{step}", row.cells),
        None => row.cells.clone(),
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn lanes_show_who_waits_for_whom() {
    let line: &[&[usize]] = &[&[], &[0], &[1]];
    let diamond: &[&[usize]] = &[&[], &[0], &[0], &[1, 2], &[3, 0]];
    // The graph of the reference: fan-out and fan-in of four, a side branch over the whole of it.
    let incident: &[&[usize]] = &[
        &[],
        &[0],
        &[0],
        &[1],
        &[1],
        &[1],
        &[1],
        &[3, 4, 5, 6, 2],
        &[7],
        &[8],
        &[9, 0],
        &[10],
        &[10],
        &[11, 12],
        &[13, 2, 0],
    ];
    let apart: &[&[usize]] = &[&[], &[], &[0], &[1], &[2, 3], &[]];
    let crossing: &[&[usize]] = &[&[], &[], &[], &[0, 2], &[1], &[3, 4]];
    let all = [line, diamond, incident, apart, crossing].map(|graph| draw(graph, false)).join("\n\n");
    insta::assert_snapshot!(format!("{all}\n\n{}", draw(diamond, true)));
}

proptest! {
    /// Every step has its one row, after all it needs; lanes close at the end.
    #[test]
    fn every_step_is_drawn_once(edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..30), count in 0_usize..12) {
        let mut needs = vec![Vec::new(); count];
        for (a, b) in edges {
            let (child, parent) = (a.max(b), a.min(b));
            if child < count && child != parent {
                needs[child].push(parent);
            }
        }
        let rows = lanes(&needs, false, |_| '●');
        let shown: Vec<usize> = rows.iter().filter_map(|row| row.step).collect();
        prop_assert_eq!(shown.len(), count);
        for (at, step) in shown.iter().enumerate() {
            prop_assert!(needs[*step].iter().all(|need| shown[..at].contains(need)));
        }
        for row in &rows {
            prop_assert_eq!(row.cells.contains('●'), row.step.is_some());
        }
        if let Some(last) = rows.last() {
            prop_assert_eq!(last.cells.trim(), "●", "no lane is open at the end");
        }
    }
}
