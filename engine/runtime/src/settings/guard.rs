//! Refuses a configuration that somebody else could have written.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Says why a file is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Another account owns it or a directory above it.
    #[error("`{path}` belongs to account number {owner}, who could change it")]
    Owner {
        /// The file or directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Its mode lets others write.
    #[error("`{path}` can be written by others (mode {mode:04o})")]
    Writable {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It could not be looked at.
    #[error("cannot look at `{path}`: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Checks that nobody but this account and root could have written `file`, itself or by way of a directory above it.
///
/// Both the path as given and the one its links lead to are walked: a link in a place of somebody else's is as good as
/// the file. A directory with the sticky bit (`/tmp`) may be writable, since others cannot replace what is ours in it.
pub(super) fn nobody_else_can_write(file: &Path) -> Result<(), GuardError> {
    let real = file.canonicalize().map_err(|source| GuardError::Io { path: file.to_owned(), source })?;
    let us = rustix::process::geteuid().as_raw();
    let given = std::path::absolute(file).map_err(|source| GuardError::Io { path: file.to_owned(), source })?;
    for path in real.ancestors().chain(given.ancestors().skip(1)) {
        let meta = path.metadata().map_err(|source| GuardError::Io { path: path.to_owned(), source })?;
        if meta.uid() != us && meta.uid() != 0 {
            return Err(GuardError::Owner { path: path.to_owned(), owner: meta.uid() });
        }
        let mode = meta.mode() & 0o7777;
        let sticky_directory = meta.is_dir() && mode & 0o1000 != 0;
        if mode & 0o022 != 0 && !sticky_directory {
            return Err(GuardError::Writable { path: path.to_owned(), mode });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn private() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).expect("its mode");
        dir
    }

    fn write(path: &Path, mode: u32) {
        fs::write(path, "{}").expect("a file");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
    }

    #[test]
    fn ours_alone_is_trusted() {
        let dir = private();
        let file = dir.path().join("config.yaml");
        write(&file, 0o644);
        nobody_else_can_write(&file).expect("trusted");
    }

    #[test]
    fn a_file_that_others_can_write_is_not() {
        let dir = private();
        let file = dir.path().join("config.yaml");
        for mode in [0o664, 0o646] {
            write(&file, mode);
            assert!(matches!(nobody_else_can_write(&file), Err(GuardError::Writable { .. })), "{mode:o}");
        }
    }

    #[test]
    fn nor_is_one_in_a_directory_that_others_can_write() {
        let dir = private();
        let open = dir.path().join("open");
        fs::create_dir(&open).expect("a directory");
        let file = open.join("config.yaml");
        write(&file, 0o600);
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("its mode");
        let error = nobody_else_can_write(&file).expect_err("refused");
        assert!(error.to_string().contains("/open` can be written by others (mode 0777)"), "{error}");
    }

    #[test]
    fn nor_one_that_is_reached_by_a_link_in_such_a_directory() {
        let dir = private();
        let file = dir.path().join("config.yaml");
        write(&file, 0o600);
        let open = dir.path().join("open");
        fs::create_dir(&open).expect("a directory");
        symlink(&file, open.join("link.yaml")).expect("a link");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("its mode");
        nobody_else_can_write(&open.join("link.yaml")).expect_err("refused");
    }
}
