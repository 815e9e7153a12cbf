//! A journal that cannot be written: nothing starts without it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scenario::{Scenario, skip, until};

/// A small file system of its own, gone with the test.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(mib: u32) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skip("only root can mount a tmpfs");
            return None;
        }
        let dir = tempfile::tempdir().expect("a directory");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m,mode=700"), "none"])
            .arg(dir.path())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            skip("a tmpfs cannot be mounted here");
            return None;
        }
        Some(Self(dir))
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// Takes all room there is.
    fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut file = fs::File::create(&path).expect("a file");
        let block = vec![0; 4096];
        while file.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0.path()).status();
    }
}

fn many_steps(scenario: &Scenario) -> PathBuf {
    let (log, hook) = (scenario.log_path().display().to_string(), scenario.path("hook").display().to_string());
    let mut text = format!(
        "runbook: many\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
         \x20 - {{ id: first, effect: repeatable, run: 'echo $$ > {hook}/arrived; read -r _ < {hook}/gate; echo first >> {log}' }}\n"
    );
    for n in 0..20 {
        text.push_str(&format!("  - {{ id: s{n}, effect: repeatable, run: 'echo s{n} >> {log}' }}\n"));
    }
    scenario.write("many.yaml", &text)
}

fn everything_done_was_intended(scenario: &Scenario, journal: &Path) {
    let journal = fs::read_to_string(journal).expect("the journal");
    for step in scenario.log().split(' ') {
        let path = format!("\"path\":\"{step}/@localhost\"");
        assert!(journal.lines().any(|l| l.contains("step.intended") && l.contains(&path)), "{step} ran unjournalled");
    }
}

#[test]
fn a_full_disk_drains_the_run_and_room_lets_it_go_on() {
    let Some(disk) = Disk::of(80) else { return };
    let scenario = Scenario::new().with_state(disk.state());
    let engine = scenario.run(&many_steps(&scenario));
    scenario.arrived();
    let filler = disk.fill();
    scenario.open_gate();
    let stderr = scenario.path("stderr.run");
    assert_eq!(engine.exit(), 24);
    let said = fs::read_to_string(stderr).expect("what it said");
    assert!(said.contains("the disk of the journal is full"), "{said}");
    let done = scenario.log();
    assert!(done.starts_with("first") && !done.ends_with("s19"), "witness: it was stopped in the middle: {done}");
    everything_done_was_intended(&scenario, &scenario.run_dir().join("journal.jsonl"));
    let said = scenario.expect(&["resume", "last"], 24);
    assert!(said.contains("make room"), "{said}");
    assert_eq!(scenario.log(), done, "without room nothing starts");
    fs::remove_file(filler).expect("the filler");
    scenario.expect(&["resume", "last"], 0);
    let all: Vec<String> = std::iter::once("first".to_owned()).chain((0..20).map(|n| format!("s{n}"))).collect();
    scenario.is_whole(&all.join(" "));
}

#[test]
fn a_journal_taken_away_starts_nothing_more() {
    let scenario = Scenario::new();
    scenario.hook("block_two");
    let engine = scenario.run(&scenario.three_steps());
    scenario.arrived();
    let (journal, away) = (scenario.run_dir().join("journal.jsonl"), scenario.path("away"));
    fs::rename(&journal, &away).expect("the journal");
    scenario.open_gate();
    assert_eq!(engine.exit(), 24);
    assert_eq!(scenario.log(), "one two", "what ran has finished, nothing new has started");
    everything_done_was_intended(&scenario, &away);
    fs::rename(&away, &journal).expect("the journal");
    until("the lock is free", || !scenario.expect(&["runs"], 0).contains("running"));
    scenario.expect(&["resume", "last"], 0);
    scenario.is_whole("one two three");
}
