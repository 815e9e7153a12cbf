//! Starting processes inside a host.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;

/// Where programs are looked for, in hosts and for the lab's own scripts.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What root in a host may not do, because it would be done to the machine; init.sh's processes lack the same.
const BOUNDS: &str = "--bounding-set=-mknod,-sys_boot,-sys_module,-sys_rawio,-sys_time,-syslog";

/// The namespaces, and what `nsenter` calls each.
const SPACES: [(&str, &str); 5] =
    [("mnt", "--mount"), ("uts", "--uts"), ("ipc", "--ipc"), ("net", "--net"), ("pid", "--pid")];

/// A way into a host, held open.
///
/// The way not taken: a pid alone. A host's init can die, its pid can be somebody else's a moment later, and what was
/// meant to break a host would then be done to the machine. A namespace that is held open is that one for ever: once it
/// is dead, nothing can be started in it.
#[derive(Debug)]
pub(crate) struct Entry {
    pid: u32,
    spaces: Vec<(&'static str, File)>,
}

impl Entry {
    /// Opens the namespaces of a process, which must not be our own.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let mut spaces = Vec::with_capacity(SPACES.len());
        for (name, option) in SPACES {
            let file = File::open(format!("/proc/{pid}/ns/{name}"))?;
            if file.metadata()?.ino() == std::fs::metadata(format!("/proc/self/ns/{name}"))?.ino() {
                return Err(io::Error::other(format!("process {pid} has left its lab host")));
            }
            spaces.push((option, file));
        }
        Ok(Self { pid, spaces })
    }

    /// Where its root is seen from outside, to make something there. Right only while the host is up.
    pub(crate) fn root(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.pid))
    }

    /// Where another process finds one of the namespaces as long as this one lives: `net`, say.
    pub(crate) fn space(&self, name: &str) -> Option<String> {
        let (_, option) = SPACES.iter().find(|(known, _)| *known == name)?;
        self.spaces.iter().find(|(known, _)| known == option).map(|(_, file)| held(file))
    }

    /// A process inside: all namespaces and the root, in `/`, with an environment that says nothing of the machine. It
    /// is killed when the process in between is, which is the one that the caller sees. What a terminal sends (Ctrl-C)
    /// is for the process inside alone: the one in between ignores it, and ends with status 1 if that one dies of it.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("env");
        command.args(["--ignore-signal=INT,QUIT,HUP", "nsenter"]);
        for (option, file) in &self.spaces {
            command.arg(format!("{option}={}", held(file)));
        }
        command.args(["--", "env", "--default-signal=INT,QUIT,HUP"]);
        command.args(["setpriv", "--pdeathsig=KILL", BOUNDS, "--"]).arg(program);
        command.env_clear().envs([("PATH", PATH), ("HOME", "/root"), ("USER", "root"), ("LOGNAME", "root")]);
        command.env("SHELL", "/bin/bash");
        for name in ["TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }
}

/// The path of an open file for other processes, which do not inherit it.
fn held(file: &File) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
}
