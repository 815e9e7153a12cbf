//! What is written, where, and as whom.

use std::io::Write as _;

use super::*;

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
