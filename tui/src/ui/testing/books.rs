//! Runbooks and inventories of the scenes.

use std::collections::BTreeMap;
use std::sync::Arc;

use banister_core::plan::{Inventory, Plan};
use banister_core::run::{Actor, Graph, Record, StartInfo};
use banister_core::source::{Diagnostic, Look, SourceFile, render_human};
use banister_core::world::{World, rehearse};

use super::scene::START;

/// The shipped runbook of the tutorial.
pub(crate) const FIRST: &str = include_str!("../../../../runbooks/first.yaml");

/// Five brokers, production.
pub(crate) const HOSTS: &str = "environment: prod
hosts:
  kafka-01: { address: 192.0.2.1, groups: [kafka] }
  kafka-02: { address: 192.0.2.2, groups: [kafka] }
  kafka-03: { address: 192.0.2.3, groups: [kafka] }
  kafka-04: { address: 192.0.2.4, groups: [kafka] }
  kafka-05: { address: 192.0.2.5, groups: [kafka] }
";

/// A rolling restart in three batches, with a gate behind each, a pause and a manual step.
pub(crate) const BROKERS: &str = r#"
runbook: kafka-rolling-restart
title: Restart the brokers of orders-eu1, batch by batch
if_it_fails: Stop here; the brokers that were not reached serve as before. Call the owner of the cluster.
hosts: kafka
timeout: 5m
preconditions:
  - id: tools
    title: The tools are there
    probe: { run: command -v kafka-topics }
steps:
  - id: snapshot
    title: Snapshot the partition state
    hosts: kafka-01
    probe: { run: kafka-topics --describe }
    usual: 20s
  - id: pause_cruise
    title: Pause cruise control
    hosts: kafka-01
    run: cruise-control pause
    effect: repeatable
    usual: 3s
  - id: restart
    title: Restart the brokers
    if_it_fails: The run stops before the next batch. One broker stays down, 4 of 5 brokers serve, min.insync=2 holds.
    roll:
      batch: [2, 1, 2]
      budget: 1
      steps:
        - id: stop
          title: Stop the broker on {{ host.name }}
          run: systemctl stop kafka
          as: root
          effect: once
          usual: 170s
          verify: { run: "! systemctl is-active kafka" }
        - id: start
          title: Start the broker on {{ host.name }}
          run: systemctl start kafka
          as: root
          effect: repeatable
          usual: 40s
          undo:
            - id: back
              title: Start the old version on {{ host.name }}
              run: systemctl start kafka-old
              effect: repeatable
      gate:
        probe: { run: "kafka-topics --describe --under-replicated-partitions | wc -l" }
        until: int(result.stdout) == 0
        every: 10s
        samples: 3
        timeout: 5m
  - id: look
    title: Look at the consumer lag
    pause: Is the consumer lag falling? Look at the dashboard orders-eu1.
  - id: announce
    title: Tell the channel
    manual: { do: "Write into #inc-4312 that the restart is over" }
    verify: person
"#;

/// Many web servers, in growing batches, some of which may fail.
pub(crate) const MANY: &str = r#"
runbook: roll-nginx
title: A changed configuration on every web server
if_it_fails: Servers that were not reached yet run as before. Take the failed ones out of the balancer and call the owner.
hosts: web
timeout: 1m
steps:
  - id: restart
    title: Configure and restart nginx
    roll:
      batch: [1, 9, "25%"]
      budget: 2
      steps:
        - id: configure
          run: install -m 644 nginx.conf /etc/nginx/nginx.conf
          effect: repeatable
          usual: 2s
        - id: nginx
          title: Restart nginx
          run: service nginx restart
          effect: repeatable
          usual: 6s
      gate: { probe: { run: "curl -fsS -m 2 http://localhost/" }, samples: 3, every: 2s }
"#;

/// A destroy step that others must agree to.
pub(crate) const APPROVED: &str = r#"
runbook: trim-uploads
title: Remove the uploads of the broken import
if_it_fails: Files may be gone that somebody needs; the snapshot of 02:00 has them all. Call the owner.
hosts: kafka-01
timeout: 5m
steps:
  - id: count
    title: Count the uploads
    probe: { run: "find /srv/uploads | wc -l" }
  - id: approval
    title: Somebody else looks at what is removed
    approve:
      for: [wipe]
      show: [count]
      by: 1
      of: [sre]
      not: starter
      ask: { question: "How many files are removed?", answer: "'3'" }
  - id: wipe
    title: Remove the uploads
    run: rm -rf /srv/uploads/import
    effect: destroy
    preview: { run: find /srv/uploads/import }
    verify: { run: "! test -e /srv/uploads/import" }
"#;

/// Somebody, as the kernel would name him.
pub(crate) fn person(name: &str, uid: u32) -> Actor {
    Actor::Person { name: name.to_owned(), uid: Some(uid), groups: vec!["sre".to_owned()] }
}

/// So many web servers, production.
pub(crate) fn many(hosts: u32) -> String {
    let host = |n: u32| format!("  web-{n:03}: {{ address: 198.51.100.{}, groups: [web] }}\n", n % 250 + 1);
    format!("environment: prod\nhosts:\n{}", (1..=hosts).map(host).collect::<String>())
}

fn must<T>(source: &SourceFile, (made, findings): (Option<T>, Vec<Diagnostic>)) -> T {
    let errors: Vec<Diagnostic> = findings.into_iter().filter(Diagnostic::is_error).collect();
    assert!(errors.is_empty(), "{}", render_human(source, &errors, Look::Plain));
    made.expect("without an error there is something")
}

/// A runbook on an inventory; an empty one is this machine alone.
pub(crate) fn compile(runbook: &str, inventory: &str) -> Arc<Plan> {
    let hosts = SourceFile::new("inventory.yaml", inventory);
    let inventory = if inventory.is_empty() { Inventory::local() } else { must(&hosts, Inventory::parse(&hosts)) };
    let source = SourceFile::new("runbook.yaml", runbook);
    Arc::new(must(&source, banister_core::plan::compile(&source, &inventory, &BTreeMap::new())))
}

/// [`BROKERS`] on [`HOSTS`].
pub(crate) fn restart_of_brokers() -> Arc<Plan> {
    compile(BROKERS, HOSTS)
}

/// What the first record says.
pub(super) fn info(plan: &Plan) -> StartInfo {
    StartInfo {
        run: "7f3a9c1e4d7b2a60c1d2e3f4".to_owned(),
        plan_digest: Plan::file_digest(&plan.canonical_json()),
        runbook_file: "runbook.yaml".to_owned(),
        runbook_digest: "0".repeat(64),
        git_commit: None,
        git_dirty: None,
        inventory_digest: None,
        incident: Some("INC-4312".to_owned()),
        tool: "0.1.0".to_owned(),
        machine: "ops".to_owned(),
        time_zone: "+00:00".to_owned(),
        drill: false,
        ssh_config: None,
    }
}

/// The journal that a rehearsal in a world leaves.
pub(crate) fn rehearsed(plan: &Arc<Plan>, world: &str) -> Vec<Record> {
    let source = SourceFile::new("world.yaml", world);
    let world = must(&source, World::parse(&source));
    let unfit: Vec<Diagnostic> = world.check(&Graph::new(plan.clone()));
    assert!(!unfit.iter().any(Diagnostic::is_error), "{}", render_human(&source, &unfit, Look::Plain));
    let start = START.parse().expect("a moment");
    rehearse(plan.clone(), &plan.hash(), &world, info(plan), start).expect("the rehearsal ends").records
}
