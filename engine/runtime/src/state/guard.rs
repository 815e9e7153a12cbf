//! Makes directories that only their owner can use, or one group; refuses those that others could.

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::StateError;
use crate::access::Access;
use crate::accounts;

/// Opens the state directory itself: makes it private, or finds out how the one that is there may be used.
pub(super) fn open_root(path: &Path) -> Result<Access, StateError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            seal(path, Access::Private)?;
            Ok(Access::Private)
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => check_root(path),
        Err(e) => Err(StateError::io("make the directory", path)(e)),
    }
}

/// Makes a directory as open as the one it lies in, whatever the umask, or looks whether the one that is there can be used.
pub(super) fn make_dir(path: &Path, access: Access) -> Result<(), StateError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => seal(path, access),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => check_dir(path, access),
        Err(e) => Err(StateError::io("make the directory", path)(e)),
    }
}

pub(super) fn seal(path: &Path, access: Access) -> Result<(), StateError> {
    if let Access::Group(group) = access {
        // The directory above hands its group on; a file system that does not is told.
        let gid = path.symlink_metadata().map_err(StateError::io("look at", path))?.gid();
        if gid != group {
            std::os::unix::fs::chown(path, None, Some(group)).map_err(StateError::io("set the group of", path))?;
        }
    }
    std::fs::set_permissions(path, Permissions::from_mode(access.dir_mode()))
        .map_err(StateError::io("set the mode of", path))
}

fn unfit<T>(path: &Path, why: String, remedy: String) -> Result<T, StateError> {
    Err(StateError::Unfit { path: path.to_owned(), why, remedy })
}

/// A directory and not a link.
fn look(path: &Path) -> Result<Metadata, StateError> {
    let metadata = std::fs::symlink_metadata(path).map_err(StateError::io("look at", path))?;
    if metadata.file_type().is_symlink() {
        return unfit(path, "is a symbolic link".into(), "give the directory it leads to, if that is meant".into());
    }
    if !metadata.is_dir() {
        return unfit(path, "is not a directory".into(), "move it away, or give another --state-dir".into());
    }
    Ok(metadata)
}

fn check_root(path: &Path) -> Result<Access, StateError> {
    let metadata = look(path)?;
    let access = Access::of(&metadata);
    let Access::Group(group) = access else {
        check_private(path, &metadata)?;
        return Ok(access);
    };
    check_shared(path, &metadata, group)?;
    let is_ours = rustix::process::geteuid().is_root()
        || rustix::process::getegid().as_raw() == group
        || rustix::process::getgroups().is_ok_and(|groups| groups.iter().any(|gid| gid.as_raw() == group));
    if !is_ours {
        let why = format!("is shared with group {}, and you are not in it", name_of(group));
        return unfit(path, why, "let its administrator add you and log in again, or give another --state-dir".into());
    }
    Ok(access)
}

/// As open as the state directory it lies in, and no more.
pub(super) fn check_dir(path: &Path, access: Access) -> Result<(), StateError> {
    let metadata = look(path)?;
    match access {
        Access::Private => check_private(path, &metadata),
        Access::Group(group) => check_shared(path, &metadata, group),
    }
}

/// Ours, and nobody else can write to it.
fn check_private(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us {
        let why = format!("belongs to user {}, not to you (user {us})", metadata.uid());
        return unfit(path, why, "give a --state-dir of your own".into());
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        let why = format!("has mode {mode:04o}: others can write to it");
        return unfit(path, why, format!("look what they put there, then: chmod 700 {}", path.display()));
    }
    Ok(())
}

/// The group's, and nobody else can do anything with it. Whose it is within the group does not matter: its members are
/// trusted with what is in it.
fn check_shared(path: &Path, metadata: &Metadata, group: u32) -> Result<(), StateError> {
    let (mode, place, name) = (metadata.mode() & 0o7777, path.display(), name_of(group));
    if mode & 0o007 != 0 {
        let why = format!("has mode {mode:04o}: it is shared with group {name}, and open to everybody else as well");
        return unfit(path, why, format!("look what they did there, then: chmod o= {place}"));
    }
    if Access::of(metadata) != Access::Group(group) {
        let why = format!("has mode {mode:04o} and is not shared with group {name} as the directory above it is");
        return unfit(path, why, format!("look who did that, then: chgrp {name} {place} && chmod 2770 {place}"));
    }
    Ok(())
}

fn name_of(group: u32) -> String {
    let entry = accounts::lookup("group", group);
    entry.and_then(|entry| entry.split(':').next().map(str::to_owned)).unwrap_or_else(|| group.to_string())
}

/// A file that only its owner can read and write, or in a shared directory its group.
pub(super) fn check_file(path: &Path, metadata: &Metadata, access: Access) -> Result<(), StateError> {
    let mode = metadata.mode() & 0o7777;
    if access.is_exposed(mode) {
        let why = format!("has mode {mode:04o}: others can read or change it");
        let remedy = format!("look who did that, then: chmod {:o} {}", access.file_mode(), path.display());
        return unfit(path, why, remedy);
    }
    match access {
        Access::Group(group) if metadata.gid() != group && mode & 0o070 != 0 => {
            let why = format!("belongs to another group than {}: others can read or change it", name_of(group));
            unfit(path, why, format!("look who did that, then: chgrp {} {}", name_of(group), path.display()))
        }
        _ => Ok(()),
    }
}
