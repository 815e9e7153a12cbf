//! [`DrillNote`]: what a drill leaves beside the journal of its run.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::guard::seal;
use super::{StateDir, StateError};
use crate::access::Access;

/// Its file, in the directory of the drill.
const NAME: &str = "drill.json";
/// The format that is written, and the only one that is read.
const VERSION: u32 = 1;
/// More bytes than any note has.
const MOST: u64 = 64 * 1024;

/// How a drill on real hosts ended. What never came to its checks leaves none, and neither does anything simulated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillNote {
    /// The drill's name.
    pub drill: String,
    /// What was let go wrong, if anything was.
    pub fault: Option<String>,
    /// The runbook's name.
    pub runbook: String,
    /// Digest of the runbook's file as it was then.
    pub runbook_digest: String,
    /// When its checks were made.
    pub ended: DateTime<Utc>,
    /// How many there were.
    pub checks: usize,
    /// How many of them held.
    pub held: usize,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    v: u32,
    drilled: DrillNote,
}

impl DrillNote {
    /// Whether everything was as the drill's file says.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.checks > 0 && self.held == self.checks
    }

    /// Writes it into the directory of the drill.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec(&Kept { v: VERSION, drilled: self.clone() })?;
        text.push(b'\n');
        std::fs::write(dir.join(NAME), text)
    }

    fn read(dir: &Path) -> Option<Self> {
        let mut text = Vec::new();
        File::open(dir.join(NAME)).ok()?.take(MOST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok().filter(|kept: &Kept| kept.v == VERSION).map(|kept| kept.drilled)
    }
}

impl StateDir {
    /// Makes the directory of all drills below a state directory, if there is none: as open to a group as that one is, so
    /// that the next of its members can drill as well. Who drills as root by sudo does not own the state directory, so it
    /// is not opened for this.
    ///
    /// # Errors
    /// A [`StateError`] if it cannot be made.
    pub fn make_drills(state: &Path) -> Result<PathBuf, StateError> {
        let above = DirBuilder::new().recursive(true).mode(0o700).create(state);
        above.map_err(StateError::io("make the directory", state))?;
        let access = Access::of(&state.symlink_metadata().map_err(StateError::io("look at", state))?);
        let path = state.join("drills");
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => seal(&path, access)?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(StateError::io("make the directory", &path)(e)),
        }
        Ok(path)
    }

    /// How the drills ended that are kept here, the latest first. Somebody else's that cannot be read are not among them.
    #[must_use]
    pub fn drills(&self) -> Vec<DrillNote> {
        let entries = std::fs::read_dir(self.path().join("drills")).into_iter().flatten().flatten();
        let mut notes: Vec<DrillNote> = entries.filter_map(|entry| DrillNote::read(&entry.path())).collect();
        notes.sort_by_key(|note| std::cmp::Reverse(note.ended));
        notes
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn the_directory_of_all_drills_is_as_open_as_the_one_above() {
        for (mode, expect) in [(0o700, 0o700), (0o2770, 0o2770)] {
            let state = tempfile::tempdir().unwrap();
            std::fs::set_permissions(state.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            for _ in 0..2 {
                let made = StateDir::make_drills(state.path()).unwrap();
                assert_eq!(made.metadata().unwrap().mode() & 0o7777, expect, "{mode:o}");
            }
        }
    }

    #[test]
    fn the_latest_is_first_and_what_is_no_note_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path().join("state")).unwrap();
        assert_eq!(state.drills(), []);
        let ended = |day: u32| format!("2026-11-{day:02}T12:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let note = |day, fault: Option<&str>| DrillNote {
            drill: "restart-nginx".to_owned(),
            fault: fault.map(str::to_owned),
            runbook: "restart-nginx".to_owned(),
            runbook_digest: "00".to_owned(),
            ended: ended(day),
            checks: 9,
            held: 8,
        };
        let made = |name: &str| {
            let dir = state.path().join("drills").join(name);
            std::fs::create_dir_all(&dir).unwrap();
            dir
        };
        note(3, None).write(&made("a")).unwrap();
        note(7, Some("cut")).write(&made("b")).unwrap();
        made("of-a-drill-that-never-came-to-its-checks");
        std::fs::write(made("c").join(NAME), "{\"v\":1").unwrap();
        let later = Kept { v: 2, drilled: note(9, None) };
        std::fs::write(made("d").join(NAME), serde_json::to_vec(&later).unwrap()).unwrap();
        assert_eq!(state.drills(), [note(7, Some("cut")), note(3, None)]);
        assert!(!note(3, None).is_good());
        assert!(DrillNote { held: 9, ..note(3, None) }.is_good());
    }
}
