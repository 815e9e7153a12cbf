use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rehearse::rehearse_at_most;
use super::{Rehearsal, RehearsalError, World, rehearse};
use crate::plan::{Inventory, Plan, compile};
use crate::run::testing::info;
use crate::run::{ExitCode, Graph};
use crate::source::{Diagnostic, SourceFile};
use crate::view::{Plain, RunView};

const FIRST: &str = include_str!("../../../../runbooks/first.yaml");
const QUIET: &str = include_str!("../../../../runbooks/worlds/first.yaml");
const BAD: &str = include_str!("../../../../runbooks/worlds/first-bad.yaml");

/// One step of each kind that a world has to say something about.
const NIGHT: &str = "\
runbook: night
if_it_fails: Call the owner.
hosts: localhost
timeout: 1m
steps:
  - { id: fetch, run: ./fetch, effect: once, verify: { run: ./fetched } }
  - { id: agreed, approve: { for: [wipe], show: [fetch], by: 2, of: [sre], not: starter } }
  - { id: wipe, run: ./wipe, effect: repeatable, usual: 5s }
  - { id: seen, pause: Look at the panel }
  - { id: look, probe: { run: ./look } }
";

fn plan(runbook: &str) -> Arc<Plan> {
    let source = SourceFile::new("runbook.yaml", runbook);
    let (plan, findings) = compile(&source, &Inventory::local(), &BTreeMap::new());
    Arc::new(plan.unwrap_or_else(|| panic!("{}", said(&source, &findings))))
}

