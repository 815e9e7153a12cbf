//! From the inventory's text to its hosts.

use std::collections::BTreeMap;

use super::shapes::{HOST, INVENTORY, LEDGER};
use super::{Inventory, transport};
use crate::plan::{Host, Transport};
use crate::runbook::shape::Shape;
use crate::runbook::tree::{Entry, Node, NodeKind, Text, parse_tree};
use crate::runbook::{HostAddress, HostName, LoginName, NameError};
use crate::source::{Diagnostic, Finding, Names, Place, SourceFile, Span, did_you_mean};

/// Where a ledger lies unless the inventory says otherwise: what it holds must survive a reboot.
const LEDGER_DIR: &str = "/var/tmp";

/// Where executors stand unless the inventory says otherwise.
const SITE: &str = "local";

impl Inventory {
    /// Reads an inventory file.
    ///
    /// The inventory is there if and only if nothing is wrong with the file; findings come in its order.
    #[must_use]
    pub fn parse(source: &SourceFile) -> (Option<Self>, Vec<Diagnostic>) {
        let (tree, findings) = parse_tree(source);
        let mut parser = Parser { findings };
        let inventory = tree.and_then(|tree| parser.inventory(&tree));
        parser.findings.sort_by_key(|finding| (finding.span, finding.code));
        let sound = !parser.findings.iter().any(Diagnostic::is_error);
        (inventory.filter(|_| sound), parser.findings)
    }
}

/// This machine as every inventory has it.
pub(super) fn localhost() -> Host {
    // Invariant: `localhost` is a host name and an address.
    let name = HostName::new(Inventory::LOCALHOST).expect("`localhost` is a host name");
    Host {
        address: same(&name),
        name,
        transport: Transport::Local,
        port: None,
        user: None,
        groups: Vec::new(),
        vars: BTreeMap::new(),
        site: SITE.to_owned(),
        ledger_dir: LEDGER_DIR.to_owned(),
    }
}

/// The address of a host that is given none: its name, which ssh looks up.
fn same(name: &HostName) -> HostAddress {
    // Invariant: what can be a host's name can be its address.
    HostAddress::new(name.as_str()).expect("a host's name is an address")
}

struct Parser {
    findings: Vec<Diagnostic>,
}

impl Parser {
    fn report(&mut self, finding: Finding, span: Span) {
        self.findings.push(Diagnostic::new(finding, span));
    }

    fn inventory(&mut self, tree: &Node) -> Option<Inventory> {
        let entries = self.mapping(tree, "an inventory")?;
        self.known(entries, &INVENTORY);
        let environment = match field(entries, "environment") {
            Some(node) => self.word(node, "environment"),
            None => {
                self.report(Finding::InventoryEnvironment, head(entries, tree));
                None
            }
        };
        let Some(list) = field(entries, "hosts") else {
            self.report(Finding::InventoryShape { why: "it has no `hosts:`".to_owned() }, head(entries, tree));
            return None;
        };
        if list.is_null() {
            return Some(Inventory::new(environment?, Vec::new()));
        }
        let mut hosts = Vec::new();
        for entry in self.mapping(list, "`hosts`")? {
            hosts.extend(self.host(entry));
        }
        self.names_and_groups(&hosts);
        Some(Inventory::new(environment?, hosts.into_iter().map(|(host, _)| host).collect()))
    }

    /// A name that is both would mean one thing today and another when somebody adds a host.
    fn names_and_groups(&mut self, hosts: &[(Host, BTreeMap<String, Span>)]) {
        let names: BTreeMap<&str, Span> = hosts
            .iter()
            .map(|(host, spans)| (host.name.as_str(), spans.get("").copied().unwrap_or_default()))
            .collect();
        for (_, spans) in hosts {
            for (group, span) in spans.iter().filter(|(group, _)| !group.is_empty()) {
                let clash = names.get(group.as_str()).copied();
                if clash.is_some() || group == Inventory::LOCALHOST {
                    let finding = Diagnostic::new(Finding::GroupIsHost { name: group.clone() }, *span);
                    self.findings.push(match clash {
                        Some(first) => finding.with(&Place::FirstDefined, first),
                        None => finding,
                    });
                }
            }
        }
    }

