//! The journal of host keys is a journal like any other.

use std::process::Command;

use banister_core::runbook::HostName;

use super::journal::HostsJournal;
use super::*;
use crate::journal::{Tail, read, verify};
use crate::state::StateDir;

fn record(name: &str) -> HostRecordKind {
    let key = HostKey { algorithm: "ssh-ed25519".to_owned(), fingerprint: "SHA256:é".to_owned() };
    HostRecordKind::Trusted {
        host: HostName::new(name).unwrap(),
        known_as: "[192.0.2.1]:2222".to_owned(),
        file: "/home/a/.ssh/known_hosts".into(),
        key,
        replaced: Vec::new(),
        proof: "typed".to_owned(),
    }
}

#[test]
fn it_goes_on_after_a_torn_end_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::open(dir.path().join("state")).unwrap();
    let path = journal_path(&state);
    for name in ["a", "b"] {
        HostsJournal::open(&state).unwrap().write(record(name)).unwrap();
    }
    assert_eq!(verify(&path).unwrap().exit_code().0, 0);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .and_then(|mut file| {
            use std::io::Write as _;
            file.write_all(&bytes[..40])
        })
        .unwrap();
    assert!(matches!(read(&path).unwrap().tail, Tail::Torn { .. }));
    HostsJournal::open(&state).unwrap().write(record("c")).unwrap();
    let whole = read(&path).unwrap();
    assert_eq!((whole.whole, &whole.tail, whole.is_of_hosts()), (4, &Tail::Whole, true));
    let verification = verify(&path).unwrap();
    assert_eq!(verification.failures, [""; 0]);
    let second = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/verify_journal.py"))
        .arg(&path)
        .output();
    if let Ok(output) = second {
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), verification.verdict);
    }

    // What somebody changed is not gone on with.
    let mut changed = std::fs::read(&path).unwrap();
    changed[30] ^= 1;
    std::fs::write(&path, &changed).unwrap();
    assert!(matches!(HostsJournal::open(&state), Err(HostsError::Journal(_))));
    assert_eq!(verify(&path).unwrap().exit_code().0, 23);
}
