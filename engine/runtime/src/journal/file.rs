//! The few things a journal asks of a disk, so that each can be made to fail in a test.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, OFlags};

use super::JournalError;
use crate::access::Access;

/// What stands at the journal's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The file that is being written, with this many bytes.
    Ours(u64),
    /// Another file.
    Another,
    /// Nothing.
    Gone,
}

/// An append-only file. One call is one system call; none is repeated.
pub trait JournalFile {
    /// Appends some of the bytes, and says how many.
    ///
    /// # Errors
    /// The system's.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Brings everything written to the disk.
    ///
    /// # Errors
    /// The system's. After one, nothing that was written can be relied on.
    fn sync(&mut self) -> io::Result<()>;

    /// Looks what stands at the path.
    ///
    /// # Errors
    /// The system's.
    fn place(&mut self) -> io::Result<Place>;

    /// Gives the reserved room back to the file system; `false`: it is given back already.
    ///
    /// # Errors
    /// The system's.
    fn free_ballast(&mut self) -> io::Result<bool>;
}

/// How much room a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that must be free before an engine starts.
    pub min_free: u64,
    /// Bytes reserved for the records of a drain.
    pub ballast: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { min_free: 64 << 20, ballast: 1 << 20 }
    }
}

/// A journal on a disk.
#[derive(Debug)]
pub struct DiskFile {
    file: File,
    path: PathBuf,
    ballast: Option<PathBuf>,
}

impl DiskFile {
    /// Makes the file; there must be none.
    ///
    /// # Errors
    /// A [`JournalError`] that names the path; then nothing was started.
    pub fn create(path: &Path, limits: Limits) -> Result<Self, JournalError> {
        enough_room(path, limits)?;
        let file = options().create_new(true).mode(0o600).open(path).map_err(prepare("create the journal", path))?;
        // Whatever the umask took away, the owner needs, and whoever shares the directory.
        let access = Access::beside(path).map_err(prepare("look at the directory of", path))?;
        access.seal(&file).map_err(prepare("set the mode of", path))?;
        Self::ready(file, path, limits)
    }

    /// Opens the file for more.
    ///
    /// # Errors
    /// A [`JournalError`] that names the path; then nothing was started.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, JournalError> {
        enough_room(path, limits)?;
        let file = options().open(path).map_err(prepare("open the journal", path))?;
        let mode = file.metadata().map_err(prepare("look at", path))?.mode() & 0o7777;
        let access = Access::beside(path).map_err(prepare("look at the directory of", path))?;
        if access.is_exposed(mode) {
            return Err(JournalError::Exposed { path: path.to_owned(), mode, right: access.file_mode() });
        }
        Self::ready(file, path, limits)
    }

    fn ready(file: File, path: &Path, limits: Limits) -> Result<Self, JournalError> {
        let ballast = path.with_file_name("ballast");
        reserve(&ballast, limits.ballast).map_err(prepare("reserve room in", &ballast))?;
        let ready = Self { file, path: path.to_owned(), ballast: Some(ballast) };
        File::open(dir_of(path)).and_then(|dir| dir.sync_all()).map_err(prepare("sync the directory of", path))?;
        Ok(ready)
    }
}

impl Drop for DiskFile {
    fn drop(&mut self) {
        // Left behind it costs room and nothing else; the next engine takes it over.
        let _ = self.free_ballast();
    }
}

impl JournalFile for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn place(&mut self) -> io::Result<Place> {
        let at_path = match std::fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Place::Gone),
            Err(e) => return Err(e),
        };
        let ours = self.file.metadata()?;
        let same = (at_path.dev(), at_path.ino()) == (ours.dev(), ours.ino());
        Ok(if same { Place::Ours(ours.len()) } else { Place::Another })
    }

    fn free_ballast(&mut self) -> io::Result<bool> {
        match self.ballast.take() {
            Some(path) => std::fs::remove_file(path).map(|()| true),
            None => Ok(false),
        }
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

fn prepare(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Prepare { what, path, source }
}

fn dir_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn enough_room(path: &Path, limits: Limits) -> Result<(), JournalError> {
    let dir = dir_of(path);
    let stat = rustix::fs::statvfs(dir).map_err(|e| prepare("ask for free room in", dir)(e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < limits.min_free {
        let (free_mib, needed_mib) = (free >> 20, limits.min_free >> 20);
        return Err(JournalError::NoRoom { path: dir.to_owned(), free_mib, needed_mib });
    }
    Ok(())
}

/// Takes room that can be given back. Where a file system cannot promise it, zeros are written.
fn reserve(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    Access::beside(path)?.seal(&file)?;
    match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes.max(1)) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
            file.flush()
        }
        other => other.map_err(io::Error::from),
    }
}
