//! How open a directory of runs and what lies in it is: to its owner alone, or to one group as well.
//!
//! The directory itself says it: one that its group may write to and that hands its group on (setgid) was prepared by
//! somebody who wants it shared (`install -d -m 2770 -g GROUP DIR`). What is made in it is as open as it is, never more.
//! Modes are set, whatever the umask. There is no third way: nothing is ever open to everybody.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Who can use a directory and the files in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Its owner.
    Private,
    /// Its owner, and the group of this number.
    Group(u32),
}

impl Access {
    /// What a directory says of itself.
    pub(crate) fn of(dir: &Metadata) -> Self {
        const SHARED: u32 = 0o2070;
        if dir.mode() & SHARED == SHARED { Self::Group(dir.gid()) } else { Self::Private }
    }

    /// What the directory says in which a file lies, or shall.
    pub(crate) fn beside(file: &Path) -> io::Result<Self> {
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Self::of(&dir.metadata()?))
    }

    /// The mode of a directory.
    pub(crate) const fn dir_mode(self) -> u32 {
        match self {
            Self::Private => 0o700,
            Self::Group(_) => 0o2770,
        }
    }

    /// The mode of a file.
    pub(crate) const fn file_mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Group(_) => 0o660,
        }
    }

    /// Whether a file of this mode is open to others than it should be.
    pub(crate) const fn is_exposed(self, mode: u32) -> bool {
        mode & match self {
            Self::Private => 0o077,
            Self::Group(_) => 0o007,
        } != 0
    }

    /// Gives a new file its mode. One that somebody else made has it already, and is theirs to change.
    pub(crate) fn seal(self, file: &File) -> io::Result<()> {
        if file.metadata()?.mode() & 0o7777 == self.file_mode() {
            return Ok(());
        }
        file.set_permissions(Permissions::from_mode(self.file_mode()))
    }
}
