//! The engine is killed with -9 in each window there is, and at random moments; each window is witnessed.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::random_kills;
use crate::scenario::{Scenario, has_ended, until};

const ALL: &str = "one two three";

/// Stands before `setsid`: once, when the start of `two` is delivered, `then` is done with its whole request.
fn stand_in_at_start(scenario: &Scenario, hook: &str, then: &str) {
    let (name, dir) = (hook, scenario.path("hook").display().to_string());
    let real = real("setsid");
    scenario.stand_in(
        "setsid",
        &format!(
            "[ -e {dir}/{name} ] || exec {real} \"$@\"\n\
             spool=$(mktemp -p {dir})\n\
             cat >\"$spool\"\n\
             if grep -q '^launch()' \"$spool\" && grep -qF 'two/@localhost:main#1' \"$spool\" && rm {dir}/{name}; then\n\
             {then}\n\
             fi\n\
             exec {real} \"$@\" <\"$spool\"\n"
        ),
    );
    scenario.hook(name);
}

/// Holds the delivery of `two`: the whole request has left the engine, and no shell has read it yet.
fn hold_dispatch(scenario: &Scenario) {
    let hook = scenario.path("hook").display().to_string();
    stand_in_at_start(scenario, "dispatch", &format!("echo $$ >{hook}/arrived; read -r _ <{hook}/gate"));
}

/// Holds `two` right after its key was claimed: where it would write down its process stands a pipe that nobody reads.
fn hold_claim(scenario: &Scenario) {
    let hook = scenario.path("hook").display().to_string();
    let then = format!(
        "eval \"$(grep -E '^(dir|run)=' \"$spool\")\"\n\
         mkfifo \"$dir/$run/two,@localhost:main#1.process\"\n\
         echo $$ >{hook}/arrived"
    );
    stand_in_at_start(scenario, "claim", &then);
}

/// The process that has claimed `two` and is held.
fn claimed(scenario: &Scenario) -> Pid {
    let claimer = scenario.arrived();
    let meta = scenario.key("two", 1, "meta");
    until("it is claimed", || fs::read_to_string(&meta).is_ok_and(|text| text.ends_with('\n')));
    assert!(!scenario.key("two", 1, "fence").exists(), "witness: its start is not decided");
    claimer
}

/// Lets the claimed `two` go on.
fn let_go(scenario: &Scenario) {
    let process = scenario.key("two", 1, "process");
    let line = fs::read_to_string(&process).expect("the pipe");
    fs::remove_file(&process).expect("the pipe");
    fs::write(&process, line).expect("the file that should have been there");
}

/// Where a program is of which a scenario has one of its own.
pub(crate) fn real(program: &str) -> String {
    let path = std::env::var_os("PATH").expect("PATH");
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{program} is missing")).display().to_string()
}

/// The intent is on the disk, and there is no outcome.
fn is_intended(scenario: &Scenario) {
    assert_eq!(scenario.count("step.intended", "two"), 1, "the intent is on the disk");
    assert_eq!(scenario.count("step.succeeded", "two"), 0, "and no outcome");
}

#[test]
fn intent_synced_and_never_sent() {
    let scenario = Scenario::new();
    hold_dispatch(&scenario);
    let engine = scenario.run(&scenario.three_steps());
    let courier = scenario.arrived();
    engine.kill();
    kill_process(courier, Signal::KILL).expect("the courier");
    is_intended(&scenario);
    assert!(!scenario.key("two", 1, "meta").exists(), "witness: nothing reached the host");
    scenario.expect(&["resume", "last"], 0);
    assert!(scenario.key("two", 1, "fence").is_symlink(), "asking was claiming");
    scenario.is_whole(ALL);
}

#[test]
fn dispatched_and_the_engine_gone_before_it_arrives() {
    let scenario = Scenario::new();
    hold_dispatch(&scenario);
    let engine = scenario.run(&scenario.three_steps());
    scenario.arrived();
    engine.kill();
    is_intended(&scenario);
    assert!(!scenario.key("two", 1, "meta").exists(), "witness: it is under way");
    scenario.open_gate();
    until("it runs without its engine", || scenario.log() == "one two");
    scenario.expect(&["resume", "last"], 0);
    assert_eq!(scenario.count("step.intended", "two"), 1, "its outcome was adopted");
    scenario.is_whole(ALL);
}

