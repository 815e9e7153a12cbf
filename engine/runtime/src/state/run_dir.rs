//! One run's directory.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use banister_core::plan::Plan;
use chrono::{DateTime, Utc};
use rustix::fs::OFlags;

use super::guard::{check_dir, check_file, make_dir};
use super::{RunId, RunLock, StateError};
use crate::access::Access;

/// What was copied last from a screen.
const COPIED: &str = "copied.txt";

/// The directory of one run: its plan, its journal, its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    id: RunId,
    path: PathBuf,
    access: Access,
}

impl RunDir {
    pub(super) fn at(runs: &Path, id: &RunId, access: Access) -> Self {
        Self { id: id.clone(), path: runs.join(id.as_str()), access }
    }

    pub(super) fn create(runs: &Path, id: &RunId, access: Access) -> Result<Self, StateError> {
        let run = Self::at(runs, id, access);
        make_dir(&run.path, access)?;
        make_dir(&run.out_path(), access)?;
        sync_dir(runs)?;
        Ok(run)
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Who can use it.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What happened.
    #[must_use]
    pub fn journal_path(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// What runs.
    #[must_use]
    pub fn plan_path(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    /// What steps printed.
    #[must_use]
    pub fn out_path(&self) -> PathBuf {
        self.path.join("out")
    }

    /// Where the engine's control socket lies.
    #[must_use]
    pub fn socket_path(&self) -> PathBuf {
        self.path.join("control")
    }

    /// When its plan was kept, or else its directory made: where there is no record yet, that is when it began.
    pub(super) fn made(&self) -> Option<DateTime<Utc>> {
        let modified = |path: &Path| path.symlink_metadata().and_then(|metadata| metadata.modified()).ok();
        modified(&self.plan_path()).or_else(|| modified(&self.path)).map(DateTime::from)
    }

    /// Takes the run for this process.
    ///
    /// # Errors
    /// [`StateError::Held`] if another engine has it.
    pub fn lock(&self) -> Result<RunLock, StateError> {
        check_dir(&self.path, self.access)?;
        RunLock::take(self)
    }

    /// Who held the run last; whether he still does, [`RunDir::is_running`] says.
    #[must_use]
    pub fn holder(&self) -> Option<super::Holder> {
        super::lock::holder_of(self)
    }

    /// Whether an engine runs it now.
    ///
    /// # Errors
    /// A [`StateError`] that names the directory.
    pub fn is_running(&self) -> Result<bool, StateError> {
        super::lock::is_held(&self.path).map_err(StateError::io("look at the lock of", &self.path))
    }

    /// Whether the next engine cannot have it. Unlike [`RunDir::is_running`] it waits, up to ten seconds, until nothing of an
    /// engine that is dead is left.
    ///
    /// # Errors
    /// A [`StateError`] that names the directory.
    pub fn is_taken(&self) -> Result<bool, StateError> {
        super::lock::is_taken(self).map_err(StateError::io("look at the lock of", &self.path))
    }

    /// Keeps the plan, on the disk before it returns, whole or not at all. Gives the SHA-256 of its bytes, lower-case
    /// hex, for the first record.
    ///
    /// # Errors
    /// A [`StateError`] that names the file.
    pub fn write_plan(&self, plan: &Plan) -> Result<String, StateError> {
        let path = self.plan_path();
        let bytes = plan_bytes(plan).map_err(StateError::io("write", &path))?;
        self.replace("plan.json", &bytes)?;
        Ok(crate::digest::sha256(&bytes))
    }

    /// The plan, and the SHA-256 of its bytes. Whether it is the one that the first record names is the caller's to
    /// compare.
    ///
    /// # Errors
    /// A [`StateError`] if it is not there, others could change it, or it is not a plan.
    pub fn read_plan(&self) -> Result<(Plan, String), StateError> {
        let path = self.plan_path();
        let fail = || StateError::io("read", &path);
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(fail())?;
        check_file(&path, &file.metadata().map_err(fail())?, self.access)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail())?;
        let plan =
            serde_json::from_slice(&bytes).map_err(|e| StateError::Plan { path: path.clone(), why: e.to_string() })?;
        Ok((plan, crate::digest::sha256(&bytes)))
    }

    /// Makes an empty file among what steps printed, as open as its directory whatever the umask: another program writes
    /// to it.
    ///
    /// # Errors
    /// A [`StateError`] that names the file; also if it is there already.
    pub fn make_output(&self, name: &str) -> Result<PathBuf, StateError> {
        let path = self.out_path().join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|file| self.access.seal(&file)).map_err(StateError::io("make", &path))?;
        Ok(path)
    }

    /// Keeps what somebody copied from a screen, for terminals that take no copies; everybody of the run replaces the same
    /// file.
    ///
    /// # Errors
    /// A [`StateError`] that names the file.
    pub fn keep_copied(&self, text: &str) -> Result<PathBuf, StateError> {
        self.replace(COPIED, text.as_bytes())?;
        Ok(self.path.join(COPIED))
    }

    /// Puts a file in place in one step: as open as its directory whatever the umask, synced with its directory.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let (path, new) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let fail = || StateError::io("write", &new);
        // Left by an engine that died in between.
        match std::fs::remove_file(&new) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StateError::io("remove", &new)(e)),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(fail())?;
        self.access.seal(&file).map_err(fail())?;
        file.write_all(bytes).map_err(fail())?;
        file.sync_all().map_err(StateError::io("sync", &new))?;
        std::fs::rename(&new, &path).map_err(StateError::io("put in place", &path))?;
        sync_dir(&self.path)
    }
}

/// One line of JSON, so that `cat` leaves the prompt where it belongs.
fn plan_bytes(plan: &Plan) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(plan)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn sync_dir(path: &Path) -> Result<(), StateError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(StateError::io("sync the directory", path))
}
