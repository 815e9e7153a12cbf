//! WORLD.yaml → [`World`], or everything that is wrong with it.

use std::collections::BTreeMap;

use super::file::{Entry, ListWord, Look, Table, World};
use super::reply::{Ending, Reply, ReplyKind, Truth};
use super::shapes::{REPLY, TRUTHS, WORLD};
use crate::plan::StepPath;
use crate::run::{Answers, Voices};
use crate::runbook::shape::Shape;
use crate::runbook::tree::{self, Node, NodeKind, parse_tree};
use crate::source::{Diagnostic, Finding, Names, SourceFile, Span, did_you_mean};

/// The longest that a simulated command takes: a year, more than any run.
const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1000;

impl World {
    /// Reads a world file. Findings come all together; with an error among them there is no world at all. Whether its
    /// paths are those of a plan is for [`World::check`].
    #[must_use]
    pub fn parse(source: &SourceFile) -> (Option<Self>, Vec<Diagnostic>) {
        let (tree, mut findings) = parse_tree(source);
        let mut reader = Reader { findings: Vec::new() };
        let world = tree.as_ref().map(|tree| reader.file(tree));
        findings.append(&mut reader.findings);
        findings.sort_by_key(|finding| finding.span.start);
        let is_good = !findings.iter().any(Diagnostic::is_error);
        (world.filter(|_| is_good), findings)
    }
}

struct Reader {
    findings: Vec<Diagnostic>,
}

impl Reader {
    fn report(&mut self, finding: Finding, span: Span) {
        self.findings.push(Diagnostic::new(finding, span));
    }

    fn file(&mut self, tree: &Node) -> World {
        let mut world = World::default();
        let Some(entries) = self.mapping(tree, |found| Finding::WorldShape { why: format!("it is {found}") }) else {
            return world;
        };
        if tree.get("world").is_none() {
            self.report(Finding::WorldShape { why: "it has no `world`".to_owned() }, tree.span);
        }
        for entry in entries {
            match entry.key.value.as_str() {
                "world" => world.name = self.text(entry).unwrap_or_default(),
                "answers" => {
                    let (answers, mut findings) = Answers::parse_list(&entry.value, Voices::Named);
                    self.findings.append(&mut findings);
                    world.answers = answers;
                }
                "people" => world.people = self.people(entry),
                key => match Look::ALL.into_iter().find(|look| look.key() == key) {
                    Some(look) => drop(world.tables.insert(look, self.table(entry))),
                    None => self.unknown(entry, &WORLD),
                },
            }
        }
        world
    }

    fn people(&mut self, entry: &tree::Entry) -> BTreeMap<String, Vec<String>> {
        let expected = "a mapping of names to lists of groups";
        let mut people = BTreeMap::new();
        for person in self.mapping_of(entry, expected) {
            let NodeKind::Sequence(groups) = &person.value.kind else {
                self.wrong(&person.key.value, "a list of groups", &person.value);
                continue;
            };
            let mut names = Vec::new();
            for group in groups {
                match group.as_text() {
                    Some(text) => names.push(text.value.clone()),
                    None => self.wrong(&person.key.value, "a list of groups", group),
                }
            }
            people.insert(person.key.value.clone(), names);
        }
        people
    }

    fn table(&mut self, entry: &tree::Entry) -> Table {
        let mut table = Table::default();
        for step in self.mapping_of(entry, "a mapping of step paths to replies") {
            let Some(replies) = self.entry(step) else { continue };
            if step.key.value == "*" {
                table.rest = Some(replies);
                continue;
            }
            match StepPath::parse(&step.key.value) {
                Ok(path) => drop(table.entries.insert(path, replies)),
                Err(error) => self.report(Finding::WorldStep { why: error.to_string() }, step.key.span),
            }
        }
        table
    }

