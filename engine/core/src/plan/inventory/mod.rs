//! The hosts a run may touch: the inventory file, read with the same findings as a runbook.
//!
//! It resolves no address, asks no host and does not read the ssh configuration (`-i ssh`): it is given text.

mod parse;
mod shapes;

use std::collections::BTreeMap;

pub use shapes::INVENTORY;

use super::{Host, Transport};
use crate::runbook::HostName;
use crate::source::{DidYouMean, did_you_mean};

/// Hosts by name and group, `localhost` always among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    environment: String,
    hosts: Vec<Host>,
    names: BTreeMap<HostName, usize>,
    groups: BTreeMap<String, Vec<usize>>,
}

impl Inventory {
    /// This machine's name in every inventory.
    pub const LOCALHOST: &str = "localhost";

    /// The inventory of those who have none: this machine, environment `local`.
    #[must_use]
    pub fn local() -> Self {
        Self::new("local".to_owned(), Vec::new())
    }

    /// An inventory of hosts in the order written; `localhost` is added at the end where it is missing.
    pub(crate) fn new(environment: String, mut hosts: Vec<Host>) -> Self {
        if !hosts.iter().any(|host| host.name.as_str() == Self::LOCALHOST) {
            hosts.push(parse::localhost());
        }
        let mut names = BTreeMap::new();
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, host) in hosts.iter().enumerate() {
            names.insert(host.name.clone(), index);
            for group in &host.groups {
                groups.entry(group.clone()).or_default().push(index);
            }
        }
        Self { environment, hosts, names, groups }
    }

    /// The environment's word, the first on every screen.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Its hosts, in the order written.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of a name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.names.get(name).and_then(|index| self.hosts.get(*index))
    }

    /// The hosts of a name, a host's or a group's, in the order written; empty if there is none.
    pub fn find(&self, name: &str) -> impl Iterator<Item = &Host> {
        let one = self.names.get(name).map(std::slice::from_ref);
        let indexes = one.or_else(|| self.groups.get(name).map(Vec::as_slice)).unwrap_or_default();
        indexes.iter().filter_map(|index| self.hosts.get(*index))
    }

    /// The names of all hosts and groups, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(HostName::as_str).chain(self.groups.keys().map(String::as_str))
    }

    /// The name of a host or group nearest to what was written.
    #[must_use]
    pub fn similar(&self, written: &str) -> DidYouMean {
        did_you_mean(written, self.names())
    }
}

/// Whether a host is reached without ssh.
fn transport(name: &HostName) -> Transport {
    if name.as_str() == Inventory::LOCALHOST { Transport::Local } else { Transport::Ssh }
}

#[cfg(test)]
mod tests;
