use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use banister_core::plan::StepPath;
use banister_core::run::{Actor, BootId, Durability, ExitCode, Journal as _, Now, Record, RecordKind, StartInfo};
use chrono::DateTime;

use super::*;

pub(super) fn now() -> Now {
    Now { wall: DateTime::from_timestamp(1_700_000_000, 0).unwrap(), elapsed: 5, boot: BootId("boot".into()) }
}

fn record(seq: u64, batch: u64, kind: RecordKind) -> Record {
    let wall = now().wall + chrono::TimeDelta::milliseconds(i64::try_from(seq).unwrap());
    Record { v: 1, seq, batch, at: wall, recorded: wall, boot: now().boot, elapsed: seq, actor: Actor::Engine {}, kind }
}

fn note(text: &str) -> RecordKind {
    RecordKind::NoteAdded { text: text.to_owned() }
}

fn planned() -> RecordKind {
    RecordKind::RunPlanned {
        format: 1,
        semantics: 1,
        plan_hash: "h".into(),
        runbook: "first".into(),
        environment: "test".into(),
        info: Box::new(StartInfo {
            run: "0123".into(),
            plan_digest: crate::digest::sha256(b"{}\n"),
            runbook_file: "first.yaml".into(),
            runbook_digest: "d".into(),
            git_commit: None,
            git_dirty: None,
            inventory_digest: None,
            incident: None,
            tool: "0".into(),
            machine: "m".into(),
            time_zone: "+00:00".into(),
            drill: false,
            ssh_config: None,
        }),
    }
}

/// Five records in three batches, with every kind of text a line must carry.
fn batches() -> Vec<(Vec<Record>, Durability)> {
    let intended = RecordKind::StepWaiting { path: StepPath::parse("wait").unwrap(), ms: 5 };
    vec![
        (vec![record(1, 1, planned()), record(2, 1, RecordKind::RunStarted {})], Durability::Synced),
        (vec![record(3, 2, note("tab\t, lf\n, del\x7f, ümlaut, \u{1f6a8}, \"quoted\""))], Durability::Written),
        (vec![record(4, 3, intended), record(5, 3, note("last"))], Durability::Synced),
    ]
}

pub(super) fn journal_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut head = LineHash::GENESIS;
    for record in batches().iter().flat_map(|(b, _)| b) {
        head = super::line::encode(head, record, &mut bytes).unwrap();
    }
    bytes
}

fn read_bytes(bytes: &[u8]) -> JournalRead {
    JournalRead::of(bytes)
}

fn all_records() -> Vec<Record> {
    batches().into_iter().flat_map(|(b, _)| b).collect()
}

fn no_limits() -> Limits {
    Limits { min_free: 0, ballast: 4096 }
}

fn temp() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    (dir, path)
}