    fn entry(&mut self, step: &tree::Entry) -> Option<Entry> {
        let span = step.key.span;
        let lists = [ListWord::Attempts, ListWord::Samples];
        let Some(list) = lists.into_iter().find(|list| step.value.get(list.as_str()).is_some()) else {
            return Some(Entry { replies: vec![self.reply(&step.key.value, &step.value)?], list: None, span });
        };
        let node = step.value.get(list.as_str())?;
        if let NodeKind::Mapping(entries) = &step.value.kind {
            for other in entries.iter().filter(|other| other.key.value != list.as_str()) {
                let (field, beside) = (other.key.value.clone(), list.as_str().to_owned());
                self.report(Finding::WorldBeside { field, beside }, other.key.span);
            }
        }
        let expected = "a list of replies, at least one";
        let NodeKind::Sequence(items) = &node.kind else {
            self.wrong(list.as_str(), expected, node);
            return None;
        };
        if items.is_empty() {
            let (field, found) = (list.as_str().to_owned(), "an empty one".to_owned());
            self.report(Finding::WorldValue { field, expected: expected.to_owned(), found }, node.span);
            return None;
        }
        let replies: Vec<_> = items.iter().map(|item| self.reply(list.as_str(), item)).collect();
        Some(Entry { replies: replies.into_iter().collect::<Option<_>>()?, list: Some(list), span })
    }

    fn reply(&mut self, name: &str, node: &Node) -> Option<Reply> {
        let expected = |found: String| Finding::WorldValue {
            field: name.to_owned(),
            expected: "a mapping that says how the command ends".to_owned(),
            found,
        };
        let entries = self.mapping(node, expected)?;
        let mut reply = Reply::default();
        let mut ending = Ending::default();
        let (mut unreachable, mut unknown, mut truth) = (None, None, None);
        for entry in entries {
            match entry.key.value.as_str() {
                "status" => ending.status = self.status(entry).unwrap_or_default(),
                "stdout" => ending.stdout = self.output(entry).unwrap_or_default(),
                "stderr" => ending.stderr = self.output(entry).unwrap_or_default(),
                "took" => reply.took_ms = self.duration(entry),
                "unreachable" => unreachable = Some(self.text(entry).unwrap_or_default()),
                "unknown" => unknown = Some(self.text(entry).unwrap_or_default()),
                "truth" => truth = Some(self.truth(entry)),
                _ => self.unknown(entry, &REPLY),
            }
        }
        let says_ending = |field: &str| matches!(field, "status" | "stdout" | "stderr");
        match (unreachable, unknown) {
            (Some(why), _) => {
                self.beside(entries, "unreachable", |field| says_ending(field) || matches!(field, "unknown" | "truth"));
                reply.kind = ReplyKind::Unreachable { why };
            }
            (None, Some(why)) => {
                let truth = match truth.unwrap_or("done") {
                    "running" => Truth::Running(ending),
                    "never" => Truth::NeverStarted,
                    "lost" => Truth::NoStatus,
                    _ => Truth::Done(ending),
                };
                match truth {
                    Truth::NeverStarted => self.beside(entries, "truth: never", says_ending),
                    Truth::NoStatus => self.beside(entries, "truth: lost", says_ending),
                    Truth::Done(_) | Truth::Running(_) => {}
                }
                reply.kind = ReplyKind::Unknown { why, truth };
            }
            (None, None) => {
                // The truth of what is known anyway: the author left out what made it unknown.
                if let Some(entry) = entries.iter().find(|entry| entry.key.value == "truth") {
                    let why = "a truth beside `unknown: \"what was seen\"`".to_owned();
                    let found = "one alone".to_owned();
                    self.report(
                        Finding::WorldValue { field: "truth".to_owned(), expected: why, found },
                        entry.key.span,
                    );
                }
                reply.kind = ReplyKind::Ended(ending);
            }
        }
        Some(reply)
    }