#[test]
fn a_late_start_finds_that_it_must_not() {
    let scenario = Scenario::new();
    hold_dispatch(&scenario);
    let engine = scenario.run(&scenario.three_steps());
    let courier = scenario.arrived();
    engine.kill();
    is_intended(&scenario);
    scenario.expect(&["resume", "last"], 0);
    assert_eq!(scenario.count("step.intended", "two"), 2, "asked, told that it never started, and run");
    assert_eq!(scenario.log(), ALL);
    assert!(!has_ended(courier), "witness: the first start is still under way");
    scenario.open_gate();
    until("the late start has ended", || has_ended(courier));
    assert!(scenario.key("two", 1, "fence").is_symlink(), "it was revoked");
    scenario.is_whole(ALL);
}

#[test]
fn claimed_and_asked_before_it_starts() {
    let scenario = Scenario::new();
    hold_claim(&scenario);
    let engine = scenario.run(&scenario.three_steps());
    let claimer = claimed(&scenario);
    engine.kill();
    is_intended(&scenario);
    scenario.expect(&["resume", "last"], 0);
    assert_eq!(scenario.log(), ALL);
    assert!(!has_ended(claimer), "witness: the first start is still under way");
    let_go(&scenario);
    until("the late start has ended", || has_ended(claimer));
    assert!(scenario.key("two", 1, "fence").is_symlink(), "it was revoked");
    scenario.is_whole(ALL);
}

#[test]
fn claimed_and_started_without_its_engine() {
    let scenario = Scenario::new();
    hold_claim(&scenario);
    let engine = scenario.run(&scenario.three_steps());
    claimed(&scenario);
    engine.kill();
    is_intended(&scenario);
    let_go(&scenario);
    until("it runs without its engine", || scenario.log() == "one two");
    scenario.expect(&["resume", "last"], 0);
    assert_eq!(scenario.count("step.intended", "two"), 1);
    scenario.is_whole(ALL);
}

#[test]
fn started_and_still_running_when_the_next_engine_comes() {
    let scenario = Scenario::new();
    scenario.hook("block_two");
    let engine = scenario.run(&scenario.three_steps());
    scenario.arrived();
    engine.kill();
    is_intended(&scenario);
    assert!(scenario.key("two", 1, "fence").is_file(), "witness: started");
    let next = scenario.spawn(&["resume", "last"]);
    until("the next engine has found it", || scenario.count("step.reattached", "two") == 1);
    scenario.open_gate();
    assert_eq!(next.exit(), 0);
    scenario.is_whole(ALL);
}

/// Lets `two` end while its engine stands still, so that its status is written and nobody has read it.
fn end_unread(scenario: &Scenario) {
    scenario.hook("block_two");
    let engine = scenario.run(&scenario.three_steps());
    scenario.arrived();
    engine.stop();
    scenario.open_gate();
    let status = scenario.key("two", 1, "status");
    until("the status is whole", || fs::read_to_string(&status).unwrap_or_default().trim_end().ends_with(" end"));
    engine.kill();
    is_intended(scenario);
}

#[test]
fn status_written_and_not_read() {
    let scenario = Scenario::new();
    end_unread(&scenario);
    assert_eq!(scenario.log(), "one two", "witness: it has run");
    scenario.unhook("block_two");
    scenario.expect(&["resume", "last"], 0);
    let adopted =
        scenario.journal().lines().filter(|l| l.contains("step.succeeded") && l.contains("\"adopted\":true")).count();
    assert_eq!(adopted, 1, "its outcome was adopted");
    scenario.is_whole(ALL);
}

