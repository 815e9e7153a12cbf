//! The journal, by what is tested of it; here is what they share.

mod faults;
mod faulty_file;
mod recovery;
mod verifying;
mod writing;

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

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}
