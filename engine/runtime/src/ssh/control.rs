//! The directory of one engine's control sockets: private, short, found again after a crash.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::end::end_at;

/// Why no ssh can be used at all.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// The place for control sockets is not ours alone.
    #[error("the directory {path} for ssh's control sockets {why}; set XDG_RUNTIME_DIR to a directory of your own")]
    Place {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file of it could not be made.
    #[error("cannot make {path} for ssh: {source}")]
    Make {
        /// The file or directory.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// The operator's configuration cannot be taken.
    #[error("the ssh configuration {path} cannot be used: {why}")]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Bytes that the place may have: a socket's path holds 108 (104 on BSD), and ssh appends 17 of its own while it makes
/// one.
const MAX_PLACE: usize = 64;

/// The directory of this engine. Who holds the lock on it lives; what nobody holds is swept.
#[derive(Debug)]
pub(super) struct ControlDir {
    path: PathBuf,
    /// Held open for the lock on it.
    lock: File,
}

impl Drop for ControlDir {
    /// Lets go of the lock, not only of the file: a program that is being started just now has a copy of every open file
    /// until it is that program.
    fn drop(&mut self) {
        // What cannot be unlocked is closed, which ends it a moment later.
        let _ = self.lock.unlock();
    }
}

impl ControlDir {
    /// Makes the directory of an engine of a run.
    pub(super) fn make(run: &str) -> Result<Self, SshError> {
        Self::make_in(&place()?, run)
    }

    fn make_in(place: &Path, run: &str) -> Result<Self, SshError> {
        let run: String = run.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        loop {
            let random = uuid::Uuid::new_v4().simple().to_string();
            let path = place.join(format!("{run}-{}", random.get(..4).unwrap_or_default()));
            let fail = |source| SshError::Make { path: path.clone(), source };
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(fail)?,
            }
            let lock = File::open(&path).map_err(fail)?;
            // Somebody who sweeps may have taken it for a dead one's in between; then it is gone, or goes now.
            if lock.try_lock().is_ok() && same(&lock, &path) {
                return Ok(Self { path, lock });
            }
        }
    }

    /// The control socket of a master.
    pub(super) fn socket(&self, number: u64) -> PathBuf {
        self.path.join(number.to_string())
    }

    /// What all of them take for the operator's agent.
    pub(super) fn agent(&self) -> PathBuf {
        self.path.join("agent")
    }

    /// The configuration of all of them.
    pub(super) fn config(&self) -> PathBuf {
        self.path.join("config")
    }

    pub(super) fn write_config(&self, text: &str) -> Result<(), SshError> {
        let path = self.config();
        let write = || {
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o600))
        };
        write().map_err(|source| SshError::Make { path: path.clone(), source })
    }

    /// Removes it; to be called when its masters have ended.
    pub(super) fn remove(&self) {
        // What stays is swept by the next engine.
        let _ = std::fs::remove_dir_all(&self.path);
    }

    /// Ends the masters of engines that are dead, and removes their directories.
    pub(super) fn sweep(&self) {
        if let Some(place) = self.path.parent() {
            sweep(place);
        }
    }
}

/// Whether a path still leads to an open directory.
fn same(open: &File, path: &Path) -> bool {
    match (open.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

/// Where the directories of all engines of this account lie.
fn place() -> Result<PathBuf, SshError> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let usable = |dir: &PathBuf| dir.is_absolute() && dir.is_dir() && dir.as_os_str().len() <= MAX_PLACE;
    let path = match runtime.filter(usable) {
        Some(dir) => dir.join("banister"),
        // Not $TMPDIR: it is long where it is private, and another engine must find the same place.
        None => format!("/tmp/banister-{}", rustix::process::geteuid().as_raw()).into(),
    };
    private(path)
}

/// Makes a directory for this account alone, or looks whether the one that is there is.
fn private(path: PathBuf) -> Result<PathBuf, SshError> {
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(SshError::Make { path, source: e }),
        _ => {}
    }
    let meta = match std::fs::symlink_metadata(&path) {
        Ok(meta) => meta,
        Err(source) => return Err(SshError::Make { path, source }),
    };
    let us = rustix::process::geteuid().as_raw();
    let why = if !meta.is_dir() {
        "is no directory".to_owned()
    } else if meta.uid() != us {
        format!("belongs to account number {}", meta.uid())
    } else if meta.mode() & 0o077 != 0 {
        format!("can be used by others (mode {:04o})", meta.mode() & 0o7777)
    } else {
        return Ok(path);
    };
    Err(SshError::Place { path, why })
}

fn sweep(place: &Path) {
    let Ok(entries) = std::fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(dir) = File::open(&path) else { continue };
        if dir.try_lock().is_err() || !same(&dir, &path) {
            continue;
        }
        for file in std::fs::read_dir(&path).into_iter().flatten().flatten() {
            end_at(&file.path());
        }
        let _ = std::fs::remove_dir_all(&path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn names(place: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(place)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_dead_engine_left_is_swept_and_a_living_ones_is_not() {
        let place = tempfile::tempdir().expect("a directory");
        let living = ControlDir::make_in(place.path(), "0123-4567-89ab-cdef").expect("made");
        let dead = ControlDir::make_in(place.path(), "ffff").expect("made");
        drop(UnixListener::bind(dead.socket(0)).expect("a socket of nobody"));
        // What a program that is being started has of it.
        let _copy = dead.lock.try_clone().expect("a copy");
        drop(dead);
        assert_eq!(names(place.path()).len(), 2);
        living.sweep();
        let left = names(place.path());
        assert_eq!(left.len(), 1);
        assert!(left[0].starts_with("0123456789ab-"), "{left:?}");
        let mode = std::fs::metadata(&living.path).expect("it is there").mode() & 0o777;
        assert_eq!(mode, 0o700);
        living.remove();
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn a_place_that_others_can_use_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let made = private(dir.path().join("a")).expect("made");
        private(made.clone()).expect("taken again");
        std::fs::set_permissions(&made, Permissions::from_mode(0o750)).expect("its mode");
        let why = private(made).expect_err("others can look into it").to_string();
        assert!(why.contains("mode 0750") && why.contains("XDG_RUNTIME_DIR"), "{why}");
        std::os::unix::fs::symlink("/tmp", dir.path().join("b")).expect("a link");
        assert!(private(dir.path().join("b")).expect_err("a link").to_string().contains("no directory"));
    }
}
