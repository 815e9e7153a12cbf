//! The base layer: packages that hosts need and the machine lacks, in one cached file.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use crate::enter::PATH;
use crate::{LabError, LabSpec};

/// What every host has, whatever the machine has.
const ALWAYS: [&str; 4] = ["iproute2", "openssh-client", "openssh-server", "sudo"];

const SCRIPT: &str = include_str!("scripts/layer.sh");

/// Layers that nobody used for so long are removed when another is made.
const STALE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Where base layers are kept: `$XDG_CACHE_HOME/banister/lab`, else `/var/cache/banister-lab`.
#[must_use]
pub fn cache_dir() -> PathBuf {
    match std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(dir) if dir.is_absolute() => dir.join("banister/lab"),
        _ => PathBuf::from("/var/cache/banister-lab"),
    }
}

/// The cache, and the layer in it that a lab stands on.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The tar file.
    pub(crate) tar: PathBuf,
    /// An empty directory, for a lab to mount on.
    pub(crate) mount_point: PathBuf,
}

impl Layer {
    /// The layer for these packages; made first where it is not in the cache.
    pub(crate) fn provide(spec: &LabSpec, say: &mut dyn FnMut(&str)) -> Result<Self, LabError> {
        let cache = cache_dir();
        own(&cache)?;
        let mount_point = cache.join("mnt");
        own(&mount_point)?;
        let mut packages: Vec<&str> = ALWAYS.into_iter().chain(spec.packages.iter().map(String::as_str)).collect();
        packages.sort_unstable();
        packages.dedup();
        let tar = cache.join(format!("{}.tar", digest(&packages)?));
        let layer = Self { tar, mount_point };
        if layer.touch() {
            return Ok(layer);
        }
        let lock_path = cache.join("lock");
        let lock = File::create(&lock_path).map_err(LabError::io(lock_path.display().to_string()))?;
        if lock.try_lock().is_err() {
            say("another lab is making its base layer, waiting for it");
            lock.lock().map_err(LabError::io(lock_path.display().to_string()))?;
        }
        if !layer.touch() {
            layer.build(&packages, say)?;
            clean(&cache);
        }
        Ok(layer)
    }

    /// Whether it is there; and that somebody used it today.
    fn touch(&self) -> bool {
        File::open(&self.tar).is_ok_and(|file| file.set_modified(SystemTime::now()).is_ok())
    }

    fn build(&self, packages: &[&str], say: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        let fail = |log: String| LabError::Layer { packages: packages.join(" "), log };
        let half = self.tar.with_extension(format!("{}.half", std::process::id()));
        // This thread waits for it, so its end is the right one to die with.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig=KILL", "unshare"])
            .args(["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["bash", "-c", SCRIPT, "banister-lab-layer"])
            .args([&self.mount_point, &half])
            .args(packages)
            .env("PATH", PATH)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(LabError::io("setpriv"))?;
        let stderr = child.stderr.take();
        let log = thread::spawn(move || {
            let mut text = Vec::new();
            // What could be read of it is said.
            drop(stderr.map(|mut stderr| stderr.read_to_end(&mut text)));
            String::from_utf8_lossy(&text).into_owned()
        });
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).lines().map_while(Result::ok).for_each(|line| say(&line));
        }
        let status = child.wait().map_err(LabError::io("unshare"))?;
        let log = log.join().unwrap_or_default();
        if !status.success() {
            drop(fs::remove_file(&half));
            return Err(fail(log));
        }
        fs::rename(&half, &self.tar).map_err(LabError::io(self.tar.display().to_string()))
    }
}

/// What the layer depends on: the packages, how it is made, and what of the machine it stands on.
fn digest(packages: &[&str]) -> Result<String, LabError> {
    let mut hash = Sha256::new();
    hash.update(SCRIPT);
    hash.update(packages.join(" "));
    for path in ["/var/lib/dpkg/status", "/etc/passwd", "/etc/group"] {
        hash.update(fs::read(path).map_err(LabError::io(path))?);
    }
    let mut names = Vec::new();
    for entry in fs::read_dir("/").map_err(LabError::io("/"))? {
        names.push(entry.map_err(LabError::io("/"))?.file_name());
    }
    names.sort();
    for name in names {
        hash.update(name.as_encoded_bytes());
        hash.update([0]);
    }
    Ok(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// A directory that only we can write: its files become the programs that root runs in hosts.
pub(crate) fn own(dir: &Path) -> Result<(), LabError> {
    let what = || LabError::io(dir.display().to_string());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(what())?;
    let found = fs::symlink_metadata(dir).map_err(what())?;
    if found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 {
        return Err(what()(io::Error::other("others may write to it, so what it holds cannot be trusted")));
    }
    Ok(())
}

/// Removes layers that nobody used for long. That one cannot be removed is no reason to fail.
fn clean(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        let is_layer = entry.path().extension().is_some_and(|end| end == "tar" || end == "half");
        if is_layer && age.is_some_and(|age| age > STALE) {
            drop(fs::remove_file(entry.path()));
        }
    }
}
