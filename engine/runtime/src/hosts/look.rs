//! Which key a host shows, and which are known for it.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use banister_core::plan::Host;
use banister_core::runbook::HostName;
use tokio::process::Command;
use tokio::time::timeout;

use super::error::file;
use super::known::{entry, known};
use super::{HostKey, HostsError, Known};
use crate::ssh::{Refusal, SshSettings, SshTarget};

/// How long a host, and those on the way to it, may take to show its key.
const SHOW_TIME: Duration = Duration::from_secs(45);

/// What was seen of a host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The host.
    pub host: HostName,
    /// What ssh calls it in a file of known hosts.
    pub known_as: String,
    /// Where it was reached, for people.
    pub place: String,
    /// The key that it shows.
    pub key: HostKey,
    /// The line that says so in a file of known hosts.
    pub(super) line: String,
    /// Keys that are known for it.
    pub known: Vec<Known>,
    /// The operator's own file of known hosts.
    pub file: PathBuf,
}

impl Look {
    /// Whether ssh knows this very key already.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.known.iter().any(|known| known.key == self.key && !known.revoked)
    }
}

/// Lets a host show its key, and reads what is known. Logs nobody in and writes nothing that lasts.
///
/// # Errors
/// A [`HostsError`] that says why no key was seen.
pub async fn look(host: &Host, ssh: &SshSettings) -> Result<Look, HostsError> {
    let scratch = Scratch::new()?;
    let config = scratch.0.join("config");
    let text = ssh.text().map_err(|error| HostsError::NoKey { host: host.name.to_string(), why: error.to_string() })?;
    fs::write(&config, text).map_err(file("write", &config))?;
    let target = SshTarget::of(host);
    let view = View::of(&config, &target).await?;
    let own = view.user_files.first().ok_or_else(|| HostsError::NoFile(host.name.to_string()))?.clone();
    let mut found = Vec::new();
    for path in view.user_files.iter().chain(&view.global_files) {
        found.extend(known(path, &view.known_as)?);
    }
    // A key of a type that is known first: a host that shows another of its keys has not changed.
    let mut types: Vec<&str> = found.iter().filter(|k| !k.revoked).map(|known| known.key.signatures()).collect();
    types.dedup();
    let line = match types.as_slice() {
        [] => show(&config, &target, &scratch.0, None).await,
        types => match show(&config, &target, &scratch.0, Some(&types.join(","))).await {
            Err(HostsError::NoKey { why, .. }) if why.contains("no matching host key type") => {
                show(&config, &target, &scratch.0, None).await
            }
            other => other,
        },
    }?;
    let (_, _, key) = entry(&line).ok_or_else(|| HostsError::Said { program: "ssh", said: line.clone() })?;
    if let Some(withdrawn) = found.iter().find(|known| known.revoked && known.key == key) {
        let (file, line) = (withdrawn.file.clone(), withdrawn.line);
        return Err(HostsError::Revoked { host: host.name.to_string(), file, line });
    }
    Ok(Look { host: host.name.clone(), known_as: view.known_as, place: view.place, key, line, known: found, file: own })
}

/// What ssh makes of its configuration for a host.
struct View {
    known_as: String,
    place: String,
    user_files: Vec<PathBuf>,
    global_files: Vec<PathBuf>,
}

impl View {
    async fn of(config: &Path, target: &SshTarget) -> Result<Self, HostsError> {
        let mut command = Command::new("ssh");
        command.arg("-G").arg("-F").arg(config).args(target.arguments()).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.map_err(|source| HostsError::Program { program: "ssh", source })?;
        if !output.status.success() {
            let why = Refusal::of_text(target, &String::from_utf8_lossy(&output.stderr)).why;
            return Err(HostsError::NoKey { host: target.name().to_owned(), why });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let value = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            found.map(str::trim).filter(|value| *value != "none")
        };
        let files = |name: &str| value(name).unwrap_or_default().split_whitespace().map(PathBuf::from).collect();
        let address = value("hostname").unwrap_or_default();
        let port = value("port").unwrap_or("22");
        let named = if port == "22" { address.to_ascii_lowercase() } else { format!("[{address}]:{port}") };
        Ok(Self {
            known_as: value("hostkeyalias").map_or(named, str::to_owned),
            place: format!("{address} port {port}"),
            user_files: files("userknownhostsfile"),
            global_files: files("globalknownhostsfile"),
        })
    }
}

/// Lets the host show its key to an ssh that remembers it in a file of its own and offers no way to log in. The ssh of a
/// jump host reads the configuration alone, and checks strictly.
async fn show(config: &Path, target: &SshTarget, dir: &Path, types: Option<&str>) -> Result<String, HostsError> {
    let seen = dir.join("seen");
    let mut command = Command::new("ssh");
    command.arg("-F").arg(config).args(["-T", "-n", "-S", "none"]);
    command.arg("-o").arg(format!("UserKnownHostsFile={}", seen.display()));
    for option in [
        "StrictHostKeyChecking=accept-new",
        "GlobalKnownHostsFile=/dev/null",
        "KnownHostsCommand=none",
        "UpdateHostKeys=no",
        "CheckHostIP=no",
        "VerifyHostKeyDNS=no",
        "ControlMaster=no",
        "PreferredAuthentications=none",
        "PubkeyAuthentication=no",
    ] {
        command.args(["-o", option]);
    }
    if let Some(types) = types {
        command.args(["-o", &format!("HostKeyAlgorithms={types}")]);
    }
    // Who lets in without proof is asked for nothing.
    command.args(target.arguments()).arg("true");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let child = command.spawn().map_err(|source| HostsError::Program { program: "ssh", source })?;
    let no_key = |why: String| HostsError::NoKey { host: target.name().to_owned(), why };
    let output = match timeout(SHOW_TIME, child.wait_with_output()).await {
        Ok(output) => output.map_err(|source| HostsError::Program { program: "ssh", source })?,
        Err(_) => return Err(no_key(format!("it did not answer within {} s", SHOW_TIME.as_secs()))),
    };
    // How it ended does not matter: nobody was to be let in.
    let shown = fs::read_to_string(&seen).unwrap_or_default();
    if let Some(line) = shown.lines().rfind(|line| entry(line).is_some()) {
        return Ok(line.to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let refusal = Refusal::of_text(target, &said);
    if refusal.is_about_a_key() {
        let jump = Refusal::key_of(&said).unwrap_or("a host");
        return Err(HostsError::JumpHost { host: target.name().to_owned(), jump: jump.to_owned() });
    }
    Err(no_key(if said.contains("no matching host key type") { said.trim().to_owned() } else { refusal.why }))
}

/// A directory that only we can use, and that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, HostsError> {
        let path = std::env::temp_dir().join(format!("banister-{}", uuid::Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&path).map_err(file("make the directory", &path))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A directory of temporary files that stays is a matter of the machine's own tidying.
        let _ = fs::remove_dir_all(&self.0);
    }
}
