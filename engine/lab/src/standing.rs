//! A lab that outlives the command that made it: kept by a process of its own, found by everybody by its directory.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::host::{LabHost, on_terminal};
use crate::layer::own;
use crate::{Lab, LabError, LabSpec, OPS, Served, serve};

/// How long a lab may take to go down. Longer than its keeper waits for that before it kills.
const END: Duration = Duration::from_secs(60);

/// Keeps a lab until somebody takes it down. The process that holds it is the lab's owner.
#[derive(Debug)]
pub struct Keeper {
    lab: Lab,
    served: Served,
    dir: PathBuf,
    /// Whoever holds this keeps the lab of this directory.
    lock: File,
}

/// A lab that another process keeps.
#[derive(Debug)]
pub struct Standing {
    dir: PathBuf,
    hosts: Vec<LabHost>,
}

/// Where the standing lab of this machine has its files: `$BANISTER_LAB_DIR`, else `/run/banister-lab`.
#[must_use]
pub fn standing_dir() -> PathBuf {
    let given = std::env::var_os("BANISTER_LAB_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    given.unwrap_or_else(|| PathBuf::from("/run/banister-lab"))
}

impl Keeper {
    /// Makes a lab and the files that lead to it. `relay` is the command line, as ssh's `ProxyCommand` takes it, that
    /// connects its standard streams with a host's port 22; the host's name is put behind it.
    ///
    /// # Errors
    /// [`LabError::Standing`] if there is one already, and what [`Lab::up`] says.
    pub fn up(dir: &Path, spec: &LabSpec, relay: &str, say: &mut dyn FnMut(&str)) -> Result<Self, LabError> {
        own(dir)?;
        let lock = lock(dir)?.ok_or(LabError::Standing)?;
        // What a killed keeper left.
        for name in FILES {
            drop(fs::remove_file(dir.join(name)));
        }
        let lab = Lab::up_saying(spec, say)?;
        write(&dir.join("inventory.yaml"), &lab.inventory())?;
        write(&dir.join("known_hosts"), &lab.known_hosts()?)?;
        write(&dir.join("id_ed25519"), &lab.login_key()?)?;
        write(&dir.join("ssh_config"), &ssh_config(dir, lab.hosts(), relay))?;
        let served = lab.serve_at(dir.join("control"))?;
        Ok(Self { lab, served, dir: dir.to_owned(), lock })
    }

    /// Keeps it until somebody takes it down.
    ///
    /// # Errors
    /// A [`LabError`] if it had to be killed at its end.
    pub fn keep(self) -> Result<(), LabError> {
        let Self { lab, served, dir, lock } = self;
        served.wait();
        drop(served);
        let done = lab.down();
        for name in FILES {
            drop(fs::remove_file(dir.join(name)));
        }
        drop(lock);
        done
    }
}

/// What lies in the directory beside the lock.
const FILES: [&str; 5] = ["control", "inventory.yaml", "known_hosts", "id_ed25519", "ssh_config"];

impl Standing {
    /// The standing lab, if one is up.
    ///
    /// # Errors
    /// A [`LabError`] if its directory cannot be read, or it is there and does not answer.
    pub fn find(dir: &Path) -> Result<Option<Self>, LabError> {
        match fs::symlink_metadata(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LabError::io(dir.display().to_string())(error)),
            Ok(_) => own(dir)?,
        }
        if lock(dir)?.is_some() {
            return Ok(None);
        }
        let socket = dir.join("control");
        let hosts = serve::hosts(&socket).map_err(LabError::io(format!(
            "{}: a lab is coming up or going down, and does not answer yet",
            socket.display()
        )))?;
        Ok(Some(Self { dir: dir.to_owned(), hosts }))
    }

    /// One of its hosts; `ops` too.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&LabHost> {
        self.hosts.iter().find(|host| host.name() == name)
    }

    /// Its hosts, without `ops`.
    pub fn hosts(&self) -> impl Iterator<Item = &LabHost> {
        self.hosts.iter().filter(|host| host.name() != OPS)
    }

    /// A process inside a host or `ops`, as [`Lab::command`].
    ///
    /// # Errors
    /// A [`LabError`] if there is no such host, or it is down.
    pub fn command(&self, host: &str, program: &str) -> Result<Command, LabError> {
        self.host(host).ok_or_else(|| LabError::NoHost(host.to_owned()))?;
        serve::command(&self.dir.join("control"), host, program).map_err(LabError::io(format!("enter {host}")))
    }

    /// The same on a terminal of the host's own, as [`Lab::command_on_terminal`].
    ///
    /// # Errors
    /// As [`Standing::command`].
    pub fn command_on_terminal(&self, host: &str, command: &[&str]) -> Result<Command, LabError> {
        let mut script = self.command(host, "script")?;
        script.args(on_terminal(command));
        Ok(script)
    }

    /// A process of the machine, its files and all, in the network of the lab.
    ///
    /// # Errors
    /// A [`LabError`] if the lab is down.
    pub fn in_network(&self, program: &Path) -> Result<Command, LabError> {
        let network = serve::network(&self.dir.join("control")).map_err(LabError::io("the lab's network"))?;
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={network}")).arg("--").arg(program);
        Ok(command)
    }

    /// Its inventory's file.
    #[must_use]
    pub fn inventory(&self) -> PathBuf {
        self.dir.join("inventory.yaml")
    }

    /// Its ssh configuration's file, by which the machine's own ssh reaches the hosts.
    #[must_use]
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config")
    }

    /// Takes it down, and returns when nothing of it is left.
    ///
    /// # Errors
    /// A [`LabError`] if it does not go.
    pub fn down(self) -> Result<(), LabError> {
        serve::down(&self.dir.join("control")).map_err(LabError::io("the lab does not answer"))?;
        let deadline = Deadline::after(END);
        while !deadline.left().is_zero() {
            if lock(&self.dir)?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(LabError::Failed { what: "go down in time".into(), log: String::new() })
    }
}

/// The lock of a directory; none if somebody else has it.
fn lock(dir: &Path) -> Result<Option<File>, LabError> {
    let path = dir.join("lock");
    let what = || LabError::io(path.display().to_string());
    let file = File::options().create(true).append(true).mode(0o600).open(&path).map_err(what())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(what()(error)),
    }
}

/// Writes a file that only we can read: one of them is a key.
fn write(path: &Path, text: &str) -> Result<(), LabError> {
    let what = || LabError::io(path.display().to_string());
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(path).map_err(what())?;
    file.write_all(text.as_bytes()).map_err(what())
}

/// The ssh configuration by which the machine reaches the hosts: their network is not the machine's.
fn ssh_config<'a>(dir: &Path, hosts: impl Iterator<Item = &'a LabHost>, relay: &str) -> String {
    let dir = dir.display();
    let entry = |host: &LabHost| {
        let (name, address) = (host.name(), host.address());
        format!(
            "Host {name} {address}\n  HostName {address}\n  User root\n  IdentityFile \"{dir}/id_ed25519\"\n  \
             IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile \"{dir}/known_hosts\"\n  \
             GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n  ProxyCommand {relay} {name}\n"
        )
    };
    hosts.map(entry).collect()
}
