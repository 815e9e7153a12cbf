//! What all parts of a drill file are read with.

use std::collections::BTreeMap;

use crate::run::{Answers, Voices};
use crate::runbook::HostName;
use crate::runbook::tree::{Entry, Node, NodeKind};
use crate::source::{Diagnostic, Finding, Names, Span, did_you_mean};

/// The longest time that stands in a drill: a drill is over in minutes.
const LONGEST_MS: u64 = 60 * 60 * 1000;

/// Reads one file: what was found wrong, and the names that later parts may use.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) hosts: Vec<HostName>,
    pub(super) clients: Vec<String>,
    pub(super) checks: Vec<String>,
}

impl Reader {
    pub(super) fn report(&mut self, finding: Finding, span: Span) {
        self.findings.push(Diagnostic::new(finding, span));
    }

    /// The entries of a mapping; of anything else what is said about it, and nothing more of what was refused before.
    pub(super) fn mapping<'n>(
        &mut self,
        node: &'n Node,
        otherwise: impl FnOnce(String) -> Finding,
    ) -> Option<&'n [Entry]> {
        match &node.kind {
            NodeKind::Mapping(entries) => Some(entries),
            NodeKind::Refused => None,
            _ => {
                self.report(otherwise(node.describe()), node.span);
                None
            }
        }
    }

    /// A mapping whose fields are known.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, place: &str, known: &[&str]) -> Option<&'n [Entry]> {
        let entries = self.mapping_of(node, place, "a mapping")?;
        self.known(entries, place, known);
        Some(entries)
    }

    pub(super) fn mapping_of<'n>(&mut self, node: &'n Node, field: &str, expected: &str) -> Option<&'n [Entry]> {
        let (field, expected) = (field.trim_matches('`').to_owned(), expected.to_owned());
        self.mapping(node, |found| Finding::DrillValue { field, expected, found })
    }

    pub(super) fn known(&mut self, entries: &[Entry], place: &str, known: &[&str]) {
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.value.as_str())) {
            let field = entry.key.value.clone();
            let similar = did_you_mean(&field, known.iter().copied());
            let finding = Finding::UnknownField { field, place: place.to_owned(), similar, known: Names::of(known) };
            self.report(finding, entry.key.span);
        }
    }

    /// The one entry that says of what kind something is.
    pub(super) fn kind<'n>(&mut self, node: &'n Node, place: &str, kinds: &[&str]) -> Option<&'n Entry> {
        let entries = self.mapping_of(node, place, "a mapping")?;
        let mut found = entries.iter().filter(|entry| kinds.contains(&entry.key.value.as_str()));
        let (first, second) = (found.next(), found.next());
        match (first, second) {
            (Some(first), None) => return Some(first),
            (Some(first), Some(second)) => {
                let (first, second) = (first.key.value.clone(), second.key.value.clone());
                let span = entries.iter().rfind(|entry| entry.key.value == second).map_or(node.span, |e| e.key.span);
                self.report(Finding::DrillTwoKinds { place: place.to_owned(), first, second }, span);
            }
            (None, _) => {
                let (place, known) = (place.to_owned(), Names::of(kinds));
                self.report(Finding::DrillNoKind { place, known }, node.span);
            }
        }
        None
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, field: &str) -> &'n [Node] {
        match &node.kind {
            NodeKind::Sequence(items) => items,
            NodeKind::Refused => &[],
            _ => {
                self.wrong(node, field, "a list");
                &[]
            }
        }
    }

    pub(super) fn required<'n>(&mut self, node: &'n Node, place: &str, field: &str) -> Option<&'n Node> {
        let found = node.get(field);
        if found.is_none() {
            let (place, field) = (place.to_owned(), field.to_owned());
            self.report(Finding::DrillIncomplete { place, field }, node.span);
        }
        found
    }

    /// A text that says something. A number is taken as it is written: `says: 1` is what people write.
    pub(super) fn text(&mut self, node: &Node, field: &str) -> Option<String> {
        match &node.kind {
            NodeKind::Scalar(text) if !text.value.trim().is_empty() && !node.is_null() => Some(text.value.clone()),
            _ => {
                self.wrong(node, field, "a text that says something");
                None
            }
        }
    }

    /// A text that may say nothing.
    pub(super) fn any_text(&mut self, node: &Node, field: &str) -> Option<String> {
        match &node.kind {
            NodeKind::Scalar(text) if !node.is_null() => Some(text.value.clone()),
            _ => {
                self.wrong(node, field, "a text");
                None
            }
        }
    }

    pub(super) fn texts(&mut self, node: &Node, field: &str) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for entry in self.mapping_of(node, field, "a mapping of names to values").unwrap_or_default() {
            if let Some(text) = self.any_text(&entry.value, &entry.key.value) {
                texts.insert(entry.key.value.clone(), text);
            }
        }
        texts
    }

    pub(super) fn absolute(&mut self, node: &Node, field: &str) -> Option<String> {
        let text = self.text(node, field)?;
        let is_good = text.starts_with('/') && !text.contains("/../") && !text.ends_with("/..");
        if !is_good {
            self.wrong(node, field, "an absolute path");
        }
        is_good.then_some(text)
    }

    /// Milliseconds, more than none.
    pub(super) fn duration(&mut self, node: &Node, field: &str) -> Option<u64> {
        let text = node.as_text().map_or("", |text| text.value.as_str());
        let millis = (text.len() <= 64)
            .then(|| humantime::parse_duration(text).ok())
            .flatten()
            .and_then(|time| u64::try_from(time.as_millis()).ok())
            .filter(|millis| (1..=LONGEST_MS).contains(millis));
        if millis.is_none() {
            self.wrong(node, field, "a time such as `2s`, an hour at most");
        }
        millis
    }

    pub(super) fn count(&mut self, node: &Node, field: &str, most: u64) -> Option<u64> {
        let number = match node.to_value() {
            serde_yaml::Value::Number(number) => number.as_u64().filter(|number| *number <= most),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node, field, &format!("a whole number from 0 to {most}"));
        }
        number
    }

    /// One of several words.
    pub(super) fn word(&mut self, node: &Node, field: &str, known: &[&'static str]) -> Option<&'static str> {
        let text = node.as_text().map_or("", |text| text.value.as_str());
        let word = known.iter().copied().find(|word| *word == text);
        if word.is_none() {
            self.wrong(node, field, &format!("one of {}", Names::of(known)));
        }
        word
    }

    /// A name that must be among those that are there.
    pub(super) fn one_of(&mut self, node: &Node, what: &str, known: &[String]) -> Option<String> {
        let name = self.text(node, what)?;
        if known.contains(&name) {
            return Some(name);
        }
        let similar = did_you_mean(&name, known.iter().map(String::as_str));
        let (what, known) = (what.to_owned(), Names::of(known));
        self.report(Finding::DrillUnknown { what, name, similar, known }, node.span);
        None
    }

    /// One of the drill's hosts.
    pub(super) fn host(&mut self, node: &Node) -> Option<HostName> {
        let known: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        let name = self.one_of(node, "host", &known)?;
        self.hosts.iter().find(|host| host.as_str() == name).cloned()
    }

    /// `hosts:` of a part; all of them where it is not there.
    pub(super) fn hosts_of(&mut self, node: &Node) -> Vec<HostName> {
        let Some(hosts) = node.get("hosts") else { return self.hosts.clone() };
        let items = self.list(hosts, "hosts");
        if items.is_empty() && matches!(&hosts.kind, NodeKind::Sequence(_)) {
            self.wrong(hosts, "hosts", "a list of hosts, at least one");
        }
        items.iter().filter_map(|item| self.host(item)).collect()
    }

    /// Answers as an answers file holds them; in a drill others may speak.
    pub(super) fn answers(&mut self, node: &Node) -> Answers {
        let (answers, mut findings) = Answers::parse_list(node, Voices::Named);
        self.findings.append(&mut findings);
        answers
    }

    pub(super) fn people(&mut self, node: &Node) -> BTreeMap<String, Vec<String>> {
        let mut people = BTreeMap::new();
        for entry in self.mapping_of(node, "people", "a mapping of names to lists of groups").unwrap_or_default() {
            let groups = self.list(&entry.value, &entry.key.value);
            let groups = groups.iter().filter_map(|group| self.text(group, &entry.key.value)).collect();
            people.insert(entry.key.value.clone(), groups);
        }
        people
    }

    pub(super) fn wrong(&mut self, node: &Node, field: &str, expected: &str) {
        if matches!(node.kind, NodeKind::Refused) {
            return;
        }
        let found = match (&node.kind, node.as_text()) {
            (_, Some(text)) if text.value.trim().is_empty() => "an empty text".to_owned(),
            (_, Some(text)) => format!("`{}`", text.value),
            (NodeKind::Sequence(items), _) if items.is_empty() => "an empty list".to_owned(),
            _ => node.describe(),
        };
        let (field, expected) = (field.to_owned(), expected.to_owned());
        self.report(Finding::DrillValue { field, expected, found }, node.span);
    }
}
