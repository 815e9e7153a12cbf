//! A lab, as its owner holds it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use crate::host::{LabHost, Link, on_terminal};
use crate::inner::Inner;
use crate::{LabError, LabSpec, OPS, Served, available, inventory};

/// Throw-away hosts. They are gone when this is dropped, and when the process that holds it ends, however it ends.
#[derive(Debug)]
pub struct Lab {
    inner: Arc<Inner>,
    hosts: Vec<LabHost>,
}

impl Lab {
    /// Makes a lab. Its hosts answer ssh when this returns.
    ///
    /// # Errors
    /// A [`LabError`]; nothing is left behind then.
    pub fn up(spec: &LabSpec) -> Result<Self, LabError> {
        Self::up_saying(spec, &mut |_| ())
    }

    /// Makes a lab, and says in between what takes long: a base layer that has to be made first.
    ///
    /// # Errors
    /// As [`Lab::up`].
    pub fn up_saying(spec: &LabSpec, say: &mut dyn FnMut(&str)) -> Result<Self, LabError> {
        spec.check()?;
        available()?;
        let inner = Arc::new(Inner::up(spec, say)?);
        let hosts = inner
            .machines
            .iter()
            .map(|machine| LabHost::new(machine.name.clone(), machine.address, Link::Owner(Arc::clone(&inner))));
        let hosts = hosts.collect();
        Ok(Self { inner, hosts })
    }

    /// One of its hosts; `ops` too.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&LabHost> {
        self.hosts.iter().find(|host| host.name() == name)
    }

    /// Its hosts, without `ops`, in the order of the spec.
    pub fn hosts(&self) -> impl Iterator<Item = &LabHost> {
        self.hosts.iter().filter(|host| host.name() != OPS)
    }

    /// A process inside a host or `ops`: all its namespaces and its root, as root, in `/`, with the caller's standard
    /// streams and an environment of its own. Killing the child kills the process. Where there is no such host, or it is
    /// down, the command cannot be started, and the error says so.
    #[must_use]
    pub fn command(&self, host: &str, program: impl AsRef<OsStr>) -> Command {
        // The way not taken: a Result. Callers have the error of starting a process to handle already.
        self.inner.command(host, program).unwrap_or_else(|error| Command::new(format!("lab host {host}: {error}")))
    }

    /// The same for a program that asks a person: it gets a terminal of the host's own, joined to the caller's, which
    /// must be the standard input. What it writes to standard output and to standard error arrives as one.
    #[must_use]
    pub fn command_on_terminal(&self, host: &str, command: &[&str]) -> Command {
        let mut script = self.command(host, "script");
        script.args(on_terminal(command));
        script
    }

    /// The inventory, as the engine reads it: environment `lab`, user root, group `lab`.
    #[must_use]
    pub fn inventory(&self) -> String {
        inventory::inventory(self.hosts().map(|host| (host.name(), host.address())))
    }

    /// The private key that opens every account of every host, in the format of OpenSSH.
    ///
    /// # Errors
    /// A [`LabError`] if the lab is down.
    pub fn login_key(&self) -> Result<String, LabError> {
        self.read(OPS, "cat /root/.ssh/id_ed25519")
    }

    /// The host keys of all hosts, as lines of a `known_hosts` file.
    ///
    /// # Errors
    /// A [`LabError`] if the lab is down.
    pub fn known_hosts(&self) -> Result<String, LabError> {
        self.read(OPS, "cat /root/.ssh/known_hosts")
    }

    fn read(&self, host: &str, script: &str) -> Result<String, LabError> {
        let host = self.host(host).ok_or(LabError::Down)?;
        let output = host.exec(script).map_err(LabError::io(script))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Where other processes of this machine find the lab's network as long as this one lives, for `nsenter --net=…`.
    ///
    /// # Errors
    /// A [`LabError`] if the lab is down.
    pub fn network(&self) -> Result<String, LabError> {
        self.inner.network()
    }

    /// Lets processes inside `ops` break and ask the hosts, until what it returns is dropped or the lab ends.
    ///
    /// # Errors
    /// A [`LabError`] if the socket cannot be made.
    pub fn serve(&self) -> Result<Served, LabError> {
        Served::start(&self.inner)
    }

    /// Serves the lab at a path of the machine.
    pub(crate) fn serve_at(&self, socket: PathBuf) -> Result<Served, LabError> {
        Served::at(&self.inner, socket)
    }

    /// Takes the lab down and waits until no process of it is left.
    ///
    /// # Errors
    /// A [`LabError`] if it had to be killed.
    pub fn down(self) -> Result<(), LabError> {
        self.inner.end()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Hosts that were cloned out of it do not keep it up.
        drop(self.inner.end());
    }
}
