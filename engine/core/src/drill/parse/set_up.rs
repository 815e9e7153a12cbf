//! Hosts, what is put on them, and who uses them.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::drill::model::{Client, ClientKind, SetUp, SetUpKind};
use crate::runbook::HostName;
use crate::runbook::tree::{Node, NodeKind};
use crate::source::Finding;

/// More hosts than a lab on one machine is good for.
const MOST_HOSTS: usize = 100;

impl Reader {
    pub(super) fn lab_hosts(&mut self, node: &Node) -> Vec<HostName> {
        let mut hosts: Vec<HostName> = Vec::new();
        for item in self.list(node, "hosts") {
            let Some(text) = self.text(item, "hosts") else { continue };
            match HostName::new(text) {
                Ok(host) if hosts.contains(&host) => {
                    let (what, name) = ("host".to_owned(), host.to_string());
                    self.report(Finding::DrillTwice { what, name }, item.span);
                }
                Ok(host) if matches!(host.as_str(), "localhost" | "ops") => {
                    let expected = "a name of its own (`localhost` is the machine, `ops` is where the engine runs)";
                    self.wrong(item, "hosts", expected);
                }
                Ok(host) => hosts.push(host),
                Err(error) => self.report(Finding::BadHostName { why: error.to_string() }, item.span),
            }
        }
        if matches!(&node.kind, NodeKind::Sequence(items) if items.is_empty() || items.len() > MOST_HOSTS) {
            self.wrong(node, "hosts", &format!("a list of 1 to {MOST_HOSTS} hosts"));
        }
        hosts
    }

    /// Names of Debian packages: they become arguments of apt-get.
    pub(super) fn packages(&mut self, node: &Node) -> Vec<String> {
        let mut packages = Vec::new();
        for item in self.list(node, "packages") {
            let Some(text) = self.text(item, "packages") else { continue };
            let is_good = text.len() > 1
                && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
            if is_good {
                packages.push(text);
            } else {
                self.wrong(item, "packages", "names of Debian packages");
            }
        }
        packages
    }

    pub(super) fn set_ups(&mut self, node: &Node) -> Vec<SetUp> {
        let items = self.list(node, "set_up");
        items.iter().filter_map(|item| self.set_up(item)).collect()
    }

    fn set_up(&mut self, node: &Node) -> Option<SetUp> {
        let kind = self.kind(node, "a set-up", &["file", "run"])?;
        let hosts = self.hosts_of(node);
        let kind = if kind.key.value == "file" {
            self.fields(node, "a set-up with `file`", &["file", "text", "mode", "hosts"])?;
            let path = self.absolute(&kind.value, "file");
            let text = self.required(node, "a set-up with `file`", "text").and_then(|n| self.any_text(n, "text"));
            let mode = match node.get("mode") {
                Some(mode) => self.mode(mode),
                None => Some("0644".to_owned()),
            };
            SetUpKind::File { path: path?, text: text?, mode: mode? }
        } else {
            self.fields(node, "a set-up with `run`", &["run", "hosts"])?;
            SetUpKind::Run(self.text(&kind.value, "run")?)
        };
        Some(SetUp { hosts, kind })
    }

    fn mode(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "mode")?;
        let is_good = (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
        if !is_good {
            self.wrong(node, "mode", "three or four octal digits, such as \"0755\"");
        }
        is_good.then_some(text)
    }

    pub(super) fn clients(&mut self, node: &Node) -> BTreeMap<String, Client> {
        let mut clients = BTreeMap::new();
        // One that is wrong in itself is there all the same: what names it is not wrong too.
        for entry in self.mapping_of(node, "clients", "a mapping of names to clients").unwrap_or_default() {
            self.clients.push(entry.key.value.clone());
            if let Some(client) = self.client(&entry.value) {
                clients.insert(entry.key.value.clone(), client);
            }
        }
        clients
    }

    fn client(&mut self, node: &Node) -> Option<Client> {
        let kind = self.kind(node, "a client", &["http"])?;
        self.fields(node, "a client", &["http", "every", "patience"])?;
        self.fields(&kind.value, "`http`", &["port", "path"])?;
        let port = match kind.value.get("port") {
            Some(port) => {
                let number = self.count(port, "port", u16::MAX.into());
                number.and_then(|port| u16::try_from(port).ok())
            }
            None => Some(80),
        };
        let path = match kind.value.get("path") {
            Some(path) => {
                let text = self.absolute(path, "path")?;
                let is_good = text.bytes().all(|b| b.is_ascii_graphic());
                if !is_good {
                    self.wrong(path, "path", "a path without blanks");
                }
                is_good.then_some(text)
            }
            None => Some("/".to_owned()),
        };
        let mut time = |field: &str, default: u64| match node.get(field) {
            Some(node) => self.duration(node, field),
            None => Some(default),
        };
        let (every_ms, patience_ms) = (time("every", 50), time("patience", 1000));
        Some(Client {
            kind: ClientKind::Http { port: port?, path: path? },
            every_ms: every_ms?,
            patience_ms: patience_ms?,
        })
    }
}
