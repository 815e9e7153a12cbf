//! A simulated world as somebody wrote it down.

use std::collections::{BTreeMap, BTreeSet};

use super::reply::Reply;
use crate::plan::{StepPath, Verify};
use crate::run::{Answers, Graph, TaskIndex, Work};
use crate::source::{Diagnostic, Finding, Names, Span, did_you_mean};

/// Which of a step's commands a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// `steps`: the step's own command, or a gate's probe.
    Own,
    /// `verify`: its verify.
    Verify,
    /// `preview`: its preview.
    Preview,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Own, Self::Verify, Self::Preview];

    /// Its key in a world file.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Own => "steps",
            Self::Verify => "verify",
            Self::Preview => "preview",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Own => "command",
            Self::Verify => "verify",
            Self::Preview => "preview",
        }
    }

    /// Whether an instance ever sends such a command.
    fn is_sent(self, graph: &Graph, task: TaskIndex) -> bool {
        match (self, graph.work(task)) {
            (Self::Own, Work::Probe(_) | Work::Command(_) | Work::Gate(_)) => true,
            (Self::Verify, Work::Command(command)) => matches!(command.verify, Some(Verify::Probe(_))),
            (Self::Verify, Work::Manual(manual)) => matches!(manual.verify, Verify::Probe(_)),
            (Self::Preview, Work::Command(command)) => command.preview.is_some(),
            _ => false,
        }
    }
}

/// The word a list of replies was written under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListWord {
    /// `attempts`: of a command.
    Attempts,
    /// `samples`: of a gate.
    Samples,
}

impl ListWord {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Samples => "samples",
        }
    }
}

/// The replies to one step's commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// One for each attempt or sample; the last one repeats. Never empty.
    pub replies: Vec<Reply>,
    /// The word of the list; `None` for a single reply.
    pub list: Option<ListWord>,
    /// Where its key stands.
    pub span: Span,
}

impl Entry {
    /// The reply to an attempt, counted from 1.
    #[must_use]
    pub fn reply(&self, attempt: u32) -> Option<&Reply> {
        let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        self.replies.get(at).or(self.replies.last())
    }
}

/// The replies to one kind of commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// By the exact path of the instance.
    pub entries: BTreeMap<StepPath, Entry>,
    /// `*`: for all the others.
    pub rest: Option<Entry>,
}

/// How everything outside of a run behaves in a rehearsal. What it says nothing about goes well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// Its name.
    pub name: String,
    /// The replies.
    pub tables: BTreeMap<Look, Table>,
    /// Who says what, used in order.
    pub answers: Answers,
    /// Groups of the people that answers name, for `of:`.
    pub people: BTreeMap<String, Vec<String>>,
}

impl World {
    /// The reply to an attempt of one command, and the path of the entry it stands in; `None` stands for `*`.
    pub(super) fn reply(&self, look: Look, path: &StepPath, attempt: u32) -> Option<(&Reply, Option<StepPath>)> {
        let table = self.tables.get(&look)?;
        let (entry, key) = match table.entries.get(path) {
            Some(entry) => (entry, Some(path.clone())),
            None => (table.rest.as_ref()?, None),
        };
        Some((entry.reply(attempt)?, key))
    }

    /// What cannot be meant, because the plan sends no such command. Errors, all at once.
    #[must_use]
    pub fn check(&self, graph: &Graph) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for (look, table) in &self.tables {
            let sent = |task: &TaskIndex| look.is_sent(graph, *task);
            for (path, entry) in &table.entries {
                let Some(task) = graph.find(path).filter(sent) else {
                    let known: Vec<String> = graph.tasks().filter(sent).map(|t| graph.path(t).to_string()).collect();
                    let text = path.to_string();
                    let similar = did_you_mean(&text, known.iter().map(String::as_str));
                    let (what, known) = (look.what().to_owned(), Names(known));
                    findings
                        .push(Diagnostic::new(Finding::WorldNotSent { what, path: text, similar, known }, entry.span));
                    continue;
                };
                let is_gate = matches!(graph.work(task), Work::Gate(_));
                let right = if is_gate { ListWord::Samples } else { ListWord::Attempts };
                if let Some(written) = entry.list.filter(|list| *list != right) {
                    let (written, right) = (written.as_str().to_owned(), right.as_str().to_owned());
                    let finding = Finding::WorldList { path: path.to_string(), written, right };
                    findings.push(Diagnostic::new(finding, entry.span));
                }
            }
        }
        findings.sort_by_key(|finding| finding.span.start);
        findings
    }

    /// A warning for each entry that is not among the used ones.
    pub(super) fn unused(&self, used: &BTreeSet<(Look, Option<StepPath>)>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for (look, table) in &self.tables {
            let entries = table.entries.iter().map(|(path, entry)| (Some(path.clone()), entry));
            for (path, entry) in entries.chain(table.rest.iter().map(|entry| (None, entry))) {
                let text = path.as_ref().map_or_else(|| "*".to_owned(), StepPath::to_string);
                if !used.contains(&(*look, path)) {
                    let finding = Finding::WorldUnused { what: look.what().to_owned(), path: text };
                    findings.push(Diagnostic::new(finding, entry.span));
                }
            }
        }
        findings.sort_by_key(|finding| finding.span.start);
        findings
    }
}
