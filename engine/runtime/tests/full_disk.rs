//! A disk that fills up between any two batches: a real one of 64 KiB, filled from outside.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use banister_core::run::{Actor, BootId, Durability, Journal as _, Now, Record, RecordKind};
use banister_runtime::journal::{FileJournal, JournalError, Limits, Tail, read};
use chrono::DateTime;

/// A tmpfs of 64 KiB, gone with this value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k,mode=0700", "banister-test"])
            .arg(dir.path())
            .output()
            .is_ok_and(|o| o.status.success());
        if !mounted {
            assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "mount needs root");
            println!("skipped: a disk of 64 KiB can only be mounted by root");
        }
        mounted.then_some(Self(dir))
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.path().join("filler")).expect("an inode is left");
        while file.write_all(&[0; 512]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while a program that is being started has a copy of a file there.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

fn now() -> Now {
    Now { wall: DateTime::from_timestamp(1, 0).expect("a moment"), elapsed: 1, boot: BootId("b".into()) }
}

fn batch(seq: u64) -> Vec<Record> {
    let Now { wall, elapsed, boot } = now();
    let kind = RecordKind::NoteAdded { text: format!("record {seq} {}", "x".repeat(300)) };
    vec![Record { v: 1, seq, batch: seq, at: wall, recorded: wall, boot, elapsed, actor: Actor::Engine {}, kind }]
}

/// Writes until the journal says no; gives how many batches were acknowledged, and how many of them when it had said
/// already that the disk is full.
fn write_until_refused(journal: &mut FileJournal, mut seq: u64) -> (u64, u64) {
    let mut degraded = 0;
    loop {
        seq += 1;
        match journal.append(&batch(seq), Durability::Synced) {
            Ok(()) => degraded += u64::from(journal.degraded().is_some()),
            Err(error) => {
                assert!(matches!(error, JournalError::Write { .. }), "{error}");
                assert!(error.to_string().contains("No space left"), "{error}");
                let again = journal.append(&batch(seq), Durability::Written);
                assert!(matches!(again, Err(JournalError::Poisoned { .. })));
                return (seq - 1, degraded);
            }
        }
    }
}

#[test]
fn a_disk_that_fills_up_anywhere_loses_nothing_that_was_acknowledged() {
    let Some(disk) = SmallDisk::mount() else { return };
    let path = disk.0.path().join("journal.jsonl");
    let limits = Limits { min_free: 0, ballast: 16 * 1024 };
    for full_after in 0..25 {
        for entry in std::fs::read_dir(disk.0.path()).expect("it is mounted") {
            std::fs::remove_file(entry.expect("an entry").path()).expect("it is ours");
        }
        let mut journal = FileJournal::create(&path, limits).expect("there is room at first");
        for seq in 1..=full_after {
            journal.append(&batch(seq), Durability::Synced).expect("there is room");
        }
        assert_eq!(journal.degraded(), None);
        disk.fill();
        let (acknowledged, degraded) = write_until_refused(&mut journal, full_after);
        assert!(degraded >= 20, "the ballast let only {degraded} batches of a drain through");
        drop(journal);

        let after = read(&path).expect("it can be read");
        assert!(after.whole >= acknowledged, "{} of {acknowledged} acknowledged records are left", after.whole);
        assert!(matches!(after.tail, Tail::Whole | Tail::Torn { .. }), "{:?}", after.tail);

        // Somebody makes room, and the run goes on in the same file.
        std::fs::remove_file(disk.0.path().join("filler")).expect("it is there");
        let tiny = Limits { min_free: 0, ballast: 1024 };
        let (mut journal, records) = FileJournal::resume(&path, tiny, &now()).expect("there is room again");
        let next = batch(records.len() as u64 + 1).into_iter().map(|r| Record { batch: 1000, ..r }).collect::<Vec<_>>();
        journal.append(&next, Durability::Synced).expect("there is room again");
        assert_eq!(read(&path).expect("it can be read").tail, Tail::Whole);
    }
}

#[test]
fn a_nearly_full_disk_is_refused_before_anything_starts() {
    let Some(disk) = SmallDisk::mount() else { return };
    let path: &Path = &disk.0.path().join("journal.jsonl");
    let error = FileJournal::create(path, Limits::default()).expect_err("64 KiB are not 64 MiB");
    let said = error.to_string().replace(&disk.0.path().display().to_string(), "STATE");
    assert_eq!(said, "STATE: only 0 MiB are free there, a run needs 64 MiB; make room or give another --state-dir");
    assert!(!path.exists());
}
