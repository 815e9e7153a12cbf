//! Files of known hosts: what stands in them about a host, and putting another key in.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::file;
use super::{HostKey, HostsError};

/// One key that is known for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The key.
    pub key: HostKey,
    /// Where it stands.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is known as one that must not be used (`@revoked`).
    pub revoked: bool,
}

/// What a file says about a name. `ssh-keygen` reads it, because names in it may be hashed.
pub(super) fn known(path: &Path, name: &str) -> Result<Vec<Known>, HostsError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let output = Command::new("ssh-keygen")
        .args(["-F", name, "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| HostsError::Program { program: "ssh-keygen", source })?;
    // It ends with 1 where there is nothing.
    Ok(found(&String::from_utf8_lossy(&output.stdout), path))
}

/// Reads `# Host NAME found: line N` and the line below each.
fn found(text: &str, path: &Path) -> Vec<Known> {
    let mut found = Vec::new();
    let mut number = None;
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# Host ") {
            let rest = comment.rsplit_once("found: line ").map(|(_, rest)| rest);
            number = rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        } else if let (Some((marker, _, key)), Some(line)) = (entry(line), number) {
            // A certificate authority vouches for hosts; it is no host's key.
            if marker != Some("@cert-authority") {
                found.push(Known { key, file: path.to_owned(), line, revoked: marker == Some("@revoked") });
            }
        }
    }
    found
}

/// Marker, names and key of a line.
pub(super) fn entry(line: &str) -> Option<(Option<&str>, &str, HostKey)> {
    let mut words = line.split_whitespace().peekable();
    let marker = words.next_if(|word| word.starts_with('@'));
    let names = words.next().filter(|names| !names.starts_with('#'))?;
    Some((marker, names, HostKey::parse(words.next()?, words.next()?)?))
}

/// The text without some lines (from 1) and with one more at its end.
fn rewritten(text: &[u8], without: &[usize], line: &str) -> Vec<u8> {
    let mut new: Vec<u8> = Vec::with_capacity(text.len() + line.len() + 2);
    for (index, old) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if !without.contains(&(index + 1)) {
            new.extend_from_slice(old);
        }
    }
    if new.last().is_some_and(|byte| *byte != b'\n') {
        new.push(b'\n');
    }
    new.extend_from_slice(line.as_bytes());
    new.push(b'\n');
    new
}

/// Puts a line into a file of known hosts in place of others, whole or not at all. Where lines go, the file as it was is
/// kept beside it under the name `ssh-keygen -R` takes, `NAME.old`.
pub(super) fn replace(path: &Path, without: &[usize], line: &str) -> Result<(), HostsError> {
    // A link is followed: what it leads to is replaced, and it stays a link.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(dir) = path.parent().filter(|dir| !dir.exists()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(file("make the directory", dir))?;
    }
    let (old, mode) = match fs::read(path) {
        Ok(old) => (old, fs::metadata(path).map_err(file("look at", path))?.permissions().mode() & 0o777),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), 0o600),
        Err(error) => return Err(file("read", path)(error)),
    };
    if !without.is_empty() {
        let kept = beside(path, ".old");
        write_new(&kept, &old, mode)?;
    }
    write_new(path, &rewritten(&old, without, line), mode)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), HostsError> {
    let new = beside(path, &format!(".{}", uuid::Uuid::new_v4().simple()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| {
        // What is half written must not stay; that it is gone already is as good.
        let _ = fs::remove_file(&new);
        file("write", path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9n2ZqhNMcVyxEjm6yGzIcWrqzZ1ySxE6pRyf1ZzzT";

    #[test]
    fn lines_are_replaced_and_the_rest_stays_as_it_is() {
        let text = b"# mine\na x\nb y\r\n\nc z";
        let new = |without: &[usize]| String::from_utf8(rewritten(text, without, "new")).unwrap();
        assert_eq!(new(&[]), "# mine\na x\nb y\r\n\nc z\nnew\n");
        assert_eq!(new(&[2, 5]), "# mine\nb y\r\n\nnew\n");
        assert_eq!(rewritten(b"", &[], "new"), b"new\n");
    }

    #[test]
    fn the_file_is_replaced_whole_and_the_old_one_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        replace(&path, &[], "a 1").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
        replace(&dir.path().join("link"), &[1], "a 2").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a 2\n");
        assert_eq!(fs::read_to_string(dir.path().join("known_hosts.old")).unwrap(), "a 1\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["known_hosts", "known_hosts.old", "link"]);
    }

    #[test]
    fn what_ssh_keygen_finds_is_read() {
        let text = format!(
            "# Host web-1 found: line 3 \nweb-1,192.0.2.1 {KEY}\n# Host web-1 found: line 7 REVOKED\n@revoked * {KEY}\n# Host \
             web-1 found: line 9 CA\n@cert-authority *.x {KEY}\n"
        );
        let found = found(&text, Path::new("/k"));
        let lines: Vec<_> = found.iter().map(|known| (known.line, known.revoked)).collect();
        assert_eq!(lines, [(3, false), (7, true)]);
        assert_eq!(found[0].key.kind(), "ED25519");
    }
}
