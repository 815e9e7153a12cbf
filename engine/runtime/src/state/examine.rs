//! Looking whether a state directory will do, before a run needs it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::time::{Duration, Instant};

use super::{RunId, StateDir, StateError};

/// What was seen of a state directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined {
    /// Bytes that are free for this user.
    pub free: u64,
    /// How long it took to bring a few bytes to the disk, as before every change of a host.
    pub sync: Duration,
    /// Permission bits of the directory.
    pub mode: u32,
}

impl StateDir {
    /// Writes a few bytes, brings them to the disk and removes them.
    ///
    /// # Errors
    /// A [`StateError`] that names what could not be done.
    pub fn examine(&self) -> Result<Examined, StateError> {
        let dir = self.path();
        let stat = rustix::fs::statvfs(dir).map_err(|e| StateError::io("ask for free room in", dir)(e.into()))?;
        let mode = dir.metadata().map_err(StateError::io("look at", dir))?.mode() & 0o7777;
        let path = dir.join(format!("examine-{}", RunId::random()));
        let began = Instant::now();
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(|mut file| {
            file.write_all(b"banister\n")?;
            file.sync_all()
        });
        let sync = began.elapsed();
        let removed = std::fs::remove_file(&path);
        written.map_err(StateError::io("write and sync", &path))?;
        removed.map_err(StateError::io("remove", &path))?;
        Ok(Examined { free: stat.f_bavail.saturating_mul(stat.f_frsize), sync, mode })
    }
}
