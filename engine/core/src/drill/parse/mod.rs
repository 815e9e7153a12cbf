//! DRILL.yaml → [`Drill`], or everything that is wrong with it.

mod acts;
mod checks;
mod faults;
mod reader;
mod set_up;

use std::collections::BTreeMap;

use self::reader::Reader;
use super::model::Drill;
use crate::runbook::tree::parse_tree;
use crate::source::{Diagnostic, Finding, SourceFile};

const FILE: [&str; 13] = [
    "drill", "title", "runbook", "world", "hosts", "packages", "set_up", "params", "answers", "people", "clients",
    "checks", "faults",
];

impl Drill {
    /// Reads a drill file. Findings come all together; with an error among them there is no drill at all. Whether its
    /// steps are those of the runbook is for [`Drill::check`].
    #[must_use]
    pub fn parse(source: &SourceFile) -> (Option<Self>, Vec<Diagnostic>) {
        let (tree, mut findings) = parse_tree(source);
        let mut reader = Reader::default();
        let drill = tree.as_ref().and_then(|tree| reader.drill(tree));
        findings.append(&mut reader.findings);
        findings.sort_by_key(|finding| finding.span.start);
        let is_good = !findings.iter().any(Diagnostic::is_error);
        (drill.filter(|_| is_good), findings)
    }
}

impl Reader {
    fn drill(&mut self, tree: &crate::runbook::tree::Node) -> Option<Drill> {
        let shape = |found: String| Finding::DrillShape { why: format!("it is {found}") };
        let entries = self.mapping(tree, shape)?;
        self.known(entries, "a drill", &FILE);
        if tree.get("drill").is_none() {
            self.report(Finding::DrillShape { why: "it has no `drill`".to_owned() }, tree.span);
        }
        let mut drill = Drill::default();
        drill.name = tree.get("drill").and_then(|node| self.text(node, "drill")).unwrap_or_default();
        drill.title = tree.get("title").and_then(|node| self.text(node, "title")).unwrap_or_else(|| drill.name.clone());
        drill.runbook = self.required(tree, "a drill", "runbook").and_then(|n| self.text(n, "runbook"))?;
        drill.world = tree.get("world").and_then(|node| self.text(node, "world"));
        // Whatever names a host comes behind this.
        drill.hosts = self.required(tree, "a drill", "hosts").map(|node| self.lab_hosts(node)).unwrap_or_default();
        self.hosts.clone_from(&drill.hosts);
        drill.packages = tree.get("packages").map(|node| self.packages(node)).unwrap_or_default();
        drill.set_up = tree.get("set_up").map(|node| self.set_ups(node)).unwrap_or_default();
        drill.params = tree.get("params").map(|node| self.texts(node, "params")).unwrap_or_default();
        drill.answers = tree.get("answers").map(|node| self.answers(node)).unwrap_or_default();
        drill.people = tree.get("people").map(|node| self.people(node)).unwrap_or_default();
        drill.clients = tree.get("clients").map(|node| self.clients(node)).unwrap_or_default();
        drill.checks = match self.required(tree, "a drill", "checks") {
            Some(node) => self.checks(node, &[]),
            None => Vec::new(),
        };
        self.checks = drill.checks.iter().map(|check| check.name.clone()).collect();
        drill.faults = tree.get("faults").map_or_else(BTreeMap::new, |node| self.faults(node));
        Some(drill)
    }
}
