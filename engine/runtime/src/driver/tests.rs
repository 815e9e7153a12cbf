//! Small runs on this machine, through the whole of it: plan, journal, ledger, output.

use std::collections::BTreeMap;
use std::path::Path;

use banister_core::plan::{
    Action, Approve, Command, CommandKind, CommandStep, EnvEntry, EnvValue, Host, HostIndex, ParamValue, Plan, Retry,
    SecretReference, Step, StepIndex, Template, Transport,
};
use banister_core::run::{Answers, AskUnavailableReason, ExitCode, Record, RecordKind};
use banister_core::runbook::{EffectClass, HostAddress, HostName, OnFailure, OnTimeout, ParamName, Shell, StepId};
use banister_core::source::SourceFile;

use super::*;
use crate::journal::{Limits, Tail, read, verify};
use crate::ssh::SshSettings;
use crate::state::{RunDir, StateDir};

fn command(script: &str) -> Command {
    Command {
        kind: CommandKind::Script { shell: Shell::Sh, text: Template::text(script) },
        account: None,
        env: Vec::new(),
        stdin: None,
        cwd: None,
    }
}

pub(crate) fn step(name: &str, needs: &[u32], action: Action) -> Step {
    let hosts = if matches!(action, Action::Command(_)) { vec![HostIndex(0)] } else { Vec::new() };
    Step {
        id: StepId::new(name).unwrap(),
        title: Template::text(name),
        if_it_fails: "call the owner".to_owned(),
        needs: needs.iter().map(|n| StepIndex(*n)).collect(),
        when: None,
        hosts,
        all_at_once: None,
        action,
    }
}

pub(crate) fn changing(script: &str) -> Action {
    Action::Command(Box::new(CommandStep {
        effect: EffectClass::Once,
        command: command(script),
        expect: None,
        outputs: Vec::new(),
        timeout_ms: Some(60_000),
        usual_ms: None,
        retry: Retry { attempts: 1, delay_ms: 0 },
        on_timeout: OnTimeout::Ask,
        on_failure: OnFailure::Ask,
        verify: None,
        preview: None,
        undo: Vec::new(),
    }))
}

pub(crate) fn pause() -> Action {
    Action::Pause { text: Template::text("look at the graph") }
}

pub(crate) struct Bench {
    dir: tempfile::TempDir,
    state: StateDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path().join("state")).unwrap();
        Self { dir, state }
    }

    pub(crate) fn plan(&self, steps: Vec<Step>) -> Plan {
        Plan {
            format: Plan::FORMAT,
            semantics: Plan::SEMANTICS,
            runbook: "test".to_owned(),
            title: "Test".to_owned(),
            if_it_fails: "call the owner".to_owned(),
            environment: "lab".to_owned(),
            params: BTreeMap::new(),
            hosts: vec![Host {
                name: HostName::new("localhost").unwrap(),
                transport: Transport::Local,
                address: HostAddress::new("localhost").unwrap(),
                port: None,
                user: None,
                groups: Vec::new(),
                vars: BTreeMap::new(),
                site: "local".to_owned(),
                ledger_dir: self.path("ledger"),
            }],
            preconditions: Vec::new(),
            steps,
        }
    }

    pub(crate) fn state(&self) -> &StateDir {
        &self.state
    }

    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.dir.path().join(name);
        if name == "ledger" {
            let _ = std::fs::create_dir(&path);
        }
        path.display().to_string()
    }

    pub(crate) fn begin(&self, plan: &Plan, answers: &str) -> Result<Engine, DriverError> {
        with_options(answers, |options| Engine::begin(&self.state, plan, "sha256:plan", &Origin::default(), options))
    }
}

fn answers(text: &str) -> Answers {
    let source = SourceFile::new("answers.yaml", text);
    Answers::parse(&source, banister_core::run::Voices::Own).0.unwrap()
}

