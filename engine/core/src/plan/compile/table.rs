//! What a runbook's names mean: its steps, their outputs and order, its parameters.

use std::collections::BTreeMap;

use super::order::Order;
use crate::plan::{NameTable, OutputState, ParamValue};
use crate::runbook::syntax::{Runbook, Step, StepKind};
use crate::runbook::{ParamName, ParamType};
use crate::source::{Diagnostic, Finding, Place, Span};

/// Most steps of a runbook, inner ones included. Their order is kept as one bit for each pair.
const MAX_STEPS: usize = 20_000;

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// Nowhere: preconditions and the runbook's own texts.
    Start,
    /// A step of the runbook.
    Top(usize),
    /// A step of a roll.
    Inner {
        /// The roll.
        roll: usize,
        /// Its position in the roll.
        inner: usize,
    },
    /// The gate of a roll.
    RollGate(usize),
}

impl At {
    /// The position of the step, or of the roll that holds it.
    pub(super) fn top(self) -> Option<usize> {
        match self {
            Self::Start => None,
            Self::Top(top) | Self::RollGate(top) | Self::Inner { roll: top, .. } => Some(top),
        }
    }
}

/// The names of one runbook.
pub(super) struct Table<'r> {
    pub(super) runbook: &'r Runbook,
    pub(super) order: Order,
    /// The order inside of each roll.
    pub(super) inner: BTreeMap<usize, Order>,
    steps: BTreeMap<&'r str, At>,
    params: BTreeMap<&'r str, ParamType>,
}

impl<'r> Table<'r> {
    /// Reads the names, and says which stand twice or wait for each other.
    pub(super) fn of(runbook: &'r Runbook, findings: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut steps = BTreeMap::new();
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        let mut count = 0;
        let mut too_many = None;
        for (top, step) in runbook.steps.iter().enumerate() {
            let inner = inner_steps(step).iter().enumerate().map(|(inner, s)| (At::Inner { roll: top, inner }, s));
            for (at, step) in std::iter::once((At::Top(top), step)).chain(inner) {
                count += 1;
                if count > MAX_STEPS {
                    too_many.get_or_insert(step.kind_span);
                }
                let Some(id) = &step.id else { continue };
                let name = id.value.as_str();
                match first.get(name) {
                    None => {
                        first.insert(name, id.span);
                        steps.insert(name, at);
                    }
                    Some(first) => {
                        let finding = Diagnostic::new(Finding::DuplicateStep { step: name.to_owned() }, id.span);
                        findings.push(finding.with(&Place::FirstDefined, *first));
                    }
                }
            }
        }
        if let Some(span) = too_many {
            findings.push(Diagnostic::new(Finding::TooManySteps { limit: MAX_STEPS }, span));
            return None;
        }
        let order = Order::of(&runbook.steps, findings);
        let mut inner = BTreeMap::new();
        for (top, step) in runbook.steps.iter().enumerate() {
            if let StepKind::Roll(roll) = &step.kind {
                inner.insert(top, Order::of(&roll.steps, findings));
            }
        }
        let params = runbook.params.iter().map(|p| (p.name.value.as_str(), p.kind.value)).collect();
        Some(Self { runbook, order, inner, steps, params })
    }

    /// The step at a place.
    pub(super) fn step(&self, at: At) -> Option<&'r Step> {
        match at {
            At::Start | At::RollGate(_) => None,
            At::Top(top) => self.runbook.steps.get(top),
            At::Inner { roll, inner } => inner_steps(self.runbook.steps.get(roll)?).get(inner),
        }
    }

    /// Where a name stands.
    pub(super) fn find(&self, name: &str) -> Option<At> {
        self.steps.get(name).copied()
    }

    /// Whether a step is done whenever a place is reached.
    pub(super) fn is_before(&self, earlier: At, later: At) -> bool {
        match (earlier, later) {
            (At::Inner { roll, inner: a }, At::Inner { roll: same, inner: b }) if roll == same => {
                self.inner.get(&roll).is_some_and(|order| order.is_before(a, b))
            }
            (At::Inner { roll, .. }, At::RollGate(same)) if roll == same => true,
            _ => match (earlier.top(), later.top()) {
                (Some(earlier), Some(later)) => self.order.is_before(earlier, later),
                _ => false,
            },
        }
    }

    /// Whether a step may be skipped though a place is reached: by a `when:` that the place does not share.
    fn may_be_skipped(&self, earlier: At, later: At) -> bool {
        let condition = |at| self.step(at).and_then(|step| step.when.as_ref()).map(|when| when.value.as_str());
        let around = |at: At| match at {
            At::Inner { roll, .. } | At::RollGate(roll) => condition(At::Top(roll)),
            At::Start | At::Top(_) => None,
        };
        let shared = [condition(later), around(later)];
        // The same words over names that never change give the same answer.
        [condition(earlier), around(earlier)].into_iter().any(|when| when.is_some() && !shared.contains(&when))
    }
}

