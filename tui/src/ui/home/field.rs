//! One parameter of a form.

use std::borrow::Cow;

use banister_core::plan::{Inventory, as_typed, value_of};
use banister_core::runbook::ParamType;
use banister_core::runbook::syntax::ParamDecl;
use banister_core::source::{Diagnostic, visible};

/// Candidates that are shown at once.
pub(super) const CANDIDATES: usize = 5;
/// How the reference of a secret begins.
const REFERENCES: [&str; 3] = ["env:", "file:", "cmd:"];
/// Characters that a value may have here; longer ones are for the command line.
const LONGEST: usize = 4096;

/// One parameter, and what is typed for it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) decl: ParamDecl,
    pub(super) text: String,
    /// What is wrong is said only about what somebody has looked at.
    pub(super) was_visited: bool,
    /// The candidate under the cursor.
    pub(super) chosen: Option<usize>,
}

impl Field {
    pub(super) fn of(decl: ParamDecl) -> Self {
        Self { decl, text: String::new(), was_visited: false, chosen: None }
    }

    pub(super) fn name(&self) -> &str {
        self.decl.name.value.as_str()
    }

    fn is_secret(&self) -> bool {
        self.decl.kind.value == ParamType::Secret
    }

    /// What counts if nothing is typed.
    pub(super) fn default(&self) -> Option<String> {
        self.decl.default.as_ref().and_then(as_typed)
    }

    /// The value for `-p`; `None`: its default, or a secret that is asked for when the run starts.
    pub(super) fn value(&self) -> Option<&str> {
        (!self.text.is_empty()).then_some(self.text.as_str())
    }

    /// The text as it may be seen. A secret that somebody types or pastes where its reference belongs is hidden as soon as
    /// it cannot become one: the compiler refuses it, but a screen is looked at by others, and recorded.
    pub(super) fn seen(&self) -> Cow<'_, str> {
        let text = self.text.as_str();
        let may_be = REFERENCES.iter().any(|kind| text.starts_with(kind) || kind.starts_with(text));
        if self.is_secret() && !may_be {
            return Cow::Borrowed("(not shown)");
        }
        visible(text)
    }

    /// What is wrong with it: message and help, in the compiler's words.
    pub(super) fn trouble(&self, inventory: &Inventory) -> Option<(String, String)> {
        let of = |found: Box<Diagnostic>| (found.message, found.help);
        match self.value().map(str::to_owned).or_else(|| self.default()) {
            Some(text) => value_of(&self.decl, inventory, &text).err().map(of),
            None if self.is_secret() => None,
            None => Some(("a value is needed".to_owned(), String::new())),
        }
    }

    /// What may stand here: its type, and what it must be.
    pub(super) fn kind(&self) -> String {
        let decl = &self.decl;
        let mut words = vec![decl.kind.value.word().to_owned()];
        let list = |nodes: &[_]| nodes.iter().filter_map(as_typed).collect::<Vec<_>>().join(", ");
        words.extend(decl.min.as_ref().map(|min| format!("at least {}", min.value)));
        words.extend(decl.max.as_ref().map(|max| format!("at most {}", max.value)));
        words.extend(decl.one_of.as_ref().map(|nodes| format!("one of {}", list(nodes))));
        words.extend(decl.pattern.as_ref().map(|pattern| format!("like {}", pattern.value)));
        if !decl.must_not_be.is_empty() {
            words.push(format!("never {}", list(&decl.must_not_be)));
        }
        words.extend(decl.example.as_ref().and_then(as_typed).map(|example| format!("for example {example}")));
        if self.is_secret() {
            words.push(
                "env:NAME, file:PATH or cmd:COMMAND; empty: it is asked for, hidden, when the run starts".to_owned(),
            );
        }
        words.join("; ")
    }

    /// What the last part of the text could become.
    pub(super) fn candidates(&self, inventory: &Inventory) -> Vec<String> {
        let part = self.part().trim().to_lowercase();
        let all: Vec<String> = match self.decl.kind.value {
            _ if self.decl.one_of.is_some() => self.decl.one_of.iter().flatten().filter_map(as_typed).collect(),
            ParamType::Boolean => vec!["true".to_owned(), "false".to_owned()],
            ParamType::Host => inventory.hosts().iter().map(|host| host.name.to_string()).collect(),
            ParamType::Hosts => {
                // Names of hosts and groups, each once.
                let taken: Vec<&str> = self.text.split(',').map(str::trim).collect();
                let mut names: Vec<String> = inventory.names().map(str::to_owned).collect();
                names.sort();
                names.dedup();
                names.retain(|name| !taken.contains(&name.as_str()) || part == *name);
                names
            }
            _ => Vec::new(),
        };
        let (first, second): (Vec<_>, Vec<_>) = all
            .into_iter()
            .filter(|name| name.to_lowercase().contains(&part))
            .partition(|name| name.to_lowercase().starts_with(&part));
        let whole = |name: &String| *name == self.part().trim();
        let candidates: Vec<String> = first.into_iter().chain(second).collect();
        // What is typed out needs no choice.
        if candidates.len() == 1 && candidates.iter().all(whole) { Vec::new() } else { candidates }
    }

    /// The part of the text that is being typed.
    fn part(&self) -> &str {
        if self.decl.kind.value != ParamType::Hosts {
            return &self.text;
        }
        self.text.rsplit(',').next().unwrap_or_default()
    }

    /// Takes a candidate in place of the part that is being typed.
    pub(super) fn take(&mut self, candidate: &str) {
        let kept = self.text.len() - self.part().len();
        self.text.truncate(kept);
        if kept > 0 {
            self.text.push(' ');
        }
        self.text.push_str(candidate);
        self.chosen = None;
    }

    pub(super) fn push(&mut self, c: char) {
        if self.text.len() < LONGEST {
            self.text.push(c);
        }
        self.chosen = None;
        self.was_visited = true;
    }

    pub(super) fn backspace(&mut self) {
        self.text.pop();
        self.chosen = None;
    }
}