pub(crate) fn with_options<T>(given: &str, act: impl FnOnce(Options<'_>) -> T) -> T {
    let answers = if given.is_empty() { Answers::default() } else { answers(given) };
    let mut prompt = |_: &ParamName| Err(std::io::ErrorKind::Unsupported.into());
    act(Options {
        answers,
        station: Station::Foreground { terminal: None },
        secrets: SecretsFrom::References(&mut prompt),
        limits: Limits { min_free: 0, ballast: 4096 },
        drill: None,
        ssh: SshSettings::default(),
    })
}

pub(crate) fn drive(engine: Engine) -> Ended {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(engine.drive()).unwrap()
}

pub(crate) fn records(run: &RunDir) -> Vec<Record> {
    let read = read(&run.journal_path()).unwrap();
    assert_eq!(read.tail, Tail::Whole);
    read.records
}

fn ran(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_run_runs_its_steps_in_order_and_leaves_a_journal_that_verifies() {
    let bench = Bench::new();
    let log = bench.path("log");
    let steps = vec![
        step("one", &[], changing(&format!("echo one >> {log}; echo printed; echo complained >&2"))),
        step("two", &[0], changing(&format!("echo two >> {log}"))),
    ];
    let engine = bench.begin(&bench.plan(steps), "").unwrap();
    let run = engine.dir().clone();
    let viewer = engine.feed().subscribe(Wanted::All {});
    let ended = drive(engine);
    assert_eq!((ended.exit, ended.resumable, ended.trouble), (ExitCode::DONE, false, None));
    assert_eq!(ran(Path::new(&log)), "one\ntwo\n");
    let verification = verify(&run.journal_path()).unwrap();
    assert_eq!(verification.failures, Vec::<String>::new());
    assert!(matches!(records(&run).last().unwrap().kind, RecordKind::RunFinished { exit: ExitCode::DONE }));
    let mut printed = Vec::new();
    let mut told = 0;
    while let Some(event) = viewer.try_next() {
        match event {
            Event::Output { bytes, .. } => printed.extend_from_slice(&bytes),
            Event::Record(record) => {
                told += 1;
                assert_eq!(record.seq, told);
            }
            _ => {}
        }
    }
    assert_eq!(told, records(&run).len() as u64, "a viewer is told every record");
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.contains("printed\n") && printed.contains("complained\n"), "{printed:?}");
    let files = walk(Path::new(&bench.path("ledger")));
    assert!(files.iter().any(|file| file.ends_with(".status")), "{files:?}");
    let left: Vec<_> = files.iter().filter(|file| ran(Path::new(file)).contains("printed")).collect();
    assert_eq!(left, Vec::<&String>::new(), "output is removed from the host once its record is synced");
}

#[test]
fn a_host_is_one_runs_alone_until_a_person_takes_it_over() {
    let bench = Bench::new();
    let log = bench.path("log");
    let plan = |name: &str| {
        bench.plan(vec![
            step("one", &[], changing(&format!("echo {name} >> {log}"))),
            step("look", &[0], pause()),
            step("two", &[1], changing(&format!("echo {name} again >> {log}"))),
        ])
    };
    let engine = bench.begin(&plan("first"), "").unwrap();
    let first = engine.dir().clone();
    assert_eq!(drive(engine).exit, ExitCode::ASK_UNAVAILABLE, "it is drained, and keeps its host");

    let engine = bench.begin(&plan("second"), "").unwrap();
    let second = engine.dir().clone();
    let ended = drive(engine);
    assert_eq!((ended.exit, ended.resumable), (ExitCode::PRECONDITION, false));
    let why = records(&second).into_iter().find_map(|r| match r.kind {
        RecordKind::HostRefused { why, .. } => Some(why),
        _ => None,
    });
    assert!(why.as_ref().is_some_and(|why| why.contains(&first.id().to_string())), "{why:?}");

    let take = "answers: [{ step: \"@localhost\", answer: take-over, reason: alice is asleep, typed: localhost }, { step: look, answer: continue }]\n";
    assert_eq!(drive(bench.begin(&plan("third"), take).unwrap()).exit, ExitCode::DONE);
    assert_eq!(ran(Path::new(&log)), "first\nthird\nthird again\n");

    // The first was not there when its host was taken: it says so, and does nothing.
    let go_on = "answers: [{ step: look, answer: continue }]\n";
    let resume = |answers: &str| with_options(answers, |options| drive(Engine::resume(&first, options).unwrap()));
    let ended = resume(go_on);
    assert_eq!((ended.exit, ended.resumable), (ExitCode::ASK_UNAVAILABLE, true));
    assert!(records(&first).iter().any(|r| r.kind.name() == "lock.refused"));
    assert_eq!(ran(Path::new(&log)), "first\nthird\nthird again\n");
    let ended = resume("answers: [{ step: \"@localhost\", answer: take-over, reason: back, typed: localhost }]\n");
    assert_eq!(ended.exit, ExitCode::DONE);
    assert_eq!(ran(Path::new(&log)), "first\nthird\nthird again\nfirst again\n");
}

#[test]
fn a_run_that_is_over_lets_go_of_its_hosts_once_more() {
    let bench = Bench::new();
    let log = bench.path("log");
    let plan = bench.plan(vec![step("one", &[], changing(&format!("echo one >> {log}")))]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lets_go = |run: &RunDir| runtime.block_on(let_go(run, SshSettings::default(), &Feed::default())).unwrap();
    let engine = bench.begin(&plan, "").unwrap();
    let first = engine.dir().clone();
    assert_eq!(drive(engine).exit, ExitCode::DONE);
    // Its engine dies before it says on the host that the run is over.
    let ended = walk(Path::new(&bench.path("ledger"))).into_iter().find(|file| file.ends_with("/ended")).unwrap();
    std::fs::remove_file(&ended).unwrap();
    let engine = bench.begin(&plan, "").unwrap();
    let second = engine.dir().clone();
    assert_eq!(drive(engine).exit, ExitCode::PRECONDITION);
    assert!(records(&second).iter().any(|record| record.kind.name() == "host.refused"));

    let LetGo { exit, hosts } = lets_go(&first).unwrap();
    assert_eq!((exit, hosts), (ExitCode::DONE, vec![(HostName::new("localhost").unwrap(), Ok(()))]));
    assert_eq!(drive(bench.begin(&plan, "").unwrap()).exit, ExitCode::DONE);
    assert!(lets_go(&first).is_some(), "twice does no harm");
    assert_eq!(drive(bench.begin(&plan, "").unwrap()).exit, ExitCode::DONE);
    assert_eq!(ran(Path::new(&log)), "one\none\none\n");
    // The second met its host and changed nothing there.
    assert!(lets_go(&second).unwrap().hosts.iter().all(|(_, told)| told.is_ok()));
}

#[test]
fn a_run_that_can_go_on_keeps_its_hosts() {
    let bench = Bench::new();
    let engine = bench.begin(&bench.plan(vec![step("look", &[], pause())]), "").unwrap();
    let run = engine.dir().clone();
    assert_eq!(drive(engine).exit, ExitCode::ASK_UNAVAILABLE);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let told = runtime.block_on(let_go(&run, SshSettings::default(), &Feed::default()));
    assert!(matches!(told, Ok(None)), "{told:?}");
}

fn walk(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

#[test]
fn an_ask_that_nobody_can_answer_drains_the_run_and_a_prepared_answer_ends_it() {
    let bench = Bench::new();
    let log = bench.path("log");
    let steps = vec![step("look", &[], pause()), step("go", &[0], changing(&format!("echo go >> {log}")))];
    let engine = bench.begin(&bench.plan(steps), "").unwrap();
    let run = engine.dir().clone();
    let ended = drive(engine);
    assert_eq!((ended.exit, ended.resumable), (ExitCode::ASK_UNAVAILABLE, true));
    assert_eq!(ran(Path::new(&log)), "");
    let given = "answers:\n  - { step: look, answer: continue }\n  - { step: look, answer: continue }\n";
    let ended = drive(with_options(given, |options| Engine::resume(&run, options)).unwrap());
    assert_eq!((ended.exit, ended.resumable, ended.warnings.len()), (ExitCode::DONE, false, 1));
    assert_eq!(ran(Path::new(&log)), "go\n");
    let error = with_options("", |options| Engine::resume(&run, options)).err().unwrap();
    assert!(matches!(error, DriverError::Over { exit: ExitCode::DONE, .. }), "{error}");
}

#[test]
fn an_answer_for_another_plan_starts_nothing() {
    let bench = Bench::new();
    let given = "answers: [{ step: look, answer: approve, plan: \"sha256:other\" }]\n";
    let error = bench.begin(&bench.plan(vec![step("look", &[], pause())]), given).err().unwrap();
    assert_eq!(error.exit_code(), Some(ExitCode::REFUSED));
    assert_eq!(bench.state.ids().unwrap(), []);
}

#[test]
fn an_answer_that_the_run_does_not_take_is_said_to_be_unfit() {
    let bench = Bench::new();
    let approve = Approve {
        allows: Vec::new(),
        show: Vec::new(),
        by: 1,
        of: vec!["no-such-group".to_owned()],
        not_starter: false,
        fact: None,
    };
    let steps = vec![step("agree", &[], Action::Approve(Box::new(approve)))];
    let engine = bench.begin(&bench.plan(steps), "answers: [{ step: agree, answer: approve }]\n").unwrap();
    let run = engine.dir().clone();
    assert_eq!(drive(engine).exit, ExitCode::REFUSED);
    let reasons: Vec<_> = records(&run)
        .into_iter()
        .filter_map(|r| match r.kind {
            RecordKind::AskUnavailable { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [AskUnavailableReason::AnswerDidNotFit]);
}

#[test]
fn one_engine_a_run() {
    let bench = Bench::new();
    let engine = bench.begin(&bench.plan(vec![step("look", &[], pause())]), "").unwrap();
    let run = engine.dir().clone();
    let error = with_options("", |options| Engine::resume(&run, options)).err().unwrap();
    assert!(matches!(error, DriverError::State(crate::state::StateError::Held { .. })), "{error}");
}

#[test]
fn an_engine_that_died_before_its_first_record_is_started_by_resume() {
    let bench = Bench::new();
    let log = bench.path("log");
    let steps = vec![step("one", &[], changing(&format!("echo one >> {log}")))];
    let engine = bench.begin(&bench.plan(steps), "").unwrap();
    let run = engine.dir().clone();
    drop(engine);
    assert_eq!(drive(with_options("", |options| Engine::resume(&run, options)).unwrap()).exit, ExitCode::DONE);
    assert_eq!(ran(Path::new(&log)), "one\n");
}

#[test]
fn the_last_run_is_the_one_that_was_begun_last_also_before_its_first_record() {
    let bench = Bench::new();
    let plan = bench.plan(vec![step("look", &[], pause())]);
    drive(bench.begin(&plan, "").unwrap());
    let youngest = bench.begin(&plan, "").unwrap().dir().id().clone();
    assert_eq!(bench.state.find(&"last".parse().unwrap()).unwrap().id(), &youngest);
}

#[test]
fn a_changed_plan_is_not_resumed() {
    let bench = Bench::new();
    let engine = bench.begin(&bench.plan(vec![step("look", &[], pause())]), "").unwrap();
    let run = engine.dir().clone();
    drive(engine);
    let mut plan = run.read_plan().unwrap().0;
    plan.title = "Other".to_owned();
    run.write_plan(&plan).unwrap();
    let error = with_options("", |options| Engine::resume(&run, options)).err().unwrap();
    assert_eq!(error.exit_code(), Some(ExitCode::JOURNAL_BROKEN), "{error}");
}

#[test]
fn a_secret_reaches_the_step_and_nothing_else() {
    const CANARY: &str = "canary-4f9b2c-secret";
    let bench = Bench::new();
    let file = bench.path("token");
    std::fs::write(&file, CANARY).unwrap();
    let copy = bench.path("copy");
    let name = ParamName::new("token").unwrap();
    let mut action = changing(&format!("echo \"token is $TOKEN\"; printf %s \"$TOKEN\" > {copy}"));
    if let Action::Command(command) = &mut action {
        command.command.env = vec![EnvEntry { name: "TOKEN".to_owned(), value: EnvValue::Secret(name.clone()) }];
    }
    let mut plan = bench.plan(vec![step("use_it", &[], action)]);
    plan.params.insert(name, ParamValue::Secret(SecretReference::File(file)));
    let engine = bench.begin(&plan, "").unwrap();
    let run = engine.dir().clone();
    assert_eq!(drive(engine).exit, ExitCode::DONE);
    assert_eq!(ran(Path::new(&copy)), CANARY, "the step had it");
    let files = walk(run.path());
    assert!(files.iter().any(|f| ran(Path::new(f)).contains("token is [redacted]")), "{files:?}");
    for file in files {
        assert!(!ran(Path::new(&file)).contains(CANARY), "{file}");
    }
}
