//! Tree → [`Runbook`], step by step, so that one run over a file finds all of its mistakes.
//!
//! Decoded by hand from the tree and not through serde: every finding stands at the key or value it is about, a step
//! reports all of its mistakes and not only the first, and a step that fails still defines its id.
//!
//! What it deliberately does not do: it resolves no name and reads no template, condition or script.

mod command;
mod fields;
mod other_words;
mod params;
mod people;
mod roll;
mod step;
mod values;

use fields::Fields;

use super::shape::{LOCK, PRECONDITION, PROMPTS, RUNBOOK};
use super::syntax::{Precondition, Prompts, Runbook};
use super::tree::{Node, NodeKind, Text, parse_tree};
use crate::source::{Diagnostic, Finding, SourceFile, Span};

/// Reads a runbook with everything that can be said about it without resolving a name. `None` where the text could
/// not be read to its end or is no mapping; otherwise the tree holds whatever could be understood.
#[must_use]
pub fn parse_runbook(source: &SourceFile) -> (Option<Runbook>, Vec<Diagnostic>) {
    let (tree, findings) = parse_tree(source);
    let Some(tree) = tree else { return (None, findings) };
    let mut decoder = Decoder { findings };
    let runbook = decoder.runbook(&tree);
    decoder.findings.sort_by_key(|f| (f.span.start, f.span.end));
    (runbook, decoder.findings)
}

/// Collects findings while it reads.
struct Decoder {
    findings: Vec<Diagnostic>,
}

impl Decoder {
    fn report(&mut self, finding: Finding, span: Span) {
        self.findings.push(Diagnostic::new(finding, span));
    }

    fn runbook(&mut self, tree: &Node) -> Option<Runbook> {
        let mut fields = self.fields(tree, &RUNBOOK)?;
        let name = self.text(fields.take("runbook"));
        if let Some(name) = name.as_ref().filter(|name| !is_runbook_name(&name.value)) {
            self.report(Finding::BadRunbookName { found: name.value.clone() }, name.span);
        }
        if name.is_none() && !fields.has("runbook") {
            self.missing(&fields, "runbook", "give it a name: `runbook: restart-nginx`");
        }
        let runbook = Runbook {
            name,
            title: self.text(fields.take("title")),
            if_it_fails: self.text(fields.take("if_it_fails")),
            params: self.params(fields.take("params")),
            hosts: self.hosts(fields.take("hosts")),
            timeout: self.duration(fields.take("timeout")),
            usual: self.duration(fields.take("usual")),
            lock: self.lock(&mut fields),
            prompts: self.prompts(&mut fields),
            preconditions: self.preconditions(&mut fields),
            steps: self.steps_of(&mut fields),
        };
        if !fields.has("if_it_fails") {
            let hint = "one sentence for whoever is on call: what is whole, what is not, and whom to call";
            self.missing(&fields, "if_it_fails", hint);
        }
        self.finish(fields);
        Some(runbook)
    }

    /// `steps:` of the runbook or of a roll; there is at least one.
    fn steps_of(&mut self, fields: &mut Fields<'_>) -> Vec<super::syntax::Step> {
        let Some(entry) = fields.take("steps") else {
            self.missing(fields, "steps", "list what is to be done: `steps:` and under it `- id: …`");
            return Vec::new();
        };
        let items = self.list(entry);
        if let (Some([]), NodeKind::Sequence(_)) = (items, &entry.value.kind) {
            self.report(Finding::EmptyText { field: "steps".to_owned() }, entry.key.span);
        }
        items.unwrap_or_default().iter().map(|node| self.step(node)).collect()
    }

    /// `lock: { name: … }`.
    fn lock(&mut self, fields: &mut Fields<'_>) -> Option<Text> {
        let entry = fields.take("lock")?;
        let mut lock = self.fields(&entry.value, &LOCK)?;
        let name = self.required_text(&mut lock, "name", "name what only one run may touch: `lock: { name: \"web\" }`");
        self.finish(lock);
        name
    }

    /// `prompts: { most: 5, reason: … }`.
    fn prompts(&mut self, fields: &mut Fields<'_>) -> Option<Prompts> {
        let entry = fields.take("prompts")?;
        if let NodeKind::Scalar(text) = &entry.value.kind {
            let hint = format!("say why so many: `prompts: {{ most: {}, reason: … }}`", text.value);
            self.wrong_type("prompts", "a mapping", &entry.value, hint);
            return None;
        }
        let mut prompts = self.fields(&entry.value, &PROMPTS)?;
        let most = match prompts.take("most") {
            Some(most) => self.count(Some(most), 1..=1000),
            None => {
                self.missing(&prompts, "most", "how many times a person is asked on the normal path");
                None
            }
        };
        let reason = self.required_text(&mut prompts, "reason", "why a person must be asked so often");
        self.finish(prompts);
        Some(Prompts { most: most?, reason: reason? })
    }

    fn preconditions(&mut self, fields: &mut Fields<'_>) -> Vec<Precondition> {
        let Some(entry) = fields.take("preconditions") else { return Vec::new() };
        self.list(entry).unwrap_or_default().iter().filter_map(|node| self.precondition(node)).collect()
    }

    fn precondition(&mut self, node: &Node) -> Option<Precondition> {
        let mut fields = self.fields(node, &PRECONDITION)?;
        let id = self.id(&mut fields, "a precondition");
        let title = self.text(fields.take("title"));
        let hosts = self.hosts(fields.take("hosts"));
        let expect = self.text(fields.take("expect"));
        let timeout = self.duration(fields.take("timeout"));
        let probe = match fields.take("probe") {
            Some(entry) => {
                let probe = self.probe(&entry.value, "probe", "`probe`");
                probe.map(|probe| self.with_outer(probe, expect, timeout, "probe"))
            }
            None => {
                self.missing(&fields, "probe", "say what is looked at: `probe: { run: … }`");
                None
            }
        };
        let span = fields.span;
        self.finish(fields);
        Some(Precondition { id, title, hosts, probe, span })
    }
}

fn is_runbook_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests;