    /// One host, and where its name (under the empty key) and its groups stand.
    fn host(&mut self, entry: &Entry) -> Option<(Host, BTreeMap<String, Span>)> {
        let written = &entry.key;
        let name = match HostName::new(written.value.as_str()) {
            Ok(name) => name,
            Err(error) => {
                self.report(Finding::BadHostName { why: error.to_string() }, written.span);
                return None;
            }
        };
        let local = name.as_str() == Inventory::LOCALHOST;
        let mut host = Host { transport: transport(&name), address: same(&name), name, ..localhost() };
        let mut spans = BTreeMap::from([(String::new(), written.span)]);
        if entry.value.is_null() {
            return Some((host, spans));
        }
        let entries = self.mapping(&entry.value, "a host")?;
        self.known(entries, &HOST);
        if local {
            for name in ["address", "port", "user"] {
                if let Some(entry) = entries.iter().find(|e| e.key.value == name) {
                    self.report(Finding::LocalhostIsHere { field: name.to_owned() }, entry.key.span);
                }
            }
        }
        if let Some(address) = field(entries, "address").and_then(|node| self.target(node, "address", HostAddress::new))
        {
            host.address = address;
        }
        host.user = field(entries, "user").and_then(|node| self.target(node, "user", LoginName::new));
        host.port = field(entries, "port").and_then(|node| self.port(node));
        if let Some(site) = field(entries, "site").and_then(|node| self.word(node, "site")) {
            if site == SITE {
                host.site = site;
            } else {
                self.report(Finding::OtherSite { site }, field(entries, "site").map_or(written.span, |node| node.span));
            }
        }
        for node in field(entries, "groups").map(|node| self.list(node, "groups")).unwrap_or_default() {
            if let Some(group) = self.word(node, "groups") {
                spans.insert(group.clone(), node.span);
                host.groups.push(group);
            }
        }
        host.groups.sort_unstable();
        host.groups.dedup();
        if let Some(vars) = field(entries, "vars").filter(|node| !node.is_null()) {
            host.vars = self.vars(vars);
        }
        if let Some(ledger) = field(entries, "ledger").and_then(|node| self.mapping(node, "`ledger`")) {
            self.known(ledger, &LEDGER);
            if let Some(dir) = field(ledger, "dir") {
                let sound = |text: &&Text| text.value.starts_with('/') && !text.value.chars().any(char::is_control);
                match dir.as_text().filter(sound) {
                    Some(text) => host.ledger_dir.clone_from(&text.value),
                    None => self.wrong(
                        dir,
                        "ledger.dir",
                        "an absolute path without control characters",
                        "write for example `ledger: { dir: /var/tmp }`",
                    ),
                }
            }
        }
        Some((host, spans))
    }

    fn vars(&mut self, node: &Node) -> BTreeMap<String, String> {
        let mut vars = BTreeMap::new();
        for entry in self.mapping(node, "`vars`").unwrap_or_default() {
            let name = &entry.key;
            let good = name.value.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
                && name.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !good {
                self.report(Finding::BadVarName { name: name.value.clone() }, name.span);
            }
            match &entry.value.kind {
                NodeKind::Scalar(text) if !entry.value.is_null() => {
                    vars.insert(name.value.clone(), text.value.clone());
                }
                NodeKind::Refused => {}
                _ => self.wrong(
                    &entry.value,
                    &format!("vars.{}", name.value),
                    "one value",
                    "a variable is a text, a number or true or false",
                ),
            }
        }
        vars
    }

    fn port(&mut self, node: &Node) -> Option<u16> {
        let port = match node.to_value() {
            serde_yaml::Value::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0),
            _ => None,
        };
        if port.is_none() && !matches!(node.kind, NodeKind::Refused) {
            self.report(Finding::OutOfRange { field: "port".to_owned(), min: 1, max: 65_535 }, node.span);
        }
        port
    }

    /// An address or an account: it becomes an argument of ssh, so it is of a type that nothing doubtful can be.
    fn target<T>(&mut self, node: &Node, name: &str, check: fn(String) -> Result<T, NameError>) -> Option<T> {
        let text = self.text(node, name)?;
        match check(text.value.clone()) {
            Ok(target) => Some(target),
            Err(error) => {
                self.report(Finding::BadTarget { why: error.to_string() }, node.span);
                None
            }
        }
    }

    fn word(&mut self, node: &Node, name: &str) -> Option<String> {
        let text = self.text(node, name)?;
        let good = (1..=64).contains(&text.value.len())
            && text.value.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && text.value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        if good {
            return Some(text.value.clone());
        }
        self.wrong(node, name, "one word", "letters, digits, `_`, `-` and `.`, at most 64");
        None
    }

    fn text<'n>(&mut self, node: &'n Node, name: &str) -> Option<&'n Text> {
        let text = node.as_text();
        if text.is_none() {
            self.wrong(node, name, "a text", "put it into quotes");
        }
        text
    }

    fn wrong(&mut self, node: &Node, name: &str, expected: &str, hint: &str) {
        if !matches!(node.kind, NodeKind::Refused) {
            let (field, expected, hint) = (name.to_owned(), expected.to_owned(), hint.to_owned());
            let found = match node.as_text() {
                Some(text) => format!("`{}`", text.value),
                None => node.describe(),
            };
            self.report(Finding::WrongType { field, expected, found, hint }, node.span);
        }
    }

    fn list<'n>(&mut self, node: &'n Node, name: &str) -> &'n [Node] {
        match &node.kind {
            NodeKind::Sequence(items) => items,
            NodeKind::Refused => &[],
            _ => {
                self.wrong(node, name, "a list", "write `[web, rack_a]`");
                &[]
            }
        }
    }

    fn mapping<'n>(&mut self, node: &'n Node, place: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            NodeKind::Mapping(entries) => Some(entries),
            NodeKind::Refused => None,
            _ => {
                let (place, found) = (place.to_owned(), node.describe());
                self.report(Finding::NotAMapping { place, found }, node.span);
                None
            }
        }
    }

    fn known(&mut self, entries: &[Entry], shape: &Shape) {
        for entry in entries.iter().filter(|entry| !shape.has(&entry.key.value)) {
            let (field, place) = (entry.key.value.clone(), shape.place.to_owned());
            let similar = did_you_mean(&field, shape.names());
            let finding = Finding::UnknownField { field, place, similar, known: Names::of(shape.names()) };
            self.report(finding, entry.key.span);
        }
    }
}

fn field<'n>(entries: &'n [Entry], name: &str) -> Option<&'n Node> {
    entries.iter().find(|entry| entry.key.value == name).map(|entry| &entry.value)
}

fn head(entries: &[Entry], node: &Node) -> Span {
    entries.first().map_or(node.span, |entry| entry.key.span)
}