fn said(source: &SourceFile, findings: &[Diagnostic]) -> String {
    let line = |f: &Diagnostic| {
        let at = source.position(f.span.start);
        format!("{}:{} {} {} | {}", at.line, at.column, f.code, f.message, f.help)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// All that is wrong with a world, for a plan or by itself.
fn wrong(runbook: &str, world: &str) -> String {
    let source = SourceFile::new("world.yaml", world);
    let (world, findings) = World::parse(&source);
    match world {
        Some(world) => said(&source, &world.check(&Graph::new(plan(runbook)))),
        None => said(&source, &findings),
    }
}

fn play(runbook: &str, world: &str) -> (Rehearsal, String) {
    assert_eq!(wrong(runbook, world), "");
    let plan = plan(runbook);
    let source = SourceFile::new("world.yaml", world);
    let world = World::parse(&source).0.unwrap();
    let start: DateTime<Utc> = "2026-05-01T02:00:00Z".parse().unwrap();
    let rehearsal = rehearse(Arc::clone(&plan), &plan.hash(), &world, info(), start).unwrap();
    let again = rehearse(Arc::clone(&plan), &plan.hash(), &world, info(), start).unwrap();
    assert_eq!(rehearsal, again, "the same arguments give the same records");
    let (mut view, mut plain) = (RunView::new(plan), Plain::new());
    let mut lines = Vec::new();
    for record in &rehearsal.records {
        view.apply(record).unwrap();
        lines.extend(plain.lines(&view, record));
    }
    lines.push(said(&source, &rehearsal.unused));
    lines.push(said(&source, &rehearsal.answers));
    (rehearsal, lines.join("\n"))
}

/// What a night ends with, and words that stand in its lines.
fn check(world: &str, exit: ExitCode, words: &[&str]) {
    let (rehearsal, lines) = play(NIGHT, world);
    assert_eq!(rehearsal.exit, exit, "{lines}");
    for word in words {
        assert!(lines.contains(word), "no `{word}` in\n{lines}");
    }
}

const AGREED: &str = "people: { ann: [sre], bob: [sre] }
answers:
  - { step: agreed, answer: approve, as: ann }
  - { step: agreed, answer: approve, as: bob }
  - { step: seen, answer: continue }
";

fn agreed(steps: &str) -> String {
    format!("world: w\n{AGREED}{steps}")
}

#[test]
fn the_shipped_nights_end_as_they_should() {
    let (quiet, lines) = play(FIRST, QUIET);
    assert_eq!(quiet.exit, ExitCode::DONE, "{lines}");
    assert_eq!((quiet.unused, quiet.answers), (Vec::new(), Vec::new()));
    let (bad, lines) = play(FIRST, BAD);
    assert_eq!(bad.exit, ExitCode::GATE);
    insta::assert_snapshot!(lines.replace(&plan(FIRST).hash(), "sha256:HASH"));
}

#[test]
fn what_nothing_is_said_about_goes_well_and_only_people_are_missing() {
    check("world: w", ExitCode::ASK_UNAVAILABLE, &["nobody could be asked about agreed"]);
    check(&agreed(""), ExitCode::DONE, &["ok wipe/@localhost 0:05", "ok look/@localhost 0:00.1", "ann", "bob"]);
}

#[test]
fn a_host_says_what_really_happened() {
    let fetch = |truth: &str| agreed(&format!("steps: {{ fetch/@localhost: {{ unknown: cable out, {truth} }} }}"));
    check(&fetch("truth: done"), ExitCode::DONE, &["UNKN fetch/@localhost", "the host says"]);
    check(&fetch("truth: running, took: 20s"), ExitCode::DONE, &["02:00:20Z fetch/@localhost ended well after 0:20"]);
    check(&fetch("truth: done, status: 3"), ExitCode::FAILED, &["FAIL fetch/@localhost"]);
    let never = "steps: { fetch/@localhost: { attempts: [{ unknown: cable out, truth: never }, {}] } }";
    check(&agreed(never), ExitCode::DONE, &["UNKN fetch/@localhost", "the host says", "ok fetch/@localhost"]);
    check(
        &fetch("truth: lost"),
        ExitCode::DONE,
        &["UNKN fetch/@localhost", "ok fetch/@localhost: settled by its verify"],
    );
    let unverified = fetch("truth: lost") + "\nverify: { '*': { unreachable: no route } }";
    check(&unverified, ExitCode::UNKNOWN, &["UNKN fetch/@localhost"]);
}

#[test]
fn attempts_come_in_order_and_timeouts_in_time() {
    let steps = "  - { step: wipe/@localhost, answer: retry }
  - { step: fetch/@localhost, answer: kill }
  - { step: look/@localhost, answer: retry }
steps:
  wipe/@localhost: { attempts: [{ unreachable: no route, took: 0s }, { status: 0 }] }
  look/@localhost: { status: 0, took: 2m }
";
    // A probe that takes longer than it may is killed, every time.
    check(&agreed(steps), ExitCode::FAILED, &["no route", "ok wipe/@localhost", "nobody could be asked about look"]);
    let slow = agreed(
        "  - { step: fetch/@localhost, answer: kill }
steps: { fetch/@localhost: { took: 10m } }
",
    );
    check(&slow, ExitCode::FAILED, &["02:01:00Z", "fetch/@localhost"]);
}

#[test]
fn a_world_in_which_a_step_is_never_started_comes_to_an_end_too() {
    let plan = plan(NIGHT);
    let source = SourceFile::new("world.yaml", "world: w\nsteps: { '*': { unknown: cable out, truth: never } }\n");
    let world = World::parse(&source).0.unwrap();
    let play = |most| rehearse_at_most(most, Arc::clone(&plan), &plan.hash(), &world, info(), DateTime::UNIX_EPOCH);
    assert_eq!(play(5), Err(RehearsalError::Endless { events: 5 }));
    // It is sent three times, and then a person would have to say whether once more.
    assert_eq!(play(500).map(|played| played.exit), Ok(ExitCode::FAILED));
}

#[test]
fn what_was_not_used_is_said() {
    let world = "world: w
answers: [{ step: agreed, answer: approve, as: eve }, { step: seen, answer: continue }]
steps: { wipe/@localhost: { status: 1 }, '*': { status: 0 } }
verify: { '*': {} }
";
    let (rehearsal, _) = play(NIGHT, world);
    let source = SourceFile::new("world.yaml", world);
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        rehearsal.exit,
        said(&source, &rehearsal.unused),
        said(&source, &rehearsal.answers)
    ));
}

#[test]
fn all_that_is_wrong_is_said_at_its_place() {
    let world = "wolrd: w
steps:
  fetch/@localhost: { stauts: 0, status: 256, took: soon, stdout: [] }
  Fetch: { status: 0 }
  wipe/@localhost: { unreachable: no route, status: 1, truth: never }
  look/@localhost: { attempts: [], took: 2s }
  a/@h: { truth: perhaps }
  b/@h: { unknown: '', truth: never, stdout: x }
  c/@h: { samples: [3] }
  d/@h: none
verify: 3
people: { ann: sre, bob: [[]] }
answers: [{ step: a }]
";
    insta::assert_snapshot!(wrong(NIGHT, world));
    insta::assert_snapshot!(["[]", "world: ''", "a: &x 1"].map(|world| wrong(NIGHT, world)).join("\n"));
}

#[test]
fn what_the_plan_never_sends_is_said() {
    let world = "world: w
steps: { fetch/@localhots: {}, seen: {}, look/@localhost: { samples: [{}] } }
verify: { wipe/@localhost: {}, fetch/@localhost: {} }
preview: { wipe/@localhost: {} }
";
    insta::assert_snapshot!(wrong(NIGHT, world));
    insta::assert_snapshot!(wrong(
        FIRST,
        "world: w\nsteps: { 'restart/#1/gate': { attempts: [{}] }, 'restart/#2/gate': {} }"
    ));
}