#[test]
fn outcome_read_and_not_written_down() {
    let scenario = Scenario::new();
    let (log, hook) = (scenario.log_path().display().to_string(), scenario.path("hook").display().to_string());
    let made = std::process::Command::new("mkfifo").arg(scenario.path("hook/side")).status().expect("mkfifo");
    assert!(made.success());
    let runbook = scenario.write(
        "side.yaml",
        &format!(
            "runbook: side\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\nsteps:\n\
             \x20 - {{ id: two, needs: [], effect: repeatable, run: 'echo $$ > {hook}/arrived; read -r _ < {hook}/gate; echo two >> {log}' }}\n\
             \x20 - {{ id: side, needs: [], effect: repeatable, run: 'echo $$ > {hook}/side_begun; read -r _ < {hook}/side; echo side >> {log}' }}\n\
             \x20 - {{ id: three, needs: [two], effect: repeatable, run: 'echo three >> {log}' }}\n"
        ),
    );
    let engine = scenario.run(&runbook);
    scenario.arrived();
    until("side runs", || scenario.path("hook/side_begun").exists());
    let (journal, away) = (scenario.run_dir().join("journal.jsonl"), scenario.path("away"));
    // The batch that would hold the outcome of `two` holds the intent of `three`: it must be synced, and cannot be.
    fs::rename(&journal, &away).expect("the journal");
    scenario.open_gate();
    until("the engine could not write it down", || engine.said().contains("is no longer at its path"));
    engine.kill();
    fs::rename(&away, &journal).expect("the journal");
    is_intended(&scenario);
    assert_eq!(scenario.log(), "two", "witness: it has run, and nothing after it");
    assert_eq!(scenario.count("step.intended", "three"), 0);
    fs::write(scenario.path("hook/side"), "\n").expect("the other gate");
    until("side has ended", || scenario.log() == "two side");
    scenario.expect(&["resume", "last"], 0);
    scenario.is_whole("two side three");
}

#[test]
fn an_outcome_torn_in_the_journal_is_read_again_from_the_host() {
    let scenario = Scenario::new();
    end_unread(&scenario);
    let journal = scenario.run_dir().join("journal.jsonl");
    let mut bytes = fs::read(&journal).expect("the journal");
    bytes.extend_from_slice(b"{\"v\":1,\"seq\":8,\"batch\":8,\"at\":\"2026-");
    fs::write(&journal, &bytes).expect("a torn journal");
    scenario.unhook("block_two");
    scenario.expect(&["resume", "last"], 0);
    assert_eq!(scenario.count("tail.recovered", ""), 1, "witness: the torn end was found");
    scenario.is_whole(ALL);
}

#[test]
fn a_journal_that_lost_what_a_host_has_seen_is_not_resumed() {
    // Whole lines are gone; then only the end of a line that had been synced, which looks like a torn write.
    for keep in [0, 40] {
        let scenario = Scenario::new();
        scenario.hook("block_two");
        let engine = scenario.run(&scenario.three_steps());
        scenario.arrived();
        engine.kill();
        let journal = scenario.run_dir().join("journal.jsonl");
        let text = fs::read_to_string(&journal).expect("the journal");
        let last = text.trim_end().rfind('\n').expect("a line") + 1;
        assert!(text[last..].contains("step.intended"), "the intent is the last");
        fs::write(&journal, &text[..last + keep]).expect("a shorter journal");
        let said = scenario.expect(&["resume", "last"], 23);
        assert!(said.contains("host localhost has seen a record"), "{said}");
        scenario.open_gate();
        until("two has ended", || scenario.log() == "one two");
        scenario.expect(&["resume", "last"], 23);
        assert_eq!(scenario.log(), "one two", "nothing new has started");
    }
}

/// One run, killed at up to three random moments.
fn killed_at_random(seed: u64) -> usize {
    let scenario = Scenario::new();
    let log = scenario.log_path().display().to_string();
    let mut text = "runbook: five\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\nsteps:\n".to_owned();
    for step in ["a", "b", "c", "d", "e"] {
        text.push_str(&format!("  - {{ id: {step}, effect: repeatable, run: 'echo {step} >> {log}; sleep 0.02' }}\n"));
    }
    let runbook = scenario.write("five.yaml", &text);
    let kills = random_kills::one_run(&scenario, &runbook, 5..255, seed);
    assert_eq!(scenario.log(), "a b c d e", "seed {seed}");
    scenario.is_whole("a b c d e");
    kills
}

#[test]
fn killed_at_thirty_random_moments() {
    random_kills::thirty(killed_at_random);
}

#[test]
fn two_resumes_at_once_are_one() {
    let scenario = Scenario::new();
    scenario.hook("block_two");
    let engine = scenario.run(&scenario.three_steps());
    scenario.arrived();
    engine.kill();
    let first = scenario.spawn(&["resume", "last"]);
    until("the first has the run", || scenario.count("run.resumed", "") == 1);
    let said = scenario.expect(&["resume", "last"], 75);
    assert!(said.contains("is held by another engine: process"), "{said}");
    scenario.open_gate();
    assert_eq!(first.exit(), 0);
    scenario.is_whole(ALL);
}
