//! Journals of every released format stay readable for ever. `tests/journals/` holds one run's directory for each.
//!
//! The one of today's format is made here from the real types. It is written only when `BANISTER_WRITE_JOURNALS=1`
//! says so; a released format's directory is never written again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use banister_core::plan::{
    Action, Command, CommandKind, CommandStep, EffectClass, Host, HostIndex, OnFailure, OnTimeout, Plan, Probe, Retry,
    Shell, Step, StepIndex, StepPath, Template, Transport, Verify,
};
use banister_core::run::{
    Actor, AskId, AskKind, BootId, Captured, Durability, EffectKey, Exit, ExitCode, FailedReason, HostIdentity,
    Journal as _, Now, Purpose, Record, RecordKind, StartInfo, StreamInfo, Word,
};
use banister_core::runbook::{HostAddress, HostName, StepId};
use banister_runtime::journal::{JournalRead, Limits, RunEnd, Tail, verify};
use banister_runtime::output::{OutputStore, StreamKind};
use banister_runtime::secrets::RedactionSet;
use banister_runtime::state::{RunDir, RunId, StateDir};
use chrono::{DateTime, TimeDelta};

const RUN: &str = "5f0c2ab9d1e84c07a6b3e2f4910d7c58";

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/journals/format-1-first")
}

fn localhost() -> HostName {
    HostName::new("localhost").expect("a host name")
}

fn path(text: &str) -> StepPath {
    StepPath::parse(text).expect("a step path")
}

fn script(text: &str) -> Command {
    let kind = CommandKind::Script { shell: Shell::Sh, text: Template::text(text) };
    Command { kind, account: None, env: Vec::new(), stdin: None, cwd: None }
}

fn step(id: &str, text: &str, effect: EffectClass, needs: &[u32], verify: Option<&str>) -> Step {
    Step {
        id: StepId::new(id).expect("a name"),
        title: Template::text(id),
        if_it_fails: "Nothing runs yet. Call the owner.".into(),
        needs: needs.iter().map(|n| StepIndex(*n)).collect(),
        when: None,
        hosts: vec![HostIndex(0)],
        all_at_once: None,
        action: Action::Command(Box::new(CommandStep {
            effect,
            command: script(text),
            expect: None,
            outputs: Vec::new(),
            timeout_ms: Some(60_000),
            usual_ms: None,
            retry: Retry { attempts: 1, delay_ms: 0 },
            on_timeout: OnTimeout::Ask,
            on_failure: OnFailure::Ask,
            verify: verify.map(|text| Verify::Probe(Probe { command: script(text), expect: None, timeout_ms: 10_000 })),
            preview: None,
            undo: Vec::new(),
        })),
    }
}

fn plan() -> Plan {
    Plan {
        format: Plan::FORMAT,
        semantics: Plan::SEMANTICS,
        runbook: "first".into(),
        title: "A directory and a file in it".into(),
        if_it_fails: "Nothing runs yet. Call the owner.".into(),
        environment: "local".into(),
        params: BTreeMap::new(),
        hosts: vec![Host {
            name: localhost(),
            transport: Transport::Local,
            address: HostAddress::new("localhost").expect("an address"),
            port: None,
            user: None,
            groups: Vec::new(),
            vars: BTreeMap::new(),
            site: "local".into(),
            ledger_dir: "/var/tmp".into(),
        }],
        preconditions: Vec::new(),
        steps: vec![
            step("make_dir", "mkdir -p /tmp/first && echo made", EffectClass::Repeatable, &[], None),
            step("fill", "date > /tmp/first/stamp", EffectClass::Once, &[0], Some("test -s /tmp/first/stamp")),
        ],
    }
}

fn now(ms: i64) -> Now {
    let wall = DateTime::from_timestamp(1_795_260_000, 0).expect("a moment") + TimeDelta::milliseconds(ms);
    let elapsed = 1_000_000_000_000 + u64::try_from(ms).expect("after the start") * 1_000_000;
    Now { wall, elapsed, boot: BootId("0d6b1c5e-4f0a-4f6e-9f63-0d2f6a1b7c11".into()) }
}

