//! Drills as people run them: a lab, real sshd, a real nginx each, faults, and what the check lines say.
//!
//! Each drill is a process with a lab of its own, so they run side by side.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;

use banister_lab::testing::ready;

use crate::scenario::Scenario;

/// What a drill left and said.
struct Drilled {
    scenario: Scenario,
    stdout: String,
    stderr: String,
    exit: Option<i32>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn moved(fault: &[&str]) -> Drilled {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/drills/move.yaml");
    let file = file.display().to_string();
    drill(&[&[file.as_str()], fault].concat())
}

fn drill(args: &[&str]) -> Drilled {
    let scenario = Scenario::new();
    let output = scenario.command(&[&["drill"], args].concat()).current_dir(root()).output().expect("banister");
    drilled(scenario, &output)
}

fn drilled(scenario: Scenario, output: &Output) -> Drilled {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Drilled { scenario, stdout, stderr, exit: output.status.code() }
}

impl Drilled {
    fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// The names of the checks that hold; nothing else may be said of any.
    fn all_hold(&self) -> BTreeSet<&str> {
        assert_eq!(self.exit, Some(0), "{}", self.said());
        let lines = self.stdout.lines().filter_map(|line| line.strip_prefix("check "));
        let names = lines.map(|line| {
            let line = line.strip_prefix("ok    ").unwrap_or_else(|| panic!("`{line}` does not hold\n{}", self.said()));
            line.split("    ").next().unwrap_or(line)
        });
        names.collect()
    }

    fn holds(&self, names: &[&str]) {
        let hold = self.all_hold();
        for name in names {
            assert!(hold.contains(name), "`{name}` was not checked: {hold:?}\n{}", self.said());
        }
    }

    /// The journal that it left verifies on this machine, with the command that it says.
    fn journal_is_kept(&self) {
        let line = self.stderr.lines().find_map(|line| line.strip_prefix("verify it: banister "));
        let words: Vec<&str> = line.expect("how to verify it").split(' ').collect();
        self.scenario.expect(&words, 0);
        let [_, run, rest @ ..] = words.as_slice() else { panic!("{words:?}") };
        let timeline = self.scenario.expect(&[&["timeline", run], rest].concat(), 0);
        assert!(timeline.contains("a drill"), "{timeline}");
    }
}

/// What must hold of every fault after which the run is finished.
const WHOLE: [&str; 7] = [
    "the run is done",
    "web-3 serves the new page",
    "web-2 has a new master, the old one is gone",
    "never more than one host refused at a time",
    "no refusal on a host that was not being restarted",
    "the journal is whole and witnessed by all hosts",
    "nothing is left behind",
];

fn shipped(fault: &str) -> Drilled {
    drill(&["rolling-restart", "--fault", fault])
}

#[test]
fn three_hosts_are_restarted_one_after_the_other() {
    if !ready() {
        return;
    }
    let drilled = drill(&["rolling-restart"]);
    drilled.holds(&WHOLE);
    drilled.holds(&["web-1 was restarted once", "what was shown is what ran"]);
    for words in ["service web restart", "# Timeline of rolling-restart-service"] {
        assert!(drilled.stdout.contains(words), "{words} is missing\n{}", drilled.said());
    }
    let batches: Vec<usize> = (1..=3).filter_map(|n| drilled.stdout.find(&format!("batch {n} ok, 1 host"))).collect();
    assert!(batches.len() == 3 && batches.is_sorted(), "{}", drilled.stdout);
    drilled.journal_is_kept();
}

#[test]
fn a_killed_engine_is_resumed_and_does_nothing_twice() {
    if !ready() {
        return;
    }
    let drilled = shipped("kill");
    drilled.holds(&WHOLE);
    drilled.holds(&["web-2 was restarted once", "it was resumed", "what was shown is what ran"]);
    drilled.journal_is_kept();
}

#[test]
fn a_host_that_is_cut_off_is_unknown_and_its_outcome_adopted() {
    if !ready() {
        return;
    }
    let drilled = shipped("cut");
    drilled.holds(&WHOLE);
    drilled.holds(&[
        "unknown within 20 s",
        "the outcome was adopted when the link was back",
        "web-2 was restarted once",
    ]);
}

#[test]
fn a_canary_that_serves_the_wrong_page_stops_the_roll() {
    if !ready() {
        return;
    }
    let drilled = shipped("bad-config");
    drilled.holds(&["the canary's gate ended the run", "web-2 serves the old page", "web-3 serves the old page"]);
    drilled.holds(&["web-3 has its old master", "nothing is left behind"]);
}

#[test]
fn a_start_that_arrives_late_finds_itself_refused() {
    if !ready() {
        return;
    }
    let drilled = shipped("late");
    drilled.holds(&WHOLE);
    drilled
        .holds(&["the first start was refused for good", "web-2 was restarted once, though the late start has come"]);
}

#[test]
fn of_what_a_reboot_took_nobody_knows_the_end() {
    if !ready() {
        return;
    }
    let drilled = shipped("reboot");
    drilled.holds(&WHOLE);
    drilled.holds(&["nobody could know how it ended"]);
}

#[test]
fn a_full_ledger_starts_nothing() {
    if !ready() {
        return;
    }
    let drilled = shipped("disk");
    drilled.holds(&WHOLE);
    drilled.holds(&["web-2 was restarted once", "it was tried again when there was room"]);
}

#[test]
fn another_machine_cannot_say_that_nothing_was_started() {
    if !ready() {
        return;
    }
    let drilled = shipped("replaced");
    drilled.holds(&["it ended with an outcome unknown", "nobody said it had not started", "web-3 serves the old page"]);
}

#[test]
fn another_drill_needs_no_line_of_code() {
    if !ready() {
        return;
    }
    let drilled = moved(&[]);
    drilled.holds(&["done", "db-1 has the data under its new name", "alice agreed", "nothing is left behind"]);
    assert!(drilled.stdout.contains("| alice |"), "it was she who agreed\n{}", drilled.stdout);
    let [note] = &*drilled.scenario.state().drills() else { panic!("it is kept how it ended") };
    assert!(note.is_good() && note.fault.is_none() && note.runbook == "move-directory", "{note:?}");
    moved(&["--fault", "kill"]).holds(&["done", "db-1 was moved once", "it was resumed"]);
    moved(&["--fault", "other-data"]).holds(&["the answer did not fit", "db-1 has the data under its old name"]);
}

#[test]
fn what_is_not_as_expected_is_said_and_ends_1() {
    if !ready() {
        return;
    }
    let drilled = moved(&["--fault", "never"]);
    assert_eq!(drilled.exit, Some(1), "{}", drilled.said());
    for line in [
        "check FAIL  everything went wrong that should    never happened: db-1 is rebooted",
        "check FAIL  db-1 has other data    `12`, not `14`",
        "check ok    db-1 was moved once    1",
    ] {
        assert!(drilled.stdout.lines().any(|said| said == line), "`{line}` is missing\n{}", drilled.said());
    }
    let [note] = &*drilled.scenario.state().drills() else { panic!("it is kept how it ended") };
    let checks = drilled.stdout.lines().filter(|line| line.starts_with("check ")).count();
    assert_eq!((note.drill.as_str(), note.fault.as_deref(), note.checks), ("move", Some("never"), checks), "{note:?}");
    assert!(note.held < checks && !note.is_good(), "{note:?}");
}

/// Root that may not make namespaces, as in most containers.
fn without_a_lab(args: &[&str]) -> Option<Drilled> {
    let scenario = Scenario::new();
    let inner = scenario.command(&[&["drill"], args].concat());
    let mut command = std::process::Command::new("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--"]).arg(inner.get_program()).args(inner.get_args());
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.current_dir(root()).stdin(std::process::Stdio::null()).output().expect("setpriv");
    Some(drilled(scenario, &output))
}

