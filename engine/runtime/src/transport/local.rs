//! This machine.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{BoxFuture, Channel, Taker, Transport, TransportError};
use crate::ledger::ShellText;

/// Runs the wrapper by a shell of this machine.
#[derive(Debug, Clone)]
pub struct LocalTransport {
    shell: Vec<OsString>,
}

/// What of the engine's environment a step may see: what a login would give it. The rest could hold secrets
/// (`-p token=env:NAME`), and would make a step work here and fail over ssh.
const PASSED_ON: [&str; 8] = ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "TZ", "TMPDIR"];

impl Default for LocalTransport {
    fn default() -> Self {
        Self::with_shell(["sh"])
    }
}

impl LocalTransport {
    /// A transport through another shell than `sh`; for tests of the wrapper.
    #[must_use]
    pub fn with_shell(words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { shell: words.into_iter().map(Into::into).collect() }
    }

    async fn start(&self, script: &ShellText) -> io::Result<Channel> {
        let environment = std::env::vars_os()
            .filter(|(name, _)| name.to_str().is_some_and(|n| PASSED_ON.contains(&n) || n.starts_with("LC_")));
        // `setsid` the program, not the call: that would need unsafe code between fork and exec. It costs one exec and
        // no process, since a child is never the leader of its group. By its path: with a name to look for and an
        // environment of its own the standard library forks, which copies the page tables of a large engine.
        let mut child = Command::new(setsid())
            .args(&self.shell)
            .env_clear()
            .envs(environment)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::other("the shell has no pipe");
        let mut stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        // A shell that dies before it has read everything says so by the end of its answer.
        let _ = stdin.write_all(script.as_bytes()).await;
        let _ = stdin.flush().await;
        // Waited for so that it leaves no zombie; its answer, not its status, counts.
        tokio::spawn(async move { child.wait().await });
        Ok(Channel { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr) })
    }
}

/// Where `setsid` is, looked up once.
fn setsid() -> &'static Path {
    static SETSID: OnceLock<PathBuf> = OnceLock::new();
    SETSID.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|dir| dir.join("setsid")).find(|file| file.is_file());
        // Not found: the error of starting it says so.
        found.unwrap_or_else(|| PathBuf::from("setsid"))
    })
}

/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;

/// A part of a file, and how long the file is.
fn read(path: &str, offset: u64) -> io::Result<(Vec<u8>, u64)> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(e) => return Err(e),
    };
    let len = file.metadata()?.len();
    let want = usize::try_from(len.saturating_sub(offset)).unwrap_or(CHUNK).min(CHUNK);
    let mut bytes = vec![0; want];
    let mut filled = 0;
    while filled < want {
        let n = file.read_at(&mut bytes[filled..], offset + filled as u64)?;
        if n == 0 {
            break;
        }
        filled += n;
    }
    bytes.truncate(filled);
    Ok((bytes, len))
}

impl Transport for LocalTransport {
    fn open(&self, script: ShellText) -> BoxFuture<'_, Result<Channel, TransportError>> {
        Box::pin(async move {
            self.start(&script).await.map_err(|e| TransportError {
                what: "cannot start a shell by `setsid` on this machine".to_owned(),
                why: e.to_string(),
                no_agent: false,
            })
        })
    }

    fn copy<'a>(
        &'a self,
        path: String,
        mut offset: u64,
        take: &'a mut Taker<'_>,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let fail = |e: io::Error| TransportError {
                what: format!("cannot read {path}"),
                why: e.to_string(),
                no_agent: false,
            };
            let mut until = None;
            while until.is_none_or(|until| offset < until) {
                let at = path.clone();
                let read = tokio::task::spawn_blocking(move || read(&at, offset)).await;
                let (bytes, len) = read.unwrap_or_else(|fault| Err(io::Error::other(fault))).map_err(fail)?;
                if bytes.is_empty() {
                    break;
                }
                until.get_or_insert(len);
                offset += bytes.len() as u64;
                take(&bytes);
            }
            Ok(())
        })
    }
}
