//! A journal of 100,000 records: read and verified, and written. The aim for verified and resumed is one second.

use std::path::PathBuf;

use banister_core::plan::StepPath;
use banister_core::run::{Actor, BootId, Durability, Exit, Journal as _, Purpose, Record, RecordKind, StreamInfo};
use banister_core::runbook::HostName;
use banister_runtime::journal::{FileJournal, Limits, Tail, read};
use chrono::DateTime;

const RECORDS: u64 = 100_000;

fn main() {
    divan::main();
}

/// A run over many hosts: intents and their outcomes, as long as real ones.
fn records() -> Vec<Record> {
    let stream = StreamInfo { bytes: 512, sha256: "9f86d081".repeat(8), redactions: 0, cut: false };
    let kind = |n: u64| {
        let name = format!("web-{}", n / 2);
        // Invariant: both texts are made of allowed characters.
        let path = StepPath::parse(&format!("restart/@{name}/nginx")).expect("a path");
        let host = HostName::new(name).expect("a host");
        if n.is_multiple_of(2) {
            let digest = "2c26b46b".repeat(8);
            RecordKind::StepIntended { path, host, purpose: Purpose::Main, attempt: 1, digest, values: [].into() }
        } else {
            RecordKind::StepSucceeded {
                path,
                purpose: Purpose::Main,
                attempt: 1,
                took_ms: 812,
                exit: Exit::Code(0),
                outputs: [].into(),
                stdout: stream.clone(),
                stderr: stream.clone(),
                adopted: false,
            }
        }
    };
    let boot = BootId("0d6b1c5e-4f0a-4f6e-9f63-0d2f6a1b7c11".into());
    (0..RECORDS)
        .map(|n| {
            // Invariant: the year 2026 is in range.
            let at = DateTime::from_timestamp_millis(1_795_260_000_000 + n.cast_signed()).expect("a moment");
            let (seq, batch, elapsed) = (n + 1, n / 2 + 1, n * 1_000_000);
            Record {
                v: 1,
                seq,
                batch,
                at,
                recorded: at,
                boot: boot.clone(),
                elapsed,
                actor: Actor::Engine {},
                kind: kind(n),
            }
        })
        .collect()
}

fn write(records: &[Record], dir: &tempfile::TempDir) -> PathBuf {
    let path = dir.path().join("journal.jsonl");
    let limits = Limits { min_free: 0, ballast: 4096 };
    let mut journal = FileJournal::create(&path, limits).expect("there is room");
    for batch in records.chunks(2) {
        journal.append(batch, Durability::Written).expect("there is room");
    }
    path
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn read_and_verify_100_000_records(bencher: divan::Bencher) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = write(&records(), &dir);
    bencher.counter(divan::counter::ItemsCount::new(RECORDS)).bench_local(|| {
        let read = read(&path).expect("it can be read");
        assert_eq!((read.records.len() as u64, read.tail), (RECORDS, Tail::Whole));
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn write_100_000_records_unsynced(bencher: divan::Bencher) {
    let records = records();
    bencher.counter(divan::counter::ItemsCount::new(RECORDS)).bench_local(|| {
        let dir = tempfile::tempdir().expect("a directory");
        write(&records, &dir)
    });
}

/// One batch of two records, on the disk: what every changing step waits for twice.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn one_synced_batch(bencher: divan::Bencher) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("journal.jsonl");
    let limits = Limits { min_free: 0, ballast: 4096 };
    let mut journal = FileJournal::create(&path, limits).expect("there is room");
    let records = records();
    let mut batches = records.chunks(2);
    bencher.bench_local(|| {
        let batch = batches.next().expect("more batches than samples");
        journal.append(batch, Durability::Synced).expect("there is room");
    });
}