/// The steps of a roll; of other steps none.
pub(super) fn inner_steps(step: &Step) -> &[Step] {
    match &step.kind {
        StepKind::Roll(roll) => &roll.steps,
        _ => &[],
    }
}

/// What may be named at one place: [`NameTable`] over the tables of the whole runbook, so that nothing is copied.
#[derive(Clone, Copy)]
pub(super) struct Scope<'c> {
    pub(super) table: &'c Table<'c>,
    /// Values of parameters; `None` while a runbook is checked without.
    pub(super) values: Option<&'c BTreeMap<ParamName, ParamValue>>,
    /// How many hosts each step has, and what variables; `None` while they are not known.
    pub(super) hosts: Option<&'c dyn HostFacts>,
    /// Where it stands.
    pub(super) at: At,
    /// Whether it runs on hosts.
    pub(super) has_host: bool,
    /// Whether a command has ended.
    pub(super) has_result: bool,
    /// Whether it compensates the step at its place, whose outputs then may be set or not.
    pub(super) undoes: bool,
}

impl Scope<'_> {
    /// Whether an output of a step is one value here: the step ran on one host, or this place has a current host that
    /// is one of the step's.
    fn is_one_value(&self, step: At) -> bool {
        let Some(hosts) = self.hosts else { return true };
        let has_current = matches!(self.at, At::Inner { .. });
        hosts.count(step).is_none_or(|count| count <= 1) || (has_current && hosts.covers(step, self.at))
    }
}

/// What is known of the hosts of a place.
pub(super) trait HostFacts {
    /// Whether a step runs on every host of a place.
    fn covers(&self, step: At, place: At) -> bool;
    /// How many hosts a step runs on; `None` if that is not known.
    fn count(&self, at: At) -> Option<usize>;
    /// Whether every host of a place has a variable.
    fn all_have(&self, at: At, var: &str) -> bool;
    /// The variables of the hosts of a place.
    fn vars(&self, at: At) -> Vec<String>;
}

impl NameTable for Scope<'_> {
    fn param(&self, name: &str) -> Option<ParamType> {
        self.table.params.get(name).copied()
    }

    fn value(&self, name: &str) -> Option<&ParamValue> {
        // Names are checked on every path here; one that is none has no value.
        self.values?.get(&ParamName::new(name).ok()?)
    }

    fn output(&self, step: &str, output: &str) -> OutputState {
        let Some(at) = self.table.find(step) else { return OutputState::NoStep };
        let named = match self.table.step(at).map(|step| &step.kind) {
            Some(StepKind::Command(command)) => command.outputs.iter().any(|(name, _)| name.value.as_str() == output),
            // Whoever refers to a step that was refused is not wrong as well.
            Some(StepKind::Broken) => return OutputState::Unclear,
            _ => false,
        };
        if !named {
            return OutputState::NoOutput;
        }
        if at == self.at {
            return if self.undoes { OutputState::Perhaps } else { OutputState::NotYet };
        }
        if !self.table.is_before(at, self.at) {
            return OutputState::NotYet;
        }
        if self.table.may_be_skipped(at, self.at) {
            return OutputState::Perhaps;
        }
        if self.is_one_value(at) { OutputState::Set } else { OutputState::Several }
    }

    fn has_host(&self) -> bool {
        self.has_host
    }

    fn has_host_var(&self, name: &str) -> bool {
        self.hosts.is_none_or(|hosts| hosts.all_have(self.at, name))
    }

    fn has_result(&self) -> bool {
        self.has_result
    }

    fn params(&self) -> Vec<String> {
        self.table.params.keys().map(|name| (*name).to_owned()).collect()
    }

    fn steps(&self) -> Vec<String> {
        let with_outputs = self.table.steps.iter().filter(|(_, at)| {
            matches!(self.table.step(**at).map(|s| &s.kind), Some(StepKind::Command(c)) if !c.outputs.is_empty())
        });
        with_outputs.map(|(name, _)| (*name).to_owned()).collect()
    }

    fn outputs(&self, step: &str) -> Vec<String> {
        match self.table.find(step).and_then(|at| self.table.step(at)).map(|step| &step.kind) {
            Some(StepKind::Command(command)) => {
                command.outputs.iter().map(|(name, _)| name.value.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn host_vars(&self) -> Vec<String> {
        self.hosts.map(|hosts| hosts.vars(self.at)).unwrap_or_default()
    }
}