fn operator() -> Actor {
    Actor::Person { name: "mara".into(), uid: Some(1000), groups: vec!["sre".into()] }
}

/// Numbers what happened, batch by batch.
struct Writer {
    seq: u64,
    batch: u64,
}

impl Writer {
    fn batch(&mut self, ms: i64, kinds: Vec<(Actor, RecordKind)>) -> Vec<Record> {
        self.batch += 1;
        let Now { wall, elapsed, boot } = now(ms);
        let mut number = |(actor, kind)| {
            self.seq += 1;
            Record {
                v: 1,
                seq: self.seq,
                batch: self.batch,
                at: wall,
                recorded: wall,
                boot: boot.clone(),
                elapsed,
                actor,
                kind,
            }
        };
        kinds.into_iter().map(&mut number).collect()
    }
}

fn engine(kind: RecordKind) -> (Actor, RecordKind) {
    (Actor::Engine {}, kind)
}

fn started(plan_digest: String) -> RecordKind {
    RecordKind::RunPlanned {
        format: Plan::FORMAT,
        semantics: Plan::SEMANTICS,
        plan_hash: "f5d1278e8109edd94e1e4197e04873b9f5d1278e8109edd94e1e4197e04873b9".into(),
        runbook: "first".into(),
        environment: "local".into(),
        info: Box::new(StartInfo {
            run: RUN.into(),
            plan_digest,
            runbook_file: "runbooks/first.yaml".into(),
            runbook_digest: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
            git_commit: Some("416a279b9a2f3c1d0e5f60718293a4b5c6d7e8f9".into()),
            git_dirty: Some(true),
            inventory_digest: None,
            incident: Some("INC-7".into()),
            tool: "0.1.0".into(),
            machine: "ops-1".into(),
            time_zone: "+01:00".into(),
            drill: false,
            ssh_config: None,
        }),
    }
}

fn intended(step: &str, purpose: Purpose, attempt: u32) -> RecordKind {
    RecordKind::StepIntended {
        path: path(step),
        host: localhost(),
        purpose,
        attempt,
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        values: BTreeMap::new(),
    }
}

fn succeeded(step: &str, purpose: Purpose, attempt: u32, [stdout, stderr]: [StreamInfo; 2]) -> RecordKind {
    let (path, exit) = (path(step), Exit::Code(0));
    RecordKind::StepSucceeded {
        path,
        purpose,
        attempt,
        took_ms: 12,
        exit,
        outputs: BTreeMap::new(),
        stdout,
        stderr,
        adopted: false,
    }
}

fn failed(step: &str, attempt: u32, [stdout, stderr]: [StreamInfo; 2]) -> RecordKind {
    RecordKind::StepFailed {
        path: path(step),
        purpose: Purpose::Main,
        attempt,
        took_ms: Some(9),
        exit: Some(Exit::Code(2)),
        reason: FailedReason::Exit(Exit::Code(2)),
        stdout: Some(stdout),
        stderr: Some(stderr),
        adopted: false,
    }
}

/// Stores what a step printed, and gives what its record says of it.
fn printed(run: &RunDir, step: &str, purpose: Purpose, attempt: u32, stdout: &str, stderr: &str) -> [StreamInfo; 2] {
    let store = OutputStore::new(run.out_path(), RedactionSet::default());
    let key = EffectKey { run: RUN.into(), path: path(step), host: localhost(), purpose, attempt };
    let mut writer = store.writer(&key);
    writer.write(StreamKind::Stdout, Duration::from_millis(3), stdout.as_bytes());
    writer.write(StreamKind::Stderr, Duration::from_millis(5), stderr.as_bytes());
    let done = writer.finish(Durability::Written);
    done.kept.expect("there is room");
    [done.stdout, done.stderr].map(|Captured { info, .. }| info)
}

