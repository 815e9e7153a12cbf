use std::collections::BTreeMap;

use super::{check, compile};
use crate::plan::{Action, EffectClass, HostIndex, Inventory, Plan, StepIndex};
use crate::source::{Look, SourceFile, render_human};

/// The shortest useful runbook of the design, as it stands there.
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

/// The longer one, whose kinds come later.
const DIRECTORY: &str = r#"# yaml-language-server: $schema=../book/schema/runbook.schema.json
runbook: restore-directory
title: Restore a directory that was deleted under running processes
if_it_fails: Nothing has been overwritten; processes still hold their files. Stop and call the owner.

params:
  victims: { type: hosts, prompt: "Which hosts lost it?" }
  path:    { type: path, must_not_be: [/, /usr, /etc, /var, /home], example: /usr/share }
  golden:  { type: host, prompt: "A host of the same image, still whole" }

hosts: "{{ victims }}"
timeout: 20m
lock: { name: "dir:{{ path }}" }

preconditions:
  - id: tools_answer
    probe: { run: "for t in tar sha256sum cp; do command -v $t || exit 1; done" }

steps:
  - id: salvage
    title: Copy what running processes still hold open
    salvage: { under: "{{ path }}", into: /var/tmp/salvage }

  - id: compare
    restore: { from: { host: "{{ golden }}", path: "{{ path }}" }, to: { path: "{{ path }}" }, mode: preview }

  - id: approval
    approve:
      for: [restore]
      show: [compare]
      by: 1
      of: [sre]
      not: starter
      ask: { question: "How many files will be written in all?", answer: "steps.compare.total.created" }

  - id: restore
    roll:
      batch: [1, 5, "25%"]        # canary, then grow
      budget: 0                   # hosts that may fail, over all batches; unreachable counts
      steps:
        - id: copy
          restore: { from: { host: "{{ golden }}", path: "{{ path }}" }, to: { path: "{{ path }}" }, mode: no-clobber, salvage_wins: true }
          effect: repeatable
          verify: { restore: { from: { host: "{{ golden }}", path: "{{ path }}" }, to: { path: "{{ path }}" }, mode: preview }, expect: result.created == 0 }
      gate:
        probe: { run: "test -r /proc/1/fd && find /proc/[0-9]*/fd -lname {{ path }}'/* (deleted)' 2>/dev/null | wc -l", as: root }
        until: int(result.stdout) == 0
        every: 5s
        samples: 3                # consecutive
        timeout: 2m
        on_timeout: ask
"#;

fn compiled(text: &str) -> Plan {
    let source = SourceFile::new("a.yaml", text);
    let (plan, findings) = compile(&source, &inventory(), &BTreeMap::new());
    assert_eq!(render_human(&source, &findings, Look::Plain), "");
    plan.expect("without findings there is a plan")
}

#[test]
fn the_shortest_runbook_becomes_a_plan() {
    let plan = compiled(RESTART);
    assert_eq!(plan.hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>(), ["web-1", "web-2", "web-3"]);
    let [step] = plan.steps.as_slice() else { panic!("one step") };
    let Action::Roll(roll) = &step.action else { panic!("a roll") };
    let alone = |n| vec![HostIndex(n)];
    assert_eq!((roll.batches.as_slice(), roll.budget), ([alone(0), alone(1), alone(2)].as_slice(), 0));
    let Action::Command(nginx) = &roll.steps[0].action else { panic!("a command") };
    assert_eq!((nginx.effect, nginx.timeout_ms), (EffectClass::Repeatable, Some(60_000)));
    assert_eq!(nginx.command.account.as_deref(), Some("root"));
    assert_eq!(roll.steps[0].if_it_fails, plan.if_it_fails);
    let gate = roll.gate.as_ref().expect("a gate");
    assert_eq!((gate.samples, gate.every_ms, gate.timeout_ms, &gate.hosts), (3, 5_000, 60_000, &None));
    assert_eq!(check(&SourceFile::new("a.yaml", RESTART)), []);
}

#[test]
fn the_directory_runbook_says_what_this_version_lacks_and_nothing_else() {
    let source = SourceFile::new("restore-directory.yaml", DIRECTORY);
    let said: Vec<String> = check(&source)
        .iter()
        .map(|f| format!("{} {}: {}", source.position(f.span.start).line, f.code, f.message))
        .collect();
    assert_eq!(
        said,
        [
            "13 B0203: `lock` is not in this version",
            "22 B0203: `salvage` is not in this version",
            "25 B0203: `restore` is not in this version",
            "42 B0203: `restore` is not in this version",
        ]
    );
}

#[test]
fn a_step_without_needs_waits_for_all_above_through_as_few_edges_as_say_it() {
    let text = "\
runbook: order
if_it_fails: Nothing was changed.
hosts: localhost
steps:
  - { id: a, probe: { run: uptime } }
  - { id: b, needs: [], probe: { run: uptime } }
  - { id: c, needs: [a], probe: { run: uptime } }
  - { id: d, probe: { run: uptime } }
  - { id: e, needs: [d, a], probe: { run: uptime } }
  - { id: f, probe: { run: uptime } }
";
    let needs: Vec<Vec<u32>> =
        compiled(text).steps.iter().map(|s| s.needs.iter().map(|StepIndex(n)| *n).collect()).collect();
    assert_eq!(needs, [vec![], vec![], vec![0], vec![1, 2], vec![0, 3], vec![4]]);
}

fn inventory() -> Inventory {
    let text = "environment: staging\nhosts:\n  web-1: { groups: [web] }\n  web-2: { groups: [web] }\n  web-3: { groups: [web] }\n";
    let (inventory, findings) = Inventory::parse(&SourceFile::new("inventory.yaml", text));
    assert_eq!(findings, []);
    inventory.expect("without findings there is an inventory")
}
