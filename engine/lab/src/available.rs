//! Whether lab hosts can be made here.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::enter;

/// Why lab hosts cannot be made here. The text says it to a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// Namespaces are Linux's.
    #[error("lab hosts need Linux; this is {0}")]
    NotLinux(&'static str),
    /// Mounts and networks of one's own are root's to make.
    #[error("lab hosts need root: they have mounts and networks of their own")]
    NotRoot,
    /// A program is missing that cannot come from the base layer, because it is needed to make one.
    #[error("lab hosts need the program `{0}`, which this machine lacks")]
    NoProgram(&'static str),
    /// What hosts need is installed with apt.
    #[error("lab hosts need `apt-get` for their base layer, and this machine has none: it is not Debian or Ubuntu")]
    NoApt,
    /// A part of the tree that an overlay of `/` would not hold.
    #[error("{0} is a file system of its own, and lab hosts are made over one root file system")]
    Split(PathBuf),
    /// The kernel, or a container around us, says no.
    #[error("the kernel refuses namespaces, an overlay or a bridge here: {0}")]
    Refused(String),
}

const PROGRAMS: [&str; 11] =
    ["bash", "unshare", "nsenter", "setpriv", "mount", "umount", "chroot", "mknod", "pivot_root", "tar", "find"];

/// Says whether lab hosts can be made here. Changes nothing, and takes some milliseconds.
///
/// # Errors
/// The first reason why not.
pub fn available() -> Result<(), Unavailable> {
    if !cfg!(target_os = "linux") {
        return Err(Unavailable::NotLinux(std::env::consts::OS));
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Unavailable::NotRoot);
    }
    let lacks = |name: &&str| !enter::PATH.split(':').any(|dir| PathBuf::from(dir).join(name).exists());
    if let Some(name) = PROGRAMS.iter().find(|name| lacks(name)) {
        return Err(Unavailable::NoProgram(name));
    }
    if lacks(&"apt-get") {
        return Err(Unavailable::NoApt);
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    if let Some(path) = split(&mounts) {
        return Err(Unavailable::Split(path));
    }
    try_it()
}

/// The first part of the tree that hosts need and that is mounted apart from `/`.
fn split(mounts: &str) -> Option<PathBuf> {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    points.into_iter().find(|point| ["/usr", "/var", "/etc", "/var/lib"].contains(point)).map(PathBuf::from)
}

/// Asks the kernel by doing it, in namespaces that end with the question.
fn try_it() -> Result<(), Unavailable> {
    let script = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && \
                  mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m && mknod /mnt/m/mnt/n c 1 3";
    let output = Command::new("unshare")
        .args(["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "bash", "-c", script])
        .env("PATH", enter::PATH)
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Unavailable::Refused(said.trim().replace('\n', "; ")))
        }
        Err(error) => Err(Unavailable::Refused(format!("unshare: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_in_pieces_is_seen() {
        let split = |mounts| split(mounts).map(|path| path.display().to_string());
        assert_eq!(split("/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\nx /var/lib/docker ext4 rw 0 0\n"), None);
        assert_eq!(split("/dev/vda / ext4 rw 0 0\n/dev/vdb /var ext4 rw 0 0\n"), Some("/var".into()));
    }
}