/// A run that fails once, is asked about, whose engine dies in the middle of a write, and that is finished by another.
fn write_run(state: &Path) -> RunDir {
    let (make, fill) = ("make_dir/@localhost", "fill/@localhost");
    let state = StateDir::open(state).expect("a state directory");
    let run = state.create_run(&RunId::parse(RUN).expect("an id")).expect("a run");
    let limits = Limits { min_free: 0, ballast: 4096 };
    let digest = run.write_plan(&plan()).expect("there is room");
    let mut w = Writer { seq: 0, batch: 0 };
    let identity = HostIdentity { ledger: Some("71c9e0".into()), machine: "b3f1".into(), boot: "0d6b".into() };
    {
        let lock = run.lock().expect("nobody else has it");
        let mut journal = lock.create_journal(limits).expect("there is room");
        let ask = AskId { path: path(fill), number: 1 };
        let batches = [
            w.batch(0, vec![(operator(), started(digest))]),
            w.batch(40, vec![engine(RecordKind::HostPreflighted { host: localhost(), identity })]),
            w.batch(41, vec![engine(RecordKind::RunStarted {}), engine(intended(make, Purpose::Main, 1))]),
            w.batch(
                60,
                vec![
                    engine(succeeded(make, Purpose::Main, 1, printed(&run, make, Purpose::Main, 1, "made\n", ""))),
                    engine(intended(fill, Purpose::Main, 1)),
                ],
            ),
            w.batch(
                75,
                vec![
                    engine(failed(
                        fill,
                        1,
                        printed(&run, fill, Purpose::Main, 1, "", "sh: 1: cannot create /tmp/first/stamp: \u{fc}\n"),
                    )),
                    engine(RecordKind::AskOpened {
                        ask: ask.clone(),
                        kind: AskKind::Failure,
                        question: "fill failed on localhost: exit status 2".into(),
                        words: vec![Word::Retry, Word::Skip, Word::ByHand],
                        typed: None,
                        fact: None,
                    }),
                ],
            ),
            w.batch(
                90_075,
                vec![
                    (operator(), RecordKind::NoteAdded { text: "the disk was full \u{2013} made room".into() }),
                    (
                        operator(),
                        RecordKind::AskAnswered {
                            ask,
                            word: Word::Retry,
                            reason: None,
                            evidence: None,
                            bound_to: None,
                            wait_ms: None,
                        },
                    ),
                    engine(intended(fill, Purpose::Main, 2)),
                ],
            ),
        ];
        for batch in &batches {
            journal.append(batch, Durability::Synced).expect("there is room");
        }
    }
    // The engine dies while it writes its next record.
    let torn = br#"{"v":1,"seq":12,"batch":7,"at":"2026-11-21T11:22"#;
    let mut bytes = std::fs::read(run.journal_path()).expect("it was written");
    bytes.extend_from_slice(torn);
    std::fs::write(run.journal_path(), bytes).expect("there is room");

    let lock = run.lock().expect("its holder is gone");
    let (mut journal, records) = lock.resume_journal(limits, &now(200_000)).expect("a torn end is no damage");
    let last = records.last().expect("it has records");
    (w.seq, w.batch) = (last.seq, last.batch);
    let batches = [
        w.batch(
            200_010,
            vec![(
                operator(),
                RecordKind::RunResumed { epoch: 2, gap_ms: 109_935, rebooted: false, rechecked: false, again: vec![] },
            )],
        ),
        w.batch(
            200_050,
            vec![
                engine(succeeded(fill, Purpose::Main, 2, printed(&run, fill, Purpose::Main, 2, "", ""))),
                engine(intended(fill, Purpose::Verify, 1)),
            ],
        ),
        w.batch(
            200_070,
            vec![
                engine(succeeded(fill, Purpose::Verify, 1, printed(&run, fill, Purpose::Verify, 1, "", ""))),
                engine(RecordKind::RunFinished { exit: ExitCode::DONE }),
            ],
        ),
    ];
    for batch in &batches {
        journal.append(batch, Durability::Synced).expect("there is room");
    }
    run
}

