//! What a first record needs, kept before there is a journal.

use banister_core::run::StartInfo;
use serde::{Deserialize, Serialize};

use super::guard::check_file;
use super::{RunDir, StateError};

/// What the first record will say. Kept beside the plan before the journal begins, so that a run whose engine died in
/// between is started by `resume` like any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The plan's hash.
    pub plan_hash: String,
    /// What only the runtime knew.
    pub info: StartInfo,
}

impl RunDir {
    /// Keeps it, on the disk before it returns, whole or not at all.
    ///
    /// # Errors
    /// A [`StateError`] that names the file.
    pub fn write_start(&self, start: &Start) -> Result<(), StateError> {
        let path = self.path().join("start.json");
        let mut bytes = serde_json::to_vec(start).map_err(|e| StateError::io("write", &path)(e.into()))?;
        bytes.push(b'\n');
        self.replace("start.json", &bytes)
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`StateError::NeverBegun`] if it is not there, others if it is not what was written.
    pub fn read_start(&self) -> Result<Start, StateError> {
        let path = self.path().join("start.json");
        let metadata = path.symlink_metadata().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => StateError::NeverBegun(self.id().to_string()),
            _ => StateError::io("look at", &path)(e),
        })?;
        check_file(&path, &metadata, self.access())?;
        let bytes = std::fs::read(&path).map_err(StateError::io("read", &path))?;
        serde_json::from_slice(&bytes).map_err(|e| StateError::Plan { path, why: e.to_string() })
    }
}
