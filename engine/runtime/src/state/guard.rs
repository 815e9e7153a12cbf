//! Makes directories that only their owner can use, and refuses those that others could.

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::StateError;

/// Makes a directory 0700 whatever the umask, or looks whether the one that is there can be used.
pub(super) fn private_dir(path: &Path) -> Result<(), StateError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => std::fs::set_permissions(path, Permissions::from_mode(0o700))
            .map_err(StateError::io("set the mode of", path)),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => check_dir(path),
        Err(e) => Err(StateError::io("make the directory", path)(e)),
    }
}

/// A directory, not a link, ours, and nobody else can write to it.
pub(super) fn check_dir(path: &Path) -> Result<(), StateError> {
    let metadata = std::fs::symlink_metadata(path).map_err(StateError::io("look at", path))?;
    let unfit = |why: String, remedy: String| Err(StateError::Unfit { path: path.to_owned(), why, remedy });
    let place = path.display();
    if metadata.file_type().is_symlink() {
        return unfit("is a symbolic link".into(), "give the directory it leads to, if that is meant".into());
    }
    if !metadata.is_dir() {
        return unfit("is not a directory".into(), "move it away, or give another --state-dir".into());
    }
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us {
        let why = format!("belongs to user {}, not to you (user {us})", metadata.uid());
        return unfit(why, "give a --state-dir of your own".into());
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        let why = format!("has mode {mode:04o}: others can write to it");
        return unfit(why, format!("look what they put there, then: chmod 700 {place}"));
    }
    Ok(())
}

/// A file that only its owner can read and write.
pub(super) fn check_file(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let why = format!("has mode {mode:04o}: others can read or change it");
    Err(StateError::Unfit {
        path: path.to_owned(),
        why,
        remedy: format!("look who did that, then: chmod 600 {}", path.display()),
    })
}
