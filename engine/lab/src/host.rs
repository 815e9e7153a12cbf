//! One host, and everything that can be done to it.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::inner::Inner;
use crate::{LabError, serve};

/// How a host is reached.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    /// By the process that owns the lab.
    Owner(Arc<Inner>),
    /// By another, over the owner's socket.
    Remote(PathBuf),
}

/// One host of a lab. What it can do is the same in the process that owns the lab and inside `ops`.
#[derive(Debug, Clone)]
pub struct LabHost {
    name: String,
    address: Ipv4Addr,
    link: Link,
}

/// One of a host's sshd processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshdProcess {
    /// Its pid, as the host counts.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// What it calls itself: `sshd: root@notty`, say, or for the one that listens `sshd: … [listener] …`.
    pub title: String,
}

impl SshdProcess {
    /// Whether it is the one that takes new connections.
    #[must_use]
    pub fn is_listener(&self) -> bool {
        self.title.contains("[listener]")
    }
}

/// A file that fills a small file system.
const BALLAST: &str = ".lab-ballast";

/// sshd runs this for every session before the command, whatever the account's shell, and waits for it.
const RC: &str = "/etc/ssh/sshrc";

impl LabHost {
    pub(crate) fn new(name: String, address: Ipv4Addr, link: Link) -> Self {
        Self { name, address, link }
    }

    /// Its name, which is its host name too.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address; sshd listens at port 22.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Runs a script of `sh` as root in the host, not over ssh, and waits for it. Nothing is on its standard input.
    ///
    /// # Errors
    /// If it could not be run at all. A script that fails is an output like another.
    pub fn exec(&self, script: &str) -> io::Result<Output> {
        match &self.link {
            Link::Owner(inner) => exec(inner, &self.name, script).map_err(io::Error::other)?,
            Link::Remote(socket) => serve::output(serve::ask(socket, &["exec", &self.name, script])?),
        }
    }

    /// Runs a script that must not fail, and gives its standard output without the newline at its end.
    ///
    /// # Errors
    /// A [`LabError`] with what it said, if it could not be run or failed.
    pub fn sh(&self, script: &str) -> Result<String, LabError> {
        let output = self.exec(script).map_err(LabError::io(format!("run a script in {}", self.name)))?;
        let stdout = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
        if output.status.success() {
            return Ok(stdout);
        }
        let log = format!("{}: {}{stdout}", output.status, String::from_utf8_lossy(&output.stderr));
        Err(LabError::Failed { what: format!("run `{script}` in {}", self.name), log })
    }

    fn act(&self, words: &[&str]) -> Result<(), LabError> {
        match &self.link {
            Link::Owner(inner) => act(inner, &self.name, words),
            Link::Remote(socket) => {
                let request: Vec<&str> = [self.name.as_str()].into_iter().chain(words.iter().copied()).collect();
                let what = format!("{} {}", self.name, words.join(" "));
                serve::ask(socket, &request).map(drop).map_err(LabError::io(what))
            }
        }
    }

    /// Takes its network away: packets vanish both ways, nothing is reset, nobody is told.
    ///
    /// # Errors
    /// A [`LabError`] if the lab is down.
    pub fn cut(&self) -> Result<(), LabError> {
        self.act(&["cut"])
    }

    /// Gives its network back.
    ///
    /// # Errors
    /// A [`LabError`] if the lab is down.
    pub fn mend(&self) -> Result<(), LabError> {
        self.act(&["mend"])
    }

    /// Kills every process in it and starts it again, with another boot id, an empty `/run` and its network; sshd answers
    /// when this returns. Its files stay.
    ///
    /// # Errors
    /// A [`LabError`] if it did not come back.
    pub fn reboot(&self) -> Result<(), LabError> {
        self.act(&["reboot"])
    }

    /// Makes it come back as another machine: nothing of its files, another machine id, another boot id, the same name,
    /// address and ssh host key.
    ///
    /// # Errors
    /// A [`LabError`] if it did not come back.
    pub fn replace(&self) -> Result<(), LabError> {
        self.act(&["replace"])
    }

    /// The same with another ssh host key, which nobody has been told about.
    ///
    /// # Errors
    /// A [`LabError`] if it did not come back.
    pub fn replace_with_new_key(&self) -> Result<(), LabError> {
        self.act(&["replace", "key"])
    }