#[test]
fn a_line_is_ascii_and_its_hash_is_what_sha256sum_says() {
    let bytes = journal_bytes();
    assert!(bytes.iter().all(|b| (0x20..0x7f).contains(b) || *b == b'\t' || *b == b'\n'));
    let text = String::from_utf8(bytes).unwrap();
    let third = text.lines().nth(2).unwrap();
    assert!(third.contains(r#""text":"tab\t, lf\n, del\u007f, \u00fcmlaut, \ud83d\udea8, \"quoted\"""#), "{third}");
    assert!(third.starts_with(r#"{"v":1,"seq":3,"batch":2,"at":"2023-11-14T22:13:20.003Z","#), "{third}");
    assert_eq!(text.lines().count(), 5);
    let mut previous = "0".repeat(64);
    for line in text.lines() {
        let (body, hash) = line.split_once('\t').unwrap();
        assert_eq!(crate::digest::sha256(format!("{previous}\n{body}").as_bytes()), hash);
        previous = hash.to_owned();
    }
}

#[test]
fn what_is_written_is_read_back() {
    let (_dir, path) = temp();
    let mut journal = FileJournal::create(&path, no_limits()).unwrap();
    for (batch, durability) in batches() {
        journal.append(&batch, durability).unwrap();
    }
    let read = read(&path).unwrap();
    assert_eq!(read.records, all_records());
    assert_eq!((read.tail, read.seq, read.batch), (Tail::Whole, 5, 3));
    assert_eq!(journal.head(), (5, read.head));
    assert_eq!(std::fs::read(&path).unwrap(), journal_bytes());
}

#[test]
fn a_second_journal_at_the_same_place_is_refused() {
    let (_dir, path) = temp();
    drop(FileJournal::create(&path, no_limits()).unwrap());
    let error = FileJournal::create(&path, no_limits()).unwrap_err();
    assert!(error.to_string().contains("File exists"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::JOURNAL_UNWRITABLE);
}

#[test]
fn too_little_room_is_refused_before_anything_is_made() {
    let (_dir, path) = temp();
    let error = FileJournal::create(&path, Limits { min_free: u64::MAX, ballast: 0 }).unwrap_err();
    assert!(matches!(error, JournalError::NoRoom { .. }), "{error}");
    assert!(!path.exists());
}

#[test]
fn the_file_is_private_and_links_are_not_followed() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = temp();
    drop(FileJournal::create(&path, no_limits()).unwrap());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!dir.path().join("ballast").exists());
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let error = FileJournal::resume(&path, no_limits(), &now()).unwrap_err();
    assert!(matches!(error, JournalError::Exposed { mode: 0o640, .. }), "{error}");
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(FileJournal::resume(&link, no_limits(), &now()).is_err());
}

#[test]
fn records_that_do_not_follow_are_refused_and_nothing_is_written() {
    for bad in [record(2, 1, note("gap")), record(1, 0, note("batch")), Record { v: 2, ..record(1, 1, note("v")) }] {
        let (_dir, path) = temp();
        let mut journal = FileJournal::create(&path, no_limits()).unwrap();
        if bad.batch == 0 {
            journal.append(&[record(1, 1, note("first"))], Durability::Written).unwrap();
        }
        let len = path.metadata().unwrap().len();
        let bad = Record { seq: bad.seq + u64::from(bad.batch == 0), ..bad };
        assert!(matches!(journal.append(&[bad], Durability::Synced), Err(JournalError::OutOfOrder { .. })));
        assert_eq!(path.metadata().unwrap().len(), len);
    }
}

/// Cut anywhere, the file reads as its whole lines and says exactly what follows them.
#[test]
fn truncation_at_every_byte() {
    let bytes = journal_bytes();
    let ends: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] == b'\n').map(|i| i + 1).collect();
    for cut in 0..=bytes.len() {
        let read = read_bytes(&bytes[..cut]);
        let start = ends.iter().copied().filter(|e| *e <= cut).max().unwrap_or(0);
        let whole = ends.iter().filter(|e| **e <= cut).count();
        let lacks_lf = ends.contains(&(cut + 1));
        assert_eq!(read.records, all_records()[..whole + usize::from(lacks_lf)], "cut at {cut}");
        let expect = match cut - start {
            0 => Tail::Whole,
            _ if lacks_lf => Tail::LacksLf,
            len => Tail::Torn { at: start as u64, len: len as u64, sha256: crate::digest::sha256(&bytes[start..cut]) },
        };
        assert_eq!(read.tail, expect, "cut at {cut}");
    }
}

/// A file in memory that is resumed, with the records it then holds.
fn resumed(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Record>), JournalError> {
    let mut file = FaultyFile { bytes: bytes.to_vec(), ..FaultyFile::default() };
    let (_, records) = FileJournal::recover(&mut file, Path::new("journal.jsonl"), read_bytes(bytes), &now())?;
    Ok((file.bytes, records))
}

/// Cut anywhere, resumed, cut anywhere in what the resume wrote, resumed again: always the same records. Three
/// crashes deep.
#[test]
fn resume_after_a_crash_in_the_resume_at_every_byte() {
    let bytes = journal_bytes();
    let first_line = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    let second_line = bytes.len() - bytes[first_line..].iter().rev().skip(1).position(|b| *b == b'\n').unwrap();
    let mut stuck = 0;
    let mut resumes = 0;
    for torn in (first_line + 1..second_line.min(first_line + 400)).step_by(41) {
        let Tail::Torn { .. } = read_bytes(&bytes[..torn]).tail else { continue };
        let (once, records) = resumed(&bytes[..torn]).unwrap();
        let kept = records.len() - 1;
        for cut in torn..=once.len() {
            let again = match resumed(&once[..cut]) {
                Ok((again, records)) => {
                    assert_eq!(records[..kept], all_records()[..kept], "torn at {torn}, cut at {cut}");
                    assert!(matches!(records[kept].kind, RecordKind::TailRecovered { .. }));
                    assert_eq!((read_bytes(&again).records, records.len()), (records, kept + 1));
                    again
                }
                // Only the LF of the torn line stands there: that is also what damage to a last line looks like.
                Err(JournalError::Corrupt { .. }) if cut == torn + 1 => {
                    stuck += 1;
                    continue;
                }
                Err(other) => panic!("torn at {torn}, cut at {cut}: {other}"),
            };
            let (_, records) = resumed(&again[..(cut + 200).min(again.len())]).unwrap();
            assert_eq!(records[..kept], all_records()[..kept]);
            resumes += 1;
        }
    }
    assert!(resumes > 1000, "{resumes} resumes");
    assert!(stuck > 0 && stuck < resumes / 100, "{stuck} of {resumes}");
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn a_last_line_that_lacks_its_lf_is_completed() {
    let bytes = journal_bytes();
    let (_dir, path) = temp();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    private(&path);
    let (journal, records) = FileJournal::resume(&path, no_limits(), &now()).unwrap();
    assert_eq!((records.len(), journal.head().0), (5, 5));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn an_unknown_kind_verifies_and_is_not_resumed() {
    let body = br#"{"v":1,"seq":1,"batch":1,"at":"2026-01-01T00:00:00.000Z","kind":{"run.teleported":{}}}"#;
    let mut bytes = body.to_vec();
    bytes.push(b'\t');
    bytes.extend_from_slice(LineHash::of(LineHash::GENESIS, body).to_string().as_bytes());
    bytes.push(b'\n');
    let read = read_bytes(&bytes);
    assert_eq!((read.whole, read.records.len(), read.unreadable.len(), &read.tail), (1, 0, 1, &Tail::Whole));
    let (_dir, path) = temp();
    std::fs::write(&path, &bytes).unwrap();
    private(&path);
    let error = FileJournal::resume(&path, no_limits(), &now()).unwrap_err();
    assert!(matches!(error, JournalError::Unreadable { line: 1, .. }), "{error}");
    assert_eq!(error.exit_code(), ExitCode::JOURNAL_BROKEN);
}

#[test]
fn damage_is_never_taken_for_a_torn_end() {
    let bytes = journal_bytes();
    for at in 0..bytes.len() - 1 {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let line = 1 + bytes[..at].iter().filter(|b| **b == b'\n').count() as u64;
        match read_bytes(&flipped).tail {
            Tail::Corrupt { line: found, .. } => assert_eq!(found, line, "flip at {at}"),
            other => panic!("flip at {at} gives {other:?}"),
        }
    }
}

#[test]
fn a_file_that_was_moved_or_touched_is_a_failure() {
    type Touch = fn(&Path);
    let touches: [(&str, Touch); 4] = [
        ("is no longer at its path", |p| std::fs::remove_file(p).unwrap()),
        ("was replaced by another file", |p| {
            std::fs::copy(p, p.with_extension("new")).unwrap();
            std::fs::rename(p.with_extension("new"), p).unwrap();
        }),
        ("has 1 bytes where", |p| std::fs::OpenOptions::new().write(true).open(p).unwrap().set_len(1).unwrap()),
        ("bytes where", |p| std::fs::OpenOptions::new().append(true).open(p).unwrap().write_all(b"x").unwrap()),
    ];
    for (expect, touch) in touches {
        let (_dir, path) = temp();
        let mut journal = FileJournal::create(&path, no_limits()).unwrap();
        journal.append(&[record(1, 1, planned())], Durability::Synced).unwrap();
        touch(&path);
        let error = journal.append(&[record(2, 2, note("x"))], Durability::Synced).unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
        assert!(matches!(journal.append(&[], Durability::Written), Err(JournalError::Poisoned { .. })));
    }
}

/// What the Nth call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Error(i32),
    Short(usize),
    Gone,
}

/// A file in memory whose Nth call goes wrong. `durable` is what a power cut leaves.
#[derive(Default)]
struct FaultyFile {
    calls: usize,
    at: Option<(usize, Fault)>,
    /// The disk stays full until the ballast is given back.
    full: bool,
    ballast: bool,
    bytes: Vec<u8>,
    durable: usize,
    hit: bool,
}

impl FaultyFile {
    fn fault(&mut self) -> Option<Fault> {
        self.calls += 1;
        let fault = self.at.filter(|(n, _)| *n == self.calls).map(|(_, fault)| fault);
        self.hit |= fault.is_some();
        fault
    }
}

fn errno(code: i32) -> io::Error {
    io::Error::from_raw_os_error(code)
}

const EIO: i32 = 5;
const EINTR: i32 = 4;
const ENOSPC: i32 = 28;

impl JournalFile for &mut FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full {
            return Err(errno(ENOSPC));
        }
        let n = match self.fault() {
            Some(Fault::Error(ENOSPC)) => {
                self.full = true;
                return Err(errno(ENOSPC));
            }
            Some(Fault::Error(code)) => return Err(errno(code)),
            Some(Fault::Short(n)) => n.min(bytes.len()),
            Some(Fault::Gone) | None => bytes.len(),
        };
        self.bytes.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.fault() {
            Some(Fault::Error(code)) => Err(errno(code)),
            _ => {
                self.durable = self.bytes.len();
                Ok(())
            }
        }
    }

    fn place(&mut self) -> io::Result<Place> {
        match self.fault() {
            Some(Fault::Error(code)) => Err(errno(code)),
            Some(Fault::Gone) => Ok(Place::Gone),
            _ => Ok(Place::Ours(self.bytes.len() as u64)),
        }
    }

    fn free_ballast(&mut self) -> io::Result<bool> {
        let had = self.ballast;
        (self.ballast, self.full) = (false, self.full && !had);
        Ok(had)
    }
}

