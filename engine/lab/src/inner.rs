//! The lab itself, shared by everything that reaches into it.

use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::deadline::Deadline;
use crate::enter::Entry;
use crate::layer::Layer;
use crate::supervisor::Supervisor;
use crate::{LabError, LabSpec, OPS};

/// How long a lab of few hosts may take to come up, and any request to be done. A second or two; on a loaded machine many
/// more, and only a lab that will never come up has to be told of.
const LIMIT: Duration = Duration::from_secs(60);

/// Hosts beyond this number have this much more time each: every one is a key, an sshd and some dozen mounts.
const FEW: usize = 10;
const EACH: Duration = Duration::from_secs(1);

/// One host, as its lab keeps it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    /// `None` while it is down.
    entry: Mutex<Option<Arc<Entry>>>,
}

/// A lab that is up.
#[derive(Debug)]
pub(crate) struct Inner {
    /// `ops` first, then the hosts in the order of the spec.
    pub(crate) machines: Vec<Machine>,
    supervisor: Mutex<Supervisor>,
}

impl Inner {
    pub(crate) fn up(spec: &LabSpec, say: &mut dyn FnMut(&str)) -> Result<Self, LabError> {
        let layer = Layer::provide(spec, say)?;
        let more = u32::try_from(spec.hosts.len().saturating_sub(FEW)).unwrap_or(u32::MAX);
        let deadline = Deadline::after(LIMIT + EACH * more);
        let (mut supervisor, _) = Supervisor::start(&layer.mount_point, &layer.tar, deadline)?;
        let mut machines = Vec::new();
        let numbered = [(OPS, 2)].into_iter().chain(spec.hosts.iter().map(String::as_str).zip(11..));
        for (name, number) in numbered {
            let address = Ipv4Addr::new(192, 0, 2, number);
            let mac = format!("02:00:c0:00:02:{number:02x}");
            supervisor.request(&["host", name, &address.to_string(), &mac, &format!("h{number}")], deadline)?;
            for (at, small) in spec.small_of(name).enumerate() {
                let dir = small.dir.to_string_lossy();
                supervisor.request(&["small", name, &at.to_string(), &dir, &small.size.to_string()], deadline)?;
            }
            machines.push(Machine { name: name.to_owned(), address, entry: Mutex::new(None) });
        }
        for bind in &spec.binds {
            let (source, target) = (bind.source.to_string_lossy(), bind.target.to_string_lossy());
            let mode = if bind.writable { "rw" } else { "ro" };
            supervisor.request(&["bind", OPS, mode, &source, &target], deadline)?;
        }
        let inner = Self { machines, supervisor: Mutex::new(supervisor) };
        let names: Vec<&str> = inner.machines.iter().map(|machine| machine.name.as_str()).collect();
        inner.boot(&names, deadline)?;
        Ok(inner)
    }

    pub(crate) fn machine(&self, name: &str) -> Result<&Machine, LabError> {
        self.machines.iter().find(|machine| machine.name == name).ok_or_else(|| LabError::NoHost(name.to_owned()))
    }

    fn supervisor(&self) -> MutexGuard<'_, Supervisor> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the supervisor one thing.
    pub(crate) fn request(&self, words: &[&str]) -> Result<String, LabError> {
        self.supervisor().request(words, Deadline::after(LIMIT))
    }

    fn boot(&self, names: &[&str], deadline: Deadline) -> Result<(), LabError> {
        let words: Vec<&str> = ["boot"].into_iter().chain(names.iter().copied()).collect();
        let answer = self.supervisor().request(&words, deadline)?;
        for told in answer.split('\t') {
            let failed =
                || LabError::Failed { what: words.join(" "), log: format!("an answer without a pid: {answer}") };
            let (name, pid) = told.split_once('=').ok_or_else(failed)?;
            let pid = pid.parse().map_err(|_| failed())?;
            let entry = Entry::open(pid).map_err(LabError::io(format!("enter {name}")))?;
            *self.machine(name)?.entry() = Some(Arc::new(entry));
        }
        Ok(())
    }

    /// Kills everything in a host and starts it again; in between it may become another machine.
    pub(crate) fn restart(&self, name: &str, between: &[&[&str]]) -> Result<(), LabError> {
        let machine = self.machine(name)?;
        if name == OPS {
            return Err(LabError::Spec(format!("`{OPS}` is where the engine runs: it cannot be rebooted")));
        }
        let before = machine.entry().take();
        drop(before);
        self.request(&["halt", name])?;
        for words in between {
            self.request(words)?;
        }
        self.boot(&[name], Deadline::after(LIMIT))
    }

    /// A process inside a host.
    pub(crate) fn command(&self, name: &str, program: impl AsRef<OsStr>) -> Result<Command, LabError> {
        let entry = self.machine(name)?.entry().clone();
        Ok(entry.ok_or(LabError::Down)?.command(program))
    }

    /// The way into a host.
    pub(crate) fn entry(&self, name: &str) -> Result<Arc<Entry>, LabError> {
        self.machine(name)?.entry().clone().ok_or(LabError::Down)
    }

    /// Where other processes find the network.
    pub(crate) fn network(&self) -> Result<String, LabError> {
        self.entry(OPS)?.space("net").ok_or(LabError::Down)
    }

    /// Ends the lab.
    pub(crate) fn end(&self) -> Result<(), LabError> {
        for machine in &self.machines {
            machine.entry().take();
        }
        if self.supervisor().end() {
            Ok(())
        } else {
            Err(LabError::Failed { what: "end by itself: it was killed".into(), log: String::new() })
        }
    }
}

impl Machine {
    fn entry(&self) -> MutexGuard<'_, Option<Arc<Entry>>> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
