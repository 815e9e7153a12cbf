//! Asks without a terminal.

use crate::scenario::Scenario;

fn paused(scenario: &Scenario) -> std::path::PathBuf {
    let log = scenario.log_path().display().to_string();
    scenario.write(
        "paused.yaml",
        &format!(
            "runbook: paused\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
             \x20 - {{ id: one, effect: repeatable, run: 'echo one >> {log}' }}\n\
             \x20 - {{ id: look, pause: Look at it }}\n\
             \x20 - {{ id: three, effect: repeatable, run: 'echo three >> {log}' }}\n"
        ),
    )
}

#[test]
fn nobody_to_ask_ends_the_engine_and_an_answer_goes_on() {
    let scenario = Scenario::new();
    assert_eq!(scenario.run(&paused(&scenario)).exit(), 41);
    assert_eq!(scenario.log(), "one");
    scenario.expect(&["resume", "last"], 41);
    assert_eq!(scenario.log(), "one", "it is still not answered");
    scenario.write("answers.yaml", "answers: [{ step: look, answer: continue }]\n");
    scenario.expect(&["resume", "last", "--answers", "answers.yaml"], 0);
    scenario.is_whole("one three");
}

#[test]
fn an_answer_for_another_plan_runs_nothing() {
    let scenario = Scenario::new();
    scenario.write("answers.yaml", "answers: [{ step: look, answer: continue, plan: \"sha256:00\" }]\n");
    let runbook = paused(&scenario).display().to_string();
    let said = scenario.expect(&["run", &runbook, "-i", "inventory.yaml", "--answers", "answers.yaml"], 40);
    assert!(said.contains("is for plan sha256:00") && said.contains("nothing was run"), "{said}");
    assert_eq!(scenario.log(), "");
}

#[test]
fn a_failure_that_nobody_is_asked_about_ends_20_and_can_be_retried() {
    let scenario = Scenario::new();
    let (log, flag) = (scenario.log_path().display().to_string(), scenario.hook("broken").display().to_string());
    let runbook = scenario.write(
        "fails.yaml",
        &format!(
            "runbook: fails\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 1m\nsteps:\n\
             \x20 - {{ id: one, effect: repeatable, run: 'test ! -e {flag} && echo one >> {log}' }}\n"
        ),
    );
    assert_eq!(scenario.run(&runbook).exit(), 20);
    scenario.unhook("broken");
    scenario.write("answers.yaml", "answers: [{ step: one/@localhost, answer: retry }]\n");
    scenario.expect(&["resume", "last", "--answers", "answers.yaml"], 0);
    scenario.is_whole("one");
}
