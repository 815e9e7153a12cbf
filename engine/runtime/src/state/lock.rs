//! One engine a run.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use banister_core::run::{Now, Record};
use chrono::{DateTime, Utc};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::{RunDir, StateError};
use crate::journal::{FileJournal, JournalError, Limits};

/// Who holds a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The engine's process.
    pub pid: u32,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Holder {
    /// Whether there is no such process, or it has ended and nobody has asked how. Whoever has its number since counts
    /// as it: then the lock alone says what is so.
    fn has_died(&self) -> bool {
        let Some(number) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return false };
        // A process of somebody else's may not be told anything, and is there.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        test_kill_process(number) == Err(Errno::SRCH) || matches!(state, Some('Z' | 'X'))
    }
}

/// The right to drive a run: a lock of the kernel on the run's directory. It ends with the process, however that ends,
/// and cannot be left behind. The directory is locked and not a file in it, because a file can be removed and made
/// again, and then two engines hold "the" lock.
#[derive(Debug)]
pub struct RunLock {
    run: RunDir,
    /// Held open for the lock on it.
    dir: File,
}

impl Drop for RunLock {
    /// Lets go of the lock, not only of the file: a program that is being started just now has a copy of every open file
    /// until it is that program, and with the copy it would hold the run.
    fn drop(&mut self) {
        // What cannot be unlocked is closed, which ends it a moment later.
        let _ = self.dir.unlock();
    }
}

impl RunLock {
    pub(super) fn take(run: &RunDir) -> Result<Self, StateError> {
        Self::take_between(run, &mut || std::thread::sleep(BETWEEN))
    }

    /// The same, with what is done between two looks.
    pub(super) fn take_between(run: &RunDir, between: &mut dyn FnMut()) -> Result<Self, StateError> {
        let dir = File::open(run.path()).map_err(StateError::io("open", run.path()))?;
        match patiently(run, between, || dir.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StateError::Held { run: run.id().to_string(), holder: holder_of(run) });
            }
            Err(TryLockError::Error(e)) => return Err(StateError::io("lock", run.path())(e)),
        }
        let holder = Holder { pid: std::process::id(), since: Utc::now() };
        let bytes = serde_json::to_vec(&holder).map_err(|e| StateError::io("write", run.path())(e.into()))?;
        run.replace("holder.json", &bytes)?;
        Ok(Self { run: run.clone(), dir })
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunDir {
        &self.run
    }

    /// The file that the lock is on, once more.
    #[cfg(test)]
    pub(super) fn copy(&self) -> std::io::Result<File> {
        self.dir.try_clone()
    }

    /// Begins the run's journal.
    ///
    /// # Errors
    /// A [`JournalError`]; then nothing was started.
    pub fn create_journal(&self, limits: Limits) -> Result<FileJournal, JournalError> {
        FileJournal::create(&self.run.journal_path(), limits)
    }

    /// Reads the run's journal and opens it for more. An engine that died before its first record leaves a run
    /// without a journal, or with an empty one: both give no records.
    ///
    /// # Errors
    /// A [`JournalError`]; then nothing was started.
    pub fn resume_journal(&self, limits: Limits, now: &Now) -> Result<(FileJournal, Vec<Record>), JournalError> {
        let path = self.run.journal_path();
        if path.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
            return Ok((FileJournal::create(&path, limits)?, Vec::new()));
        }
        FileJournal::resume(&path, limits, now)
    }
}

/// Looks at a lock that an engine has which may be about to end.
const LOOKS_AT_AN_ENGINE: u32 = 20;
/// Looks while nobody but a shadow has it. Milliseconds, or on a loaded machine seconds.
const LOOKS_AT_A_SHADOW: u32 = 4_000;
const BETWEEN: Duration = Duration::from_millis(5);

/// Tries for a lock, and again as long as whoever has it is about to let go.
fn patiently(
    run: &RunDir,
    between: &mut dyn FnMut(),
    mut attempt: impl FnMut() -> Result<(), TryLockError>,
) -> Result<(), TryLockError> {
    let mut looks = 0;
    loop {
        match attempt() {
            Err(TryLockError::WouldBlock) => looks += 1,
            other => return other,
        }
        if looks >= LOOKS_AT_AN_ENGINE && (looks >= LOOKS_AT_A_SHADOW || !is_shadow(run)) {
            return Err(TryLockError::WouldBlock);
        }
        between();
    }
}

/// Who holds a run now, if anybody does.
pub(super) fn holder_of(run: &RunDir) -> Option<Holder> {
    let bytes = std::fs::read(run.path().join("holder.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether what holds the lock is no engine: somebody who looks whether it is held, for a moment ([`is_held`]); or what an
/// engine that has died was just starting, which has the engine's files until it is the program that it becomes.
fn is_shadow(run: &RunDir) -> bool {
    !is_held(run.path()).unwrap_or(true) || holder_of(run).is_some_and(|holder| holder.has_died())
}

/// Whether an engine holds the lock on a directory, or something of one.
pub(super) fn is_held(path: &Path) -> std::io::Result<bool> {
    let dir = File::open(path)?;
    let locked = dir.try_lock_shared();
    is_refused(&dir, locked)
}

/// Whether an engine holds a run, once no shadow does.
pub(super) fn is_taken(run: &RunDir) -> std::io::Result<bool> {
    let dir = File::open(run.path())?;
    let locked = patiently(run, &mut || std::thread::sleep(BETWEEN), || dir.try_lock_shared());
    is_refused(&dir, locked)
}

fn is_refused(dir: &File, locked: Result<(), TryLockError>) -> std::io::Result<bool> {
    match locked {
        // As in `RunLock::drop`: an engine that comes now must not find it held.
        Ok(()) => dir.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(e),
    }
}
