//! Signals to an engine without a terminal.

use rustix::process::Signal;

use crate::scenario::{Scenario, until};

#[test]
fn the_first_signal_drains_and_the_run_can_be_resumed() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let scenario = Scenario::new();
        scenario.hook("block_two");
        let engine = scenario.run(&scenario.three_steps());
        scenario.arrived();
        engine.signal(signal);
        until("the engine drains", || scenario.count("run.draining", "") == 1);
        scenario.open_gate();
        assert_eq!(engine.exit(), 51, "{signal:?}");
        assert_eq!(scenario.log(), "one two", "what ran has finished, nothing new has started");
        scenario.unhook("block_two");
        scenario.expect(&["resume", "last"], 0);
        scenario.is_whole("one two three");
    }
}

#[test]
fn the_second_signal_leaves_at_once_and_what_runs_runs_on() {
    let scenario = Scenario::new();
    scenario.hook("block_two");
    let engine = scenario.run(&scenario.three_steps());
    scenario.arrived();
    engine.signal(Signal::TERM);
    until("the engine drains", || scenario.count("run.draining", "") == 1);
    engine.signal(Signal::TERM);
    assert_eq!(engine.exit(), 50);
    assert_eq!(scenario.log(), "one", "two still waits");
    let next = scenario.spawn(&["resume", "last"]);
    until("the next engine has found it", || scenario.count("step.reattached", "two") == 1);
    scenario.open_gate();
    assert_eq!(next.exit(), 0);
    scenario.is_whole("one two three");
}
