//! Calls that fail.

use super::faulty_file::{EINTR, EIO, ENOSPC, Fault, FaultyFile};
use super::*;

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
