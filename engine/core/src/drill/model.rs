//! A drill, decoded.

use std::collections::BTreeMap;

use super::act::{Act, When};
use super::check::{Check, CheckKind};
use super::moment::Moment;
use crate::plan::{Inventory, StepPath};
use crate::run::{Answers, Graph};
use crate::runbook::HostName;
use crate::source::{Diagnostic, Finding, Names, Span, did_you_mean};

/// One drill: what is rehearsed, on which hosts, what goes wrong, and what must be true at the end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drill {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The runbook's file, as seen from the drill's.
    pub runbook: String,
    /// The simulated world that stands in where no lab can be made, as seen from the drill's file.
    pub world: Option<String>,
    /// The lab's hosts.
    pub hosts: Vec<HostName>,
    /// Debian packages that they need.
    pub packages: Vec<String>,
    /// What makes them what the runbook expects, in order.
    pub set_up: Vec<SetUp>,
    /// The runbook's parameters.
    pub params: BTreeMap<String, String>,
    /// What is answered where no person can be asked.
    pub answers: Answers,
    /// Groups of the people that answers name.
    pub people: BTreeMap<String, Vec<String>>,
    /// Who uses the hosts meanwhile, by name.
    pub clients: BTreeMap<String, Client>,
    /// What must be true at the end.
    pub checks: Vec<Check>,
    /// What can be made to go wrong, by name.
    pub faults: BTreeMap<String, Fault>,
}

/// One preparation of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// On these hosts.
    pub hosts: Vec<HostName>,
    /// What is done.
    pub kind: SetUpKind,
}

/// What a preparation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetUpKind {
    /// Writes a file, the directories above it too.
    File {
        /// Its absolute path.
        path: String,
        /// What it holds.
        text: String,
        /// Its mode, octal digits.
        mode: String,
    },
    /// Runs a script as root; it must end with 0.
    Run(String),
}

/// Somebody outside of the hosts who uses all of them again and again, and keeps what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// How it looks.
    pub kind: ClientKind,
    /// Milliseconds from one look at a host to the next.
    pub every_ms: u64,
    /// Milliseconds until a look that nobody answered has failed.
    pub patience_ms: u64,
}

/// How a client looks at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientKind {
    /// Asks for a page; what it sees is the page's text. Any status but 200 is a refusal.
    Http {
        /// The port.
        port: u16,
        /// The page.
        path: String,
    },
}

/// Something that can be made to go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// One line for people.
    pub title: String,
    /// What happens, in order: each waits for its moment after the one before.
    pub acts: Vec<Act>,
    /// Parameters that are others than the drill's.
    pub params: BTreeMap<String, String>,
    /// Instead of the drill's, where there are any.
    pub answers: Option<Answers>,
    /// Names of the drill's checks that cannot be expected.
    pub leave_out: Vec<String>,
    /// What must be true besides.
    pub checks: Vec<Check>,
    /// The simulated world of this fault.
    pub world: Option<String>,
    /// Where its name stands.
    pub span: Span,
}

impl Drill {
    /// The checks of a drill with one of its faults, or with none: the drill's in their order, the fault's before those
    /// that look at what is left at the very end.
    pub fn checks<'d>(&'d self, fault: Option<&'d Fault>) -> Vec<&'d Check> {
        let left_out = |check: &Check| fault.is_some_and(|fault| fault.leave_out.contains(&check.name));
        let own = self.checks.iter().filter(|check| !left_out(check));
        let (last, first): (Vec<_>, Vec<_>) = own.partition(|check| check.kind.is_about_the_end());
        first.into_iter().chain(fault.into_iter().flat_map(|fault| &fault.checks)).chain(last).collect()
    }

    /// The parameters of a drill with one of its faults, or with none.
    #[must_use]
    pub fn params(&self, fault: Option<&Fault>) -> BTreeMap<String, String> {
        let mut params = self.params.clone();
        params.extend(fault.into_iter().flat_map(|fault| fault.params.clone()));
        params
    }

    /// The answers of a drill with one of its faults, or with none.
    #[must_use]
    pub fn answers<'d>(&'d self, fault: Option<&'d Fault>) -> &'d Answers {
        fault.and_then(|fault| fault.answers.as_ref()).unwrap_or(&self.answers)
    }

    /// The inventory of a lab that is not there: its hosts at addresses nobody has (RFC 5737).
    #[must_use]
    pub fn inventory(&self) -> String {
        let mut text = "environment: lab\nhosts:\n".to_owned();
        for (number, host) in (11..).zip(&self.hosts) {
            text.push_str(&format!("  {host}: {{ address: 192.0.2.{number} }}\n"));
        }
        text
    }

    /// What names a step that the runbook's plan does not have. Errors, all at once.
    #[must_use]
    pub fn check(&self, graph: &Graph) -> Vec<Diagnostic> {
        let paths: Vec<String> = graph.tasks().map(|task| graph.path(task).to_string()).collect();
        let mut findings = Vec::new();
        let mut look = |path: &StepPath, span: Span| {
            let name = path.to_string();
            if !paths.contains(&name) {
                let similar = did_you_mean(&name, paths.iter().map(String::as_str));
                let (what, known) = ("step".to_owned(), Names(paths.clone()));
                findings.push(Diagnostic::new(Finding::DrillUnknown { what, name, similar, known }, span));
            }
        };
        let mut moment = |moment: &Moment| {
            if let Some(path) = &moment.step {
                look(path, moment.span);
            }
        };
        let faults = || self.faults.values();
        for act in faults().flat_map(|fault| &fault.acts) {
            if let Some(When::Record(at)) = &act.when {
                moment(at);
            }
        }
        for check in self.checks.iter().chain(faults().flat_map(|fault| &fault.checks)) {
            if let CheckKind::Record { moment: at, .. } = &check.kind {
                moment(at);
            }
        }
        let ids: Vec<String> = graph.tasks().map(|task| graph.path(task).id().to_string()).collect();
        for check in self.checks.iter().chain(faults().flat_map(|fault| &fault.checks)) {
            let CheckKind::RefusedOnlyIn { steps, .. } = &check.kind else { continue };
            for step in steps.iter().filter(|step| !ids.contains(&step.to_string())) {
                let name = step.to_string();
                let similar = did_you_mean(&name, ids.iter().map(String::as_str));
                let mut known = ids.clone();
                known.sort_unstable();
                known.dedup();
                let (what, known) = ("step".to_owned(), Names(known));
                findings.push(Diagnostic::new(Finding::DrillUnknown { what, name, similar, known }, check.span));
            }
        }
        findings.sort_by_key(|finding| finding.span.start);
        findings
    }

    /// The lab's hosts as an inventory, for a plan that is only looked at.
    #[must_use]
    pub fn stand_in(&self) -> Option<Inventory> {
        Inventory::parse(&crate::source::SourceFile::new("the lab's inventory", self.inventory())).0
    }
}
