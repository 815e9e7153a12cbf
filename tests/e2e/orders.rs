//! hold, continue, abort and note, through the socket of a run that is under way.

use rustix::process::test_kill_process;

use crate::scenario::{Engine, Scenario, has_ended, until};

fn at_two() -> (Scenario, Engine, rustix::process::Pid) {
    let scenario = Scenario::new();
    scenario.hook("block_two");
    let engine = scenario.run(&scenario.three_steps());
    let step = scenario.arrived();
    (scenario, engine, step)
}

#[test]
fn held_nothing_new_starts_until_it_is_continued() {
    let (scenario, engine, _) = at_two();
    scenario.expect(&["hold", "last"], 0);
    let said = scenario.expect(&["hold", "last"], 77);
    assert!(said.contains("the run is held already"), "{said}");
    scenario.expect(&["note", "last", "pager silenced"], 0);
    scenario.open_gate();
    until("two has ended", || scenario.count("step.succeeded", "two") == 1);
    assert_eq!(scenario.count("step.intended", "three"), 0, "nothing new starts");
    scenario.expect(&["continue", "last"], 0);
    assert_eq!(engine.exit(), 0);
    scenario.is_whole("one two three");
    let said = scenario.expect(&["hold", "last"], 69);
    assert!(said.contains("is not live"), "{said}");
    scenario.expect(&["note", "last", "written afterwards"], 0);
    scenario.expect(&["decide", "last", "no second try tonight; why: it holds"], 0);
    assert!(scenario.expect(&["decide", "last", " "], 64).contains("the decision says nothing"));
    let story = scenario.expect(&["timeline", "last"], 0);
    for said in ["pager silenced", "written afterwards", "no second try tonight; why: it holds"] {
        assert!(story.contains(said), "{said}: {story}");
    }
    scenario.is_whole("one two three");
}

#[test]
fn aborted_what_runs_may_finish() {
    let (scenario, engine, _) = at_two();
    scenario.expect(&["abort", "last"], 0);
    scenario.open_gate();
    assert_eq!(engine.exit(), 43);
    assert_eq!(scenario.log(), "one two");
    scenario.expect(&["resume", "last"], 77);
}

#[test]
fn aborted_and_killed() {
    let (scenario, engine, step) = at_two();
    scenario.expect(&["abort", "last", "--running", "kill"], 0);
    assert_eq!(engine.exit(), 43);
    assert_eq!(scenario.log(), "one");
    until("its process is gone", || has_ended(step));
}

#[test]
fn aborted_and_left_running_is_unknown() {
    let (scenario, engine, step) = at_two();
    scenario.expect(&["abort", "last", "--running", "leave"], 0);
    assert_eq!(engine.exit(), 22);
    test_kill_process(step).expect("it runs on");
    scenario.open_gate();
    until("it ended by itself", || scenario.log() == "one two");
}
