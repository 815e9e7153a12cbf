//! Engines that are killed with -9 at random moments: one run that goes through up to three of them, and enough runs
//! for thirty. What the run must have done is for whoever starts it to say.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use crate::scenario::{Engine, Scenario};

/// Thirty kills, in as many runs as that takes: each kills what it can and says how often there was something to kill.
pub(crate) fn thirty(killed_at_random: impl Fn(u64) -> usize) {
    let (mut kills, mut runs) = (0, 0);
    while kills < 30 {
        runs += 1;
        kills += killed_at_random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(runs));
        assert!(runs < 60, "only {kills} engines in {runs} runs were there to be killed: the moments are badly chosen");
    }
    println!("{kills} kills in {runs} runs");
}

/// Kills the engine of a run up to three times, each after a random number of milliseconds, then lets it finish. How
/// often there was something to kill.
pub(crate) fn one_run(scenario: &Scenario, runbook: &Path, millis: Range<u64>, seed: u64) -> usize {
    let mut random = seed;
    let mut moment = || {
        // xorshift: a failing seed is run again by its number.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        Duration::from_millis(millis.start + random % (millis.end - millis.start))
    };
    let mut kills = 0;
    let mut engine = scenario.run(runbook);
    while kills < 3 {
        // The moment is what is random here; nothing waits for it.
        std::thread::sleep(moment());
        if !engine.kill_if_alive() {
            // It had finished by then.
            return kills;
        }
        kills += 1;
        let Some(next) = go_on(scenario, runbook) else { return kills };
        engine = next;
    }
    engine.ends_well();
    kills
}

/// Starts the next engine after one was killed, wherever it was. `None`: it was killed after its last record, and the run
/// is over.
fn go_on(scenario: &Scenario, runbook: &Path) -> Option<Engine> {
    let runs = fs::read_dir(scenario.path("state/runs")).map_or(0, Iterator::count);
    if runs > 0 && scenario.run_dir().join("start.json").exists() {
        if scenario.journal().contains("\"run.finished\"") {
            let said = scenario.expect(&["resume", "last"], 77);
            assert!(said.contains("is over, it ended with exit code 0"), "{said}");
            return None;
        }
        return Some(scenario.spawn(&["resume", "last"]));
    }
    // Dead before the plan was kept: nothing was run, and there is nothing to go on with.
    assert_eq!(scenario.log(), "");
    if runs > 0 {
        assert!(!scenario.banister(&["resume", "last"]).status.success());
        fs::remove_dir_all(scenario.run_dir()).expect("the empty run");
    }
    Some(scenario.run(runbook))
}