    fn beside(&mut self, entries: &[tree::Entry], beside: &str, says_nothing: impl Fn(&str) -> bool) {
        for entry in entries.iter().filter(|entry| says_nothing(&entry.key.value)) {
            let (field, beside) = (entry.key.value.clone(), beside.to_owned());
            self.report(Finding::WorldBeside { field, beside }, entry.key.span);
        }
    }

    fn status(&mut self, entry: &tree::Entry) -> Option<i32> {
        let status = match entry.value.to_value() {
            serde_yaml::Value::Number(number) => number.as_u64(),
            _ => None,
        };
        let status = status.and_then(|status| u8::try_from(status).ok()).map(i32::from);
        if status.is_none() {
            self.wrong("status", "a whole number from 0 to 255", &entry.value);
        }
        status
    }

    /// What a command writes. A number is taken as it is written: `stdout: 12` is what people write.
    fn output(&mut self, entry: &tree::Entry) -> Option<String> {
        match &entry.value.kind {
            NodeKind::Scalar(text) if !entry.value.is_null() => Some(text.value.clone()),
            _ => {
                self.wrong(&entry.key.value, "a text", &entry.value);
                None
            }
        }
    }

    fn text(&mut self, entry: &tree::Entry) -> Option<String> {
        let text = entry.value.as_text().filter(|text| !text.value.trim().is_empty());
        if text.is_none() {
            self.wrong(&entry.key.value, "a text that says something", &entry.value);
        }
        text.map(|text| text.value.clone())
    }

    fn duration(&mut self, entry: &tree::Entry) -> Option<u64> {
        let text = entry.value.as_text().map_or("", |text| text.value.as_str());
        let millis = (text.len() <= 64)
            .then(|| humantime::parse_duration(text).ok())
            .flatten()
            .and_then(|took| u64::try_from(took.as_millis()).ok())
            .filter(|millis| *millis <= LONGEST_MS);
        if millis.is_none() {
            self.wrong(&entry.key.value, "a time such as `2s`", &entry.value);
        }
        millis
    }

    fn truth(&mut self, entry: &tree::Entry) -> &'static str {
        let text = entry.value.as_text().map_or("", |text| text.value.as_str());
        let truth = TRUTHS.iter().copied().find(|truth| *truth == text);
        if truth.is_none() {
            self.wrong("truth", &format!("one of {}", Names::of(TRUTHS)), &entry.value);
        }
        truth.unwrap_or("done")
    }

    /// The entries of a mapping; of anything else what is said about it, and nothing more of what was refused before.
    fn mapping<'n>(&mut self, node: &'n Node, otherwise: impl FnOnce(String) -> Finding) -> Option<&'n [tree::Entry]> {
        match &node.kind {
            NodeKind::Mapping(entries) => Some(entries),
            NodeKind::Refused => None,
            _ => {
                self.report(otherwise(node.describe()), node.span);
                None
            }
        }
    }

    fn mapping_of<'n>(&mut self, entry: &'n tree::Entry, expected: &str) -> &'n [tree::Entry] {
        let (field, expected) = (entry.key.value.clone(), expected.to_owned());
        self.mapping(&entry.value, |found| Finding::WorldValue { field, expected, found }).unwrap_or_default()
    }

    fn wrong(&mut self, field: &str, expected: &str, node: &Node) {
        if !matches!(node.kind, NodeKind::Refused) {
            let found = match node.as_text() {
                Some(text) if text.value.trim().is_empty() => "an empty text".to_owned(),
                Some(text) => format!("`{}`", text.value),
                None => node.describe(),
            };
            let (field, expected) = (field.to_owned(), expected.to_owned());
            self.report(Finding::WorldValue { field, expected, found }, node.span);
        }
    }

    fn unknown(&mut self, entry: &tree::Entry, shape: &Shape) {
        let (field, place) = (entry.key.value.clone(), shape.place.to_owned());
        let similar = did_you_mean(&field, shape.names());
        self.report(Finding::UnknownField { field, place, similar, known: Names::of(shape.names()) }, entry.key.span);
    }
}
