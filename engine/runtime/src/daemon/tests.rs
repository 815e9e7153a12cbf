//! What goes through the pipes. That a whole engine comes of it, the end-to-end tests show.

use std::collections::BTreeMap;

use banister_core::plan::{ParamValue, SecretReference};
use banister_core::runbook::ParamName;
use banister_core::source::SourceFile;

use super::*;
use crate::driver::tests::{Bench, pause, step};
use crate::driver::{DriverError, Origin, prepare};
use crate::secrets::{Secret, Secrets};
use crate::ssh::SshSettings;
use crate::state::{RunDir, StateError};

fn name() -> ParamName {
    ParamName::new("token").unwrap()
}

fn hand_over() -> HandOver {
    let secrets: Secrets = [(name(), Secret::new(b"hunter2\xff\n'".to_vec()).unwrap())].into_iter().collect();
    let answers = SourceFile::new("answers.yaml", "answers: []\n");
    HandOver::new(&secrets, true).with_answers(Some(&answers))
}

#[test]
fn what_is_handed_over_arrives() {
    let line = serde_json::to_string(&hand_over()).unwrap();
    assert!(!line.contains("hunter2") && !line.contains('\n'), "one line, and bytes of any kind");
    let arrived: HandOver = serde_json::from_str(&line).unwrap();
    assert_eq!(arrived.secrets().get(&name()).unwrap().expose(), b"hunter2\xff\n'");
    let answers = arrived.answers().unwrap();
    assert_eq!((answers.name(), answers.text()), ("answers.yaml", "answers: []\n"));
    assert!(arrived.can_ask && arrived.people.is_none() && arrived.ssh_config.is_none());
}

fn prepared(bench: &Bench, params: BTreeMap<ParamName, ParamValue>) -> (RunDir, banister_core::plan::Plan) {
    let mut plan = bench.plan(vec![step("look", &[], pause())]);
    plan.params = params;
    let ssh = (&SshSettings::default(), false);
    let answers = banister_core::run::Answers::default();
    let run = prepare(bench.state(), (&plan, "sha256:plan"), &Origin::default(), &answers, ssh).unwrap();
    (run, plan)
}

fn program(script: &str) -> Program {
    Program { path: "/bin/sh".into(), args: vec!["-c".into(), script.into()] }
}

#[test]
fn an_engine_says_one_word_and_what_it_complains_of_goes_to_its_log() {
    let bench = Bench::new();
    let (run, plan) = prepared(&bench, BTreeMap::new());
    let start = |script: &str| start(&run, &plan, &program(script), &hand_over());
    assert_eq!(start(r#"cat >/dev/null; echo '{"ready":{"seq":7}}'"#).unwrap(), Greeting::Ready { seq: 7 });
    let failed = Greeting::Failed { exit: 75, message: "it is held".into(), hint: "attach".into() };
    let refuses = format!("echo '{}'", serde_json::to_string(&failed).unwrap());
    assert_eq!(start(&refuses).unwrap(), failed, "although nobody has read what was handed over");
    let error = start("cat >/dev/null; echo a fault >&2").unwrap_err().to_string();
    assert!(error.contains("ended before it was ready") && error.contains("engine.log"), "{error}");
    let log = run.path().join("engine.log");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "a fault\n");
    let mode = std::os::unix::fs::PermissionsExt::mode(&log.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_secret_is_not_in_the_environment_of_the_engine() {
    let bench = Bench::new();
    // Any variable that every process has.
    let secret = ParamValue::Secret(SecretReference::Env("PATH".into()));
    let (run, plan) = prepared(&bench, BTreeMap::from([(name(), secret)]));
    let looks = r#"read -r line; printf '{"ready":{"seq":%s}}\n' "$(/usr/bin/env | /usr/bin/grep -c '^PATH=')""#;
    let looks = looks.to_owned();
    let said =
        start(&run, &plan, &Program { path: "/bin/sh".into(), args: vec!["-c".into(), looks.into()] }, &hand_over());
    // A shell makes a PATH of its own, but does not export it.
    assert_eq!(said.unwrap(), Greeting::Ready { seq: 0 });
}

#[test]
fn a_run_is_examined_before_its_secrets_are_read() {
    let bench = Bench::new();
    let (run, plan) = prepared(&bench, BTreeMap::new());
    assert_eq!(examine(&run).unwrap(), plan);
    let lock = run.lock().unwrap();
    let error = examine(&run).unwrap_err();
    assert!(matches!(error, DriverError::State(StateError::Held { holder: Some(_), .. })), "{error}");
    drop(lock);
    // The file of an engine that is gone, naming a process that lives: the lock alone says who holds a run.
    assert_eq!(run.holder().unwrap().pid, std::process::id());
    assert_eq!(examine(&run).unwrap(), plan);
    let mut text = std::fs::read_to_string(run.plan_path()).unwrap();
    text.push('\n');
    std::fs::write(run.plan_path(), text).unwrap();
    assert!(matches!(examine(&run), Err(DriverError::PlanChanged { .. })));
}
