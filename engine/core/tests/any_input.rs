//! Whatever a file holds, the compiler answers: it never panics, never overflows the 2 MB stack of a test's thread,
//! points only at places that exist, and gives out a plan if and only if it has found no error.

use std::collections::BTreeMap;

use banister_core::plan::{Inventory, check, compile};
use banister_core::source::{Diagnostic, Look, SourceFile, render_human, render_json};
use proptest::prelude::*;

/// A runbook with one of everything, which compiles.
const EVERYTHING: &str = include_str!("everything.yaml");

fn answers(source: &SourceFile) {
    let arguments = BTreeMap::from([("token".to_owned(), "env:TOKEN".to_owned())]);
    let (plan, findings) = compile(source, &Inventory::local(), &arguments);
    let checked = check(source);
    assert_eq!(plan.is_some(), !findings.iter().any(Diagnostic::is_error), "{findings:?}");
    for finding in findings.iter().chain(&checked) {
        let (start, end) = (finding.span.start, finding.span.end);
        assert!(start <= end && end <= source.text().len(), "{finding:?}");
        assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{finding:?}");
    }
    let shown = render_human(source, &findings, Look::Plain);
    // A hundred are enough for people.
    assert_eq!(
        shown.lines().filter(|l| l.starts_with("error[") || l.starts_with("warning[")).count(),
        findings.len().min(100)
    );
    assert_eq!(render_json(source, &findings).lines().count(), findings.len());
}

#[test]
fn one_of_everything_compiles() {
    let source = SourceFile::new("everything.yaml", EVERYTHING);
    let arguments = BTreeMap::from([("token".to_owned(), "env:TOKEN".to_owned())]);
    let (plan, findings) = compile(&source, &Inventory::local(), &arguments);
    assert_eq!(render_human(&source, &findings, Look::Plain), "");
    assert!(plan.is_some());
    assert_eq!(render_human(&source, &check(&source), Look::Plain), "");
}

#[test]
fn deep_and_wide_input_is_answered() {
    let deep =
        |open: &str, close: &str, n: usize| format!("runbook: a\nsteps: {}{}\n", open.repeat(n), close.repeat(n));
    let undo = |n: usize| {
        let inner = "[{ id: a, run: x, undo: ".repeat(n) + "[]" + &"}]".repeat(n);
        format!("runbook: a\nif_it_fails: x\nhosts: localhost\ntimeout: 1s\nsteps: {inner}\n")
    };
    let condition = |inner: String| {
        let step = "  - id: a\n    probe: { run: x }\n    expect: >-\n      ";
        format!("runbook: a\nif_it_fails: x\nhosts: localhost\nsteps:\n{step}{inner}\n")
    };
    let script = |inner: String| {
        format!(
            "runbook: a\nif_it_fails: x\nhosts: localhost\nsteps:\n  - id: a\n    probe:\n      run: >-\n        {inner}\n"
        )
    };
    let cases = [
        deep("[", "]", 39),
        deep("[", "]", 41),
        deep("[", "", 100_000),
        deep("{a: ", "}", 100_000),
        deep("- ", "", 1_000),
        undo(9),
        undo(18),
        undo(1_000),
        condition(format!("{}1{}", "(".repeat(90), ")".repeat(90))),
        condition(format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000))),
        condition("!".repeat(900) + "true"),
        condition("1".to_owned() + &" + 1".repeat(240)),
        script(format!("{}true{}", "(".repeat(5_000), ")".repeat(5_000))),
        script("echo ".to_owned() + &"$(".repeat(5_000)),
        script("if true; then ".repeat(3_000)),
        "\u{feff}".to_owned(),
        "\n\n# nothing\n".to_owned(),
        "---\n...\n".to_owned(),
        "a: b: c".to_owned(),
        "? [a, b]\n: c\n".to_owned(),
        "x".repeat(9 << 20),
        "runbook: a\nsteps:\n".to_owned() + &"  - { id: a, note: b }\n".repeat(20_001),
    ];
    for text in cases {
        answers(&SourceFile::new("a.yaml", text));
    }
    answers(&SourceFile::from_bytes("a.yaml", b"runbook: \xff\xfe"));
    answers(&SourceFile::from_bytes(
        "a.yaml",
        &EVERYTHING.as_bytes().iter().flat_map(|b| [*b, 0]).collect::<Vec<u8>>(),
    ));
}

/// One change of a text, by positions that are taken modulo its length.
#[derive(Debug, Clone)]
enum Change {
    Cut(usize, usize),
    Insert(usize, &'static str),
    SwapLines(usize, usize),
    RepeatLine(usize),
    Indent(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "{{",
        "}}",
        "- ",
        ": ",
        "\n",
        "\t",
        "\"",
        "'",
        "|",
        ">",
        "&a ",
        "*a",
        "!t ",
        "<<: ",
        "#",
        "---\n",
        "\u{202e}",
        "é",
        "0",
        "-1",
        "1e999",
        "true",
        "~",
        "localhost",
        "steps:",
        "id: a",
        "needs: [a]",
        "{{ steps.a.b }}",
        "$(",
        "`",
        "result.",
        "== ",
        "&&",
        "\\",
        "\r",
        "\r\n",
        "%YAML 1.2\n",
        "roll:",
        "effect: destroy",
    ]);
    prop_oneof![
        (any::<usize>(), 0..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<usize>(), pieces).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::SwapLines(a, b)),
        any::<usize>().prop_map(Change::RepeatLine),
        any::<usize>().prop_map(Change::Indent),
    ]
}

fn apply(text: &mut String, change: &Change) {
    let at = |text: &str, at: usize| text.floor_char_boundary(at % (text.len() + 1));
    match change {
        Change::Cut(from, length) => {
            let start = at(text, *from);
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            text.replace_range(start..end, "");
        }
        Change::Insert(to, piece) => text.insert_str(at(text, *to), piece),
        Change::SwapLines(..) | Change::RepeatLine(_) | Change::Indent(_) => {
            let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            let count = lines.len();
            match change {
                Change::SwapLines(a, b) => lines.swap(a % count, b % count),
                Change::RepeatLine(a) => lines.insert(a % count, lines[a % count].clone()),
                Change::Indent(a) => lines[a % count].insert_str(0, "  "),
                Change::Cut(..) | Change::Insert(..) => {}
            }
            *text = lines.join("\n");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_runbook_is_answered(changes in prop::collection::vec(change(), 1..6)) {
        let mut text = EVERYTHING.to_owned();
        for change in &changes {
            apply(&mut text, change);
        }
        answers(&SourceFile::new("everything.yaml", text));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        answers(&SourceFile::from_bytes("any.yaml", &bytes));
    }
}
