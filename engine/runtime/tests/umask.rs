//! Modes do not depend on the umask. A process of its own, with one test: the umask is the whole process's.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use banister_runtime::journal::Limits;
use banister_runtime::state::{RunId, StateDir};

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().map_or(0, |m| m.mode() & 0o7777)
}

#[test]
fn modes_are_the_same_under_every_umask() {
    let dir = tempfile::tempdir().expect("a directory");
    for mask in [0o000, 0o022, 0o077, 0o777] {
        let path = dir.path().join(format!("state-{mask:o}"));
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask));
        let state = StateDir::open(&path).expect("it can be made");
        let run = state.create_run(&RunId::random()).expect("it can be made");
        let lock = run.lock().expect("nobody else has it");
        let journal = lock.create_journal(Limits { min_free: 0, ballast: 1 }).expect("there is room");
        rustix::process::umask(before);
        for dir in [state.path(), &state.path().join("runs"), run.path(), &run.out_path()] {
            assert_eq!(mode(dir), 0o700, "umask {mask:o}: {}", dir.display());
        }
        for file in [journal.path(), &run.path().join("holder.json")] {
            assert_eq!(mode(file), 0o600, "umask {mask:o}: {}", file.display());
        }
        let path = dir.path().join(format!("shared-{mask:o}"));
        std::fs::create_dir(&path).expect("a directory");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o2770)).expect("its mode");
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask));
        let state = StateDir::open(&path).expect("it is there");
        let run = state.create_run(&RunId::random()).expect("it can be made");
        let lock = run.lock().expect("nobody else has it");
        let journal = lock.create_journal(Limits { min_free: 0, ballast: 1 }).expect("there is room");
        rustix::process::umask(before);
        for dir in [state.path(), &state.path().join("runs"), run.path(), &run.out_path()] {
            assert_eq!(mode(dir), 0o2770, "umask {mask:o}: {}", dir.display());
        }
        for file in [journal.path(), &run.path().join("holder.json")] {
            assert_eq!(mode(file), 0o660, "umask {mask:o}: {}", file.display());
        }
    }
}