/// The files of a run that are committed, by their names.
fn files(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let list = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).expect("a directory").map(|e| e.expect("an entry").path()).collect()
    };
    let mut files: Vec<PathBuf> = list(&run.join("out"));
    files.extend([run.join("journal.jsonl"), run.join("plan.json")]);
    let name = |p: &PathBuf| p.strip_prefix(run).expect("inside").display().to_string();
    files.iter().map(|p| (name(p), std::fs::read(p).expect("a file"))).collect()
}

#[test]
fn todays_journal_is_the_committed_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = write_run(&dir.path().join("state"));
    let made = files(run.path());
    if std::env::var_os("BANISTER_WRITE_JOURNALS").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(committed().join("out")).expect("a directory");
        for (name, bytes) in &made {
            std::fs::write(committed().join(name), bytes).expect("there is room");
        }
    }
    let expected = files(&committed());
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &expected {
        let (made, bytes) = (String::from_utf8_lossy(&made[name]), String::from_utf8_lossy(bytes));
        assert_eq!(made, bytes, "{name}: the format changed; if it was released, add a directory and keep this one");
    }
}

#[test]
fn every_committed_journal_reads_and_verifies() {
    let mut seen = 0;
    for entry in std::fs::read_dir(committed().join("..")).expect("tests/journals is there") {
        let journal = entry.expect("an entry").path().join("journal.jsonl");
        let verification = verify(&journal).expect("it can be read");
        assert_eq!(verification.exit_code(), ExitCode::DONE, "{}: {verification}", journal.display());
        let read = JournalRead::of(&std::fs::read(&journal).expect("it can be read"));
        assert_eq!((&read.tail, read.unreadable.len()), (&Tail::Whole, 0), "{}", journal.display());
        let plan = std::fs::read(journal.with_file_name("plan.json")).expect("a plan");
        serde_json::from_slice::<Plan>(&plan).unwrap_or_else(|e| panic!("{}: {e}", journal.display()));
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn the_first_format_says_what_it_always_said() {
    let read = JournalRead::of(&std::fs::read(committed().join("journal.jsonl")).expect("it is committed"));
    assert_eq!(read.end(), RunEnd::Finished(ExitCode::DONE));
    let lines: Vec<String> = read
        .records
        .iter()
        .map(|r| {
            let kind = serde_json::to_value(&r.kind).expect("it was read");
            let (name, body) = kind.as_object().and_then(|o| o.iter().next()).expect("one name");
            let place = body.get("path").and_then(|p| p.as_str()).unwrap_or_default();
            format!("{} {} {} {} {name} {place}", r.seq, r.batch, r.at.format("%T%.3f"), r.actor).trim_end().to_owned()
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    1 1 11:20:00.000 mara run.planned
    2 2 11:20:00.040 engine host.preflighted
    3 3 11:20:00.041 engine run.started
    4 3 11:20:00.041 engine step.intended make_dir/@localhost
    5 4 11:20:00.060 engine step.succeeded make_dir/@localhost
    6 4 11:20:00.060 engine step.intended fill/@localhost
    7 5 11:20:00.075 engine step.failed fill/@localhost
    8 5 11:20:00.075 engine ask.opened
    9 6 11:21:30.075 mara note.added
    10 6 11:21:30.075 mara ask.answered
    11 6 11:21:30.075 engine step.intended fill/@localhost
    12 7 11:23:20.000 engine tail.recovered
    13 8 11:23:20.010 mara run.resumed
    14 9 11:23:20.050 engine step.succeeded fill/@localhost
    15 9 11:23:20.050 engine step.intended fill/@localhost
    16 10 11:23:20.070 engine step.succeeded fill/@localhost
    17 10 11:23:20.070 engine run.finished
    ");
}
