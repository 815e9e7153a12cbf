//! What `verify` says.

use super::*;

/// A run's directory with a whole journal, its plan and one stored output.
fn run_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let output = |text: &[u8]| banister_core::run::StreamInfo {
        bytes: text.len() as u64,
        sha256: crate::digest::sha256(text),
        redactions: 0,
        cut: false,
    };
    let succeeded = RecordKind::StepSucceeded {
        path: StepPath::parse("make/@web-1").unwrap(),
        purpose: banister_core::run::Purpose::Main,
        attempt: 1,
        took_ms: 1,
        exit: banister_core::run::Exit::Code(0),
        outputs: std::collections::BTreeMap::new(),
        stdout: output(b"made\n"),
        stderr: output(b"gone"),
        adopted: false,
    };
    let kinds = [planned(), succeeded, RecordKind::RunFinished { exit: ExitCode::DONE }];
    let mut journal = FileJournal::create(&dir.path().join("journal.jsonl"), no_limits()).unwrap();
    let records: Vec<Record> = (1..).zip(kinds).map(|(seq, kind)| record(seq, 1, kind)).collect();
    journal.append(&records, Durability::Synced).unwrap();
    std::fs::write(dir.path().join("plan.json"), "{}\n").unwrap();
    std::fs::write(out.join("make,@web-1.main.1.stdout"), "made\n").unwrap();
    dir
}

fn check_verify(damage: impl FnOnce(&Path), exit: ExitCode) -> String {
    let dir = run_dir();
    damage(dir.path());
    let found = verify(&dir.path().join("journal.jsonl")).unwrap();
    assert_eq!(found.exit_code(), exit, "{found}");
    found.to_string().replace(&dir.path().display().to_string(), "RUN")
}

#[test]
fn verify_says_what_is_whole_and_what_cannot_be_known() {
    insta::assert_snapshot!(check_verify(|_| {}, ExitCode::DONE), @r"
    whole: 3 records, head 2e405f539d2e854b674133c8392bb06666164e7669183d38d7d5c114e2ef0b8d
    note: the run finished with exit code 0
    note: its end is unwitnessed: whole lines missing after the last one cannot be noticed from here
    note: stored outputs: 1 as recorded, 0 kept in part and not comparable, 1 not kept
    ");
    let torn = check_verify(
        |dir| {
            let path = dir.join("journal.jsonl");
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
        },
        ExitCode::DONE,
    );
    insta::assert_snapshot!(torn, @r"
    whole: 2 records, head 488649aa79f3ee787718dcfd06b0ca19f286b11e7e0125d289b3875912886fdb, then 234 torn bytes at 1195
    note: the torn bytes are what a crash in a write leaves; the next engine says so behind them
    note: no end is recorded: the run goes on, or its engine died
    note: its end is unwitnessed: whole lines missing after the last one cannot be noticed from here
    note: stored outputs: 1 as recorded, 0 kept in part and not comparable, 1 not kept
    ");
}

#[test]
fn verify_names_what_is_wrong() {
    let gone = check_verify(|dir| std::fs::remove_file(dir.join("plan.json")).unwrap(), ExitCode::JOURNAL_BROKEN);
    assert!(gone.starts_with("corrupt: plan.json is missing\n"), "{gone}");
    let other = check_verify(|dir| std::fs::write(dir.join("plan.json"), "{}").unwrap(), ExitCode::JOURNAL_BROKEN);
    assert!(other.starts_with("corrupt: plan.json is not the plan that record 1 names\n"), "{other}");
    let output = check_verify(
        |dir| std::fs::write(dir.join("out/make,@web-1.main.1.stdout"), "made up\n").unwrap(),
        ExitCode::JOURNAL_BROKEN,
    );
    insta::assert_snapshot!(output, @r"
    whole: 3 records, head 2e405f539d2e854b674133c8392bb06666164e7669183d38d7d5c114e2ef0b8d
    broken: RUN/out/make,@web-1.main.1.stdout is not what was recorded: it has 8 bytes, recorded are 5 with SHA-256 9ccbd3f1b19a1cdfd8d7c6ae48e9e822e2345f5be1a6187b19e41486c6941004
    note: the run finished with exit code 0
    note: its end is unwitnessed: whole lines missing after the last one cannot be noticed from here
    note: stored outputs: 0 as recorded, 0 kept in part and not comparable, 1 not kept
    ");
    let flipped = check_verify(
        |dir| {
            let path = dir.join("journal.jsonl");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("step.succeeded", "step.failed")).unwrap();
        },
        ExitCode::JOURNAL_BROKEN,
    );
    insta::assert_snapshot!(flipped, @r"
    corrupt: line 2: its hash does not match
    note: 1 records before it verify, head 92b8d73027d52e197e6fd74462736841c88982412716a2ddf4ec6dced4e878bb
    note: no end is recorded: the run goes on, or its engine died
    note: its end is unwitnessed: whole lines missing after the last one cannot be noticed from here
    ");
}
