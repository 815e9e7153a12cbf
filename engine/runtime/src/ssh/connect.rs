//! One ssh that is to become a master.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;
use tokio::time::timeout;

use super::control::ControlDir;
use super::{IDLE_TIME, LOGIN_TIME, Refusal, RefusalKind, SshTarget};

/// Makes a master with its control socket at `socket`, its words in `log`. To be run to its end: it leaves no ssh
/// behind then, whatever happened.
pub(super) async fn connect(
    target: &SshTarget,
    control: &ControlDir,
    (socket, log): (&Path, &Path),
    agent: Option<&Path>,
) -> Result<(), Refusal> {
    let fault = |e: &io::Error| Refusal::new(RefusalKind::Other, format!("cannot start ssh: {e}"));
    let words = File::options().create(true).append(true).mode(0o600).open(log).map_err(|e| fault(&e))?;
    let mut child = ssh(agent)
        .arg("-F")
        .arg(control.config())
        .arg("-S")
        .arg(socket)
        .arg("-E")
        .arg(log)
        .args(["-M", "-f", "-N", "-o", &format!("ControlPersist={}s", IDLE_TIME.as_secs())])
        .args(target.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(words)
        // Ctrl-C at the terminal is for the engine, which lets what runs come to its end.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => {
                Refusal::new(RefusalKind::NoClient, "there is no `ssh` on this machine; install OpenSSH's client")
            }
            _ => fault(&e),
        })?;
    // It ends when somebody is logged in and the master went to the background, or when that failed.
    match timeout(LOGIN_TIME, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => {
            let mut said = tail(log);
            if said.contains(BY_A_JUMP) {
                said = explain(target, control, agent).await.unwrap_or(said);
            }
            Err(Refusal::of_text(target, &said))
        }
        Ok(Err(e)) => Err(fault(&e)),
        Err(_) => {
            // It may have ended in this moment.
            let _ = child.kill().await;
            let why = format!(
                "it did not let us in within {} s; does an agent wait for a key to be touched or confirmed?",
                LOGIN_TIME.as_secs()
            );
            Err(Refusal::new(RefusalKind::Silent, why))
        }
    }
}

/// An ssh that takes this socket for its agent, else that of the environment.
fn ssh(agent: Option<&Path>) -> Command {
    let mut command = Command::new("ssh");
    if let Some(agent) = agent {
        command.env("SSH_AUTH_SOCK", agent);
    }
    command
}

/// What ssh says of a connection that another ssh was to make for it.
const BY_A_JUMP: &str = "UNKNOWN port 65535";

/// What the ssh to a jump host says. A master throws that away, so it is asked once more without one.
async fn explain(target: &SshTarget, control: &ControlDir, agent: Option<&Path>) -> Option<String> {
    let output = ssh(agent)
        .arg("-F")
        .arg(control.config())
        .args(["-S", "none", "-o", "ControlPersist=no", "-T"])
        .args(target.arguments())
        .arg("exit 0")
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .output();
    let output = timeout(LOGIN_TIME, output).await.ok()?.ok()?;
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The end of what an ssh had to say.
pub(super) fn tail(log: &Path) -> String {
    const MOST: u64 = 8 * 1024;
    let read = || {
        let mut file = File::open(log)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(MOST)))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    // A master without words has said nothing.
    read().unwrap_or_default()
}
