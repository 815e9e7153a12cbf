//! What a crash or damage leaves, and going on behind it.

use super::faulty_file::FaultyFile;
use super::*;

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