    /// Fills the small file system of a directory of the spec, to the last byte.
    ///
    /// # Errors
    /// A [`LabError`] if the directory has none, since this would fill the machine's memory.
    pub fn fill(&self, dir: impl AsRef<Path>) -> Result<(), LabError> {
        let dir = quoted(dir.as_ref());
        // A mount point of tmpfs, or nothing is written. That `cat` fails at the end is what is wanted.
        self.sh(&format!(
            "while read -r _ at kind _; do [ \"$at\" != {dir} ] || [ \"$kind\" != tmpfs ] || found=1; done </proc/mounts\n\
             [ \"${{found-}}\" ] || {{ echo {dir} is no small file system >&2; exit 1; }}\n\
             ! cat /dev/zero >{dir}/{BALLAST} 2>/dev/null"
        ))
        .map(drop)
    }

    /// Removes what [`LabHost::fill`] wrote.
    ///
    /// # Errors
    /// A [`LabError`] if that was not possible.
    pub fn free(&self, dir: impl AsRef<Path>) -> Result<(), LabError> {
        self.sh(&format!("rm -f {}/{BALLAST}", quoted(dir.as_ref()))).map(drop)
    }

    /// Makes every command over ssh wait before it starts, whatever the account and its shell; `None` ends that. Rounded
    /// to milliseconds.
    ///
    /// # Errors
    /// A [`LabError`] if that could not be written.
    pub fn slow_login(&self, sleep: Option<Duration>) -> Result<(), LabError> {
        let script = match sleep {
            Some(sleep) => {
                let (seconds, millis) = (sleep.as_secs(), sleep.subsec_millis());
                format!("echo 'sleep {seconds}.{millis:03}' >{RC}.new && mv {RC}.new {RC}")
            }
            None => format!("rm -f {RC}"),
        };
        self.sh(&script).map(drop)
    }

    /// Makes only the next command over ssh wait before it starts.
    ///
    /// # Errors
    /// A [`LabError`] if that could not be written.
    pub fn slow_next_login(&self, sleep: Duration) -> Result<(), LabError> {
        let (seconds, millis) = (sleep.as_secs(), sleep.subsec_millis());
        // The directory is everybody's, since this runs as the account that logs in; of two, one gets it.
        self.sh(&format!(
            "mkdir -p -m 777 /run/lab/slow && : >/run/lab/slow/next && \
             echo 'rm /run/lab/slow/next 2>/dev/null && sleep {seconds}.{millis:03}' >{RC}.new && mv {RC}.new {RC}"
        ))
        .map(drop)
    }

    /// Its sshd processes: the one that listens, and those of each connection.
    ///
    /// # Errors
    /// A [`LabError`] if it could not be asked.
    pub fn sshd_pids(&self) -> Result<Vec<SshdProcess>, LabError> {
        let text = self.sh("for dir in /proc/[0-9]*; do { read -r name <$dir/comm; } 2>/dev/null || continue\n\
             case $name in sshd*) ;; *) continue ;; esac\n\
             { read -r stat <$dir/stat; } 2>/dev/null || continue; set -- ${stat##*) }\n\
             echo \"${dir#/proc/} $2 $(tr '\\0' ' ' <$dir/cmdline)\"; done")?;
        let process = |line: &str| {
            let (pid, rest) = line.split_once(' ')?;
            let (parent, title) = rest.split_once(' ')?;
            Some(SshdProcess { pid: pid.parse().ok()?, parent: parent.parse().ok()?, title: title.trim().to_owned() })
        };
        Ok(text.lines().filter_map(process).collect())
    }
}

/// Does to a host what one request says.
pub(crate) fn act(inner: &Inner, host: &str, words: &[&str]) -> Result<(), LabError> {
    inner.machine(host)?;
    match words {
        ["cut"] => inner.request(&["link", host, "down"]).map(drop),
        ["mend"] => inner.request(&["link", host, "up"]).map(drop),
        ["reboot"] => inner.restart(host, &[]),
        ["replace"] => inner.restart(host, &[&["fresh", host]]),
        ["replace", "key"] => inner.restart(host, &[&["fresh", host], &["key", host]]),
        _ => Err(LabError::Spec(format!("a lab host cannot `{}`", words.join(" ")))),
    }
}

/// Runs a script in a host.
pub(crate) fn exec(inner: &Inner, host: &str, script: &str) -> Result<io::Result<Output>, LabError> {
    let mut command = inner.command(host, "sh")?;
    Ok(command.args(["-c", script]).stdin(Stdio::null()).output())
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    word(&path.to_string_lossy())
}

fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What `script` is told so that a command has a terminal of the host's own, joined to the caller's.
///
/// The caller's own terminal is not enough: seen from inside, its foreground belongs to nobody, so a program that asks
/// whether it is in the foreground before it asks a person would not ask.
pub(crate) fn on_terminal(command: &[&str]) -> [String; 5] {
    let line: Vec<String> = command.iter().copied().map(word).collect();
    let line = format!("exec {}", line.join(" "));
    ["--quiet".to_owned(), "--return".to_owned(), "--command".to_owned(), line, "/dev/null".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
