//! What can be made to go wrong.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::drill::model::Fault;
use crate::runbook::StepId;
use crate::runbook::tree::{Entry, Node};
use crate::source::Finding;

const FAULT: [&str; 7] = ["title", "acts", "params", "answers", "leave_out", "checks", "world"];

impl Reader {
    pub(super) fn faults(&mut self, node: &Node) -> BTreeMap<String, Fault> {
        let mut faults = BTreeMap::new();
        for entry in self.mapping_of(node, "faults", "a mapping of names to faults").unwrap_or_default() {
            if let Some(fault) = self.fault(entry) {
                faults.insert(entry.key.value.clone(), fault);
            }
        }
        faults
    }

    fn fault(&mut self, entry: &Entry) -> Option<Fault> {
        let name = &entry.key;
        // It is typed on a command line: one word, hyphens as in the name of a drill.
        if StepId::new(name.value.replace('-', "_")).is_err() {
            let expected = "a lower-case letter, then lower-case letters, digits and `-`".to_owned();
            let (field, found) = ("the name of a fault".to_owned(), format!("`{}`", name.value));
            self.report(Finding::DrillValue { field, expected, found }, name.span);
        }
        let node = &entry.value;
        self.fields(node, "a fault", &FAULT)?;
        let title = node.get("title").and_then(|node| self.text(node, "title")).unwrap_or_else(|| name.value.clone());
        let acts = node.get("acts").map(|node| self.acts(node)).unwrap_or_default();
        let params = node.get("params").map(|node| self.texts(node, "params")).unwrap_or_default();
        if acts.is_empty() && params.is_empty() && node.get("acts").is_none() && node.get("params").is_none() {
            self.report(Finding::DrillFaultless { name: name.value.clone() }, name.span);
        }
        let answers = node.get("answers").map(|node| self.answers(node));
        let known = self.checks.clone();
        let leave_out = node.get("leave_out").map(|node| self.list(node, "leave_out")).unwrap_or_default();
        let leave_out: Vec<String> = leave_out.iter().filter_map(|item| self.one_of(item, "check", &known)).collect();
        // What is left out may be said anew, of other hosts for example.
        let taken: Vec<String> = known.into_iter().filter(|name| !leave_out.contains(name)).collect();
        let checks = node.get("checks").map(|node| self.checks(node, &taken)).unwrap_or_default();
        let world = node.get("world").and_then(|node: &Node| self.text(node, "world"));
        Some(Fault { title, acts, params, answers, leave_out, checks, world, span: name.span })
    }
}