/// Writes the batches over a file; gives how many records were acknowledged as synced, and whether all went well.
fn drive(file: &mut FaultyFile) -> (usize, bool) {
    let mut journal = FileJournal::over(file, Path::new("journal.jsonl"));
    let (mut acknowledged, mut offered, mut failed) = (0, 0, false);
    for (batch, durability) in batches() {
        offered += batch.len();
        match journal.append(&batch, durability) {
            Ok(()) => {
                assert!(!failed, "a writer that failed once takes nothing any more");
                if durability == Durability::Synced {
                    acknowledged = offered;
                }
            }
            Err(error) => {
                assert_eq!(matches!(error, JournalError::Poisoned { .. }), failed, "{error}");
                failed = true;
            }
        }
    }
    (acknowledged, !failed)
}

/// The Nth call fails, for every N until none does. Whatever was acknowledged as synced survives a power cut, what is
/// left always reads as whole lines and at most a torn end, and can be resumed.
#[test]
fn the_nth_call_fails_until_none_does() {
    let faults = [
        Fault::Error(EIO),
        Fault::Error(ENOSPC),
        Fault::Error(EINTR),
        Fault::Short(0),
        Fault::Short(1),
        Fault::Short(300),
        Fault::Gone,
    ];
    for fault in faults {
        for ballast in [true, false] {
            let mut n = 0;
            loop {
                n += 1;
                let mut file = FaultyFile { at: Some((n, fault)), ballast, ..FaultyFile::default() };
                let (acknowledged, well) = drive(&mut file);
                let context = format!("{fault:?} at call {n}, ballast {ballast}");
                if !file.hit {
                    assert!(well && acknowledged == 5, "{context}");
                    assert_eq!(n, 8, "2 looks at the place, 3 writes and 2 syncs were each hit");
                    break;
                }
                for left in [file.durable, file.bytes.len()] {
                    let read = read_bytes(&file.bytes[..left]);
                    assert!(!matches!(read.tail, Tail::Corrupt { .. }), "{context}: {:?}", read.tail);
                    assert!(read.records.len() >= acknowledged, "{context}: an acknowledged record is lost");
                    let mut again = FaultyFile { bytes: file.bytes[..left].to_vec(), ..FaultyFile::default() };
                    let (_, records) = FileJournal::recover(&mut again, Path::new("j"), read, &now()).unwrap();
                    let after = read_bytes(&again.bytes);
                    assert_eq!((&after.records, after.tail), (&records, Tail::Whole), "{context}");
                }
            }
        }
    }
}

