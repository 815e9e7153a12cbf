use super::parse_runbook;
use crate::runbook::syntax::StepKind;
use crate::source::{Look, SourceFile, render_human};

/// Findings of a text, one a line: place, code, message.
fn findings(text: &str) -> Vec<String> {
    let source = SourceFile::new("a.yaml", text);
    let line = |f: &crate::source::Diagnostic| {
        let at = source.position(f.span.start);
        format!("{}:{} {} {}", at.line, at.column, f.code, f.message)
    };
    parse_runbook(&source).1.iter().map(line).collect()
}

const RESTART: &str = "\
runbook: restart-nginx
if_it_fails: One host is without nginx, the others were not touched. Call the owner.
hosts: web
timeout: 1m
steps:
  - id: restart
    roll:
      steps:
        - id: nginx
          run: service nginx restart
          as: root
          effect: repeatable
      gate: { probe: { run: curl -fsS -m 2 http://localhost/ }, samples: 3 }
";

#[test]
fn the_shortest_runbook_is_read_whole() {
    let source = SourceFile::new("a.yaml", RESTART);
    let (runbook, findings) = parse_runbook(&source);
    assert_eq!(render_human(&source, &findings, Look::Plain), "");
    let runbook = runbook.expect("it is a runbook");
    let StepKind::Roll(roll) = &runbook.steps[0].kind else { panic!("a roll") };
    assert!(matches!(roll.steps[0].kind, StepKind::Command(_)));
    assert_eq!(roll.gate.as_ref().and_then(|g| g.samples.map(|s| s.value)), Some(3));
    assert_eq!(source.slice(runbook.steps[0].kind_span), "roll");
}

#[test]
fn all_mistakes_of_a_file_come_in_one_run_each_at_its_place() {
    let text = "\
runbook: many
timeout: 30
steps:
  - id: One
    rnu: true
  - id: two
    run: 12
    tiemout: 5s
    retry: 3
  - id: three
    gate: { probe: { run: x, expect: y }, for: 30s }
  - id: four
    on: web
    run: {{x}}
  - run: echo
    effect: ones
    env: { A-B: 1 }
  - id: six
    parallel: []
  - id: seven
  - pause
";
    insta::assert_snapshot!(findings(text).join("\n"));
}

#[test]
fn what_was_refused_is_not_called_missing() {
    let text = "runbook: a\nif_it_fails: x\nsteps:\n  - id: a\n    run: x\n    verify: yes\n    timeout: soon\n";
    assert_eq!(
        findings(text),
        ["6:13 B0204 `verify` must be a mapping or `person`, not a text", "7:14 B0207 `soon` is not a time span"]
    );
    let (runbook, _) = parse_runbook(&SourceFile::new("a.yaml", text));
    let runbook = runbook.expect("it is a runbook");
    let StepKind::Command(step) = &runbook.steps[0].kind else { panic!("a command") };
    assert!(step.verify.is_some() && step.timeout.is_some());
}