#[test]
fn without_a_lab_every_line_says_that_it_is_simulated() {
    if !ready() {
        return;
    }
    let Some(drilled) = without_a_lab(&["rolling-restart"]) else { return };
    assert_eq!(drilled.exit, Some(0), "{}", drilled.said());
    assert_eq!(drilled.scenario.state().drills(), [], "no host was part of it");
    let lines: Vec<&str> = drilled.stdout.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("SIMULATED ")), "{}", drilled.stdout);
    assert!(lines[0].starts_with("SIMULATED no lab: the kernel refuses"), "{}", lines[0]);
    for line in [
        "SIMULATED check ok    the run is done    0",
        "SIMULATED not checked serves the new page",
        "SIMULATED not checked the journal is whole and witnessed by all hosts",
        "SIMULATED not checked nothing is left behind",
    ] {
        assert!(lines.contains(&line), "`{line}` is missing\n{}", drilled.stdout);
    }
    let Some(drilled) = without_a_lab(&["rolling-restart", "--fault", "bad-config"]) else { return };
    assert_eq!(drilled.exit, Some(0), "{}", drilled.said());
    assert!(
        drilled.stdout.contains("SIMULATED check ok    the canary's gate ended the run    42"),
        "{}",
        drilled.said()
    );
    let Some(drilled) = without_a_lab(&["rolling-restart", "--fault", "cut"]) else { return };
    assert_eq!(drilled.exit, Some(69), "{}", drilled.said());
    assert!(drilled.stderr.contains("no simulated world can stand in"), "{}", drilled.said());
}

#[test]
fn faults_are_listed_and_slips_are_answered() {
    let said = drill(&["rolling-restart", "--fault"]);
    assert_eq!(said.exit, Some(0), "{}", said.said());
    assert!(said.stdout.starts_with("bad-config  the new configuration serves another page"), "{}", said.stdout);
    let said = drill(&["rolling-restart", "--fault", "kil"]);
    assert_eq!(said.exit, Some(64), "{}", said.said());
    assert!(said.stderr.contains("did you mean `kill`?"), "{}", said.stderr);
    let said = drill(&["no-such"]);
    assert_eq!(said.exit, Some(66), "{}", said.said());
    let outside = Scenario::new();
    outside.write("people.json", "{}");
    let runbook = outside.three_steps().display().to_string();
    let said = outside.expect(&["run", &runbook, "-i", "inventory.yaml", "--drill", "people.json"], 77);
    assert!(said.contains("nobody may answer for somebody else"), "{said}");
}