#[test]
fn a_failed_sync_is_final_although_the_next_would_succeed() {
    let mut file = FaultyFile { at: Some((3, Fault::Error(EIO))), ..FaultyFile::default() };
    let mut journal = FileJournal::over(&mut file, Path::new("journal.jsonl"));
    let batch = batches().remove(0).0;
    assert!(matches!(journal.append(&batch, Durability::Synced), Err(JournalError::Sync { .. })));
    let error = journal.append(&[record(3, 2, note("x"))], Durability::Written).unwrap_err();
    assert!(error.to_string().contains("Input/output error"), "{error}");
    assert_eq!(file.bytes.iter().filter(|b| **b == b'\n').count(), 2);
}

#[test]
fn a_full_disk_with_ballast_drains_and_says_so() {
    let mut file = FaultyFile { at: Some((5, Fault::Error(ENOSPC))), ballast: true, ..FaultyFile::default() };
    let mut journal = FileJournal::over(&mut file, Path::new("journal.jsonl"));
    let [(first, _), (second, _), (third, _)] = batches().try_into().unwrap();
    journal.append(&first, Durability::Synced).unwrap();
    assert_eq!(journal.degraded(), None);
    journal.append(&second, Durability::Synced).unwrap();
    assert!(journal.degraded().unwrap().contains("No space left"), "{:?}", journal.degraded());
    journal.append(&third, Durability::Synced).unwrap();
    assert_eq!(read_bytes(&file.bytes).records, all_records());
}

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

/// Append-only for everybody, root too: nothing here ever needs more.
#[test]
fn works_under_chattr_append_only() {
    let bytes = journal_bytes();
    let (_dir, path) = temp();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    private(&path);
    let chattr =
        |flag: &str| std::process::Command::new("chattr").arg(flag).arg(&path).output().map(|o| o.status.success());
    if !chattr("+a").unwrap_or(false) {
        assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "chattr +a needs root and ext4");
        println!("skipped: chattr +a is not possible here");
        return;
    }
    let cut = std::fs::OpenOptions::new().write(true).open(&path).is_err();
    let resumed = FileJournal::resume(&path, no_limits(), &now()).map(|(mut journal, records)| {
        let seq = records.len() as u64 + 1;
        journal.append(&[record(seq, 9, note("goes on"))], Durability::Synced)
    });
    chattr("-a").unwrap();
    assert!(cut, "the file was not append-only");
    resumed.unwrap().unwrap();
    assert_eq!(read(&path).unwrap().records.len(), 6);
}
