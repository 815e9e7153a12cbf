//! Syntax tree → plan, once names and hosts are known: what stays is text, conditions and the rules of each step.

use std::collections::BTreeMap;

use super::command::{Around, known_text};
use super::hosts::{HostSet, Placements};
use super::order::Order;
use super::table::{At, HostFacts, Scope, Table};
use crate::plan::{
    Action, Condition, ConditionChecker, ConditionUse, Gate, GateTimeout, HostIndex, ParamValue, Precondition, Scripts,
    Shell, Step, StepIndex, Template, TextOrSecret, parse_template, parse_text_or_secret,
};
use crate::runbook::ParamName;
use crate::runbook::syntax::{self, Runbook, StepKind};
use crate::runbook::tree::Text;
use crate::source::{Diagnostic, Finding, Names, SourceFile, Span, Spanned};

/// Milliseconds between two samples of a gate where nobody says.
const GATE_EVERY_MS: u64 = 5_000;
/// Milliseconds one sample of a gate may take where nobody says.
const GATE_PROBE_MS: u64 = 30_000;

/// How a step without a name is called in messages about something else.
pub(super) const NO_ID: &str = "(no id)";

/// Where a step may stand; it decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Top,
    Roll,
    Undo,
}

/// Writes the plan, and collects what is wrong on the way.
pub(super) struct Lower<'a> {
    pub(super) source: &'a SourceFile,
    pub(super) table: &'a Table<'a>,
    pub(super) values: Option<&'a BTreeMap<ParamName, ParamValue>>,
    pub(super) facts: Option<&'a dyn HostFacts>,
    pub(super) placements: &'a Placements,
    /// Positions in the inventory → positions in the plan.
    pub(super) indexes: BTreeMap<u32, HostIndex>,
    /// Of each step: the approvals that name it.
    pub(super) approved_by: BTreeMap<usize, Vec<usize>>,
    pub(super) scripts: Scripts,
    pub(super) conditions: ConditionChecker,
    /// Asks of the normal path, with how many times each.
    pub(super) prompts: Vec<(Span, usize)>,
    pub(super) findings: Vec<Diagnostic>,
}

impl<'a> Lower<'a> {
    pub(super) fn report(&mut self, finding: Finding, span: Span) {
        self.findings.push(Diagnostic::new(finding, span));
    }

    /// What may be named at a place.
    pub(super) fn scope(&self, at: At, has_host: bool) -> Scope<'a> {
        Scope {
            table: self.table,
            values: self.values,
            hosts: self.facts,
            at,
            has_host,
            has_result: false,
            undoes: false,
        }
    }

    /// Reads a part that need not be there: outside `None` if it was refused, inside `None` if it is not there.
    pub(super) fn optional<T, U>(
        &mut self,
        part: Option<&T>,
        read: impl FnOnce(&mut Self, &T) -> Option<U>,
    ) -> Option<Option<U>> {
        match part {
            None => Some(None),
            Some(part) => read(self, part).map(Some),
        }
    }

    fn located<T>(&mut self, text: &Text, result: Result<T, Vec<Spanned<Finding>>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(findings) => {
                for finding in findings {
                    let span = text.locate(self.source, finding.span.start..finding.span.end);
                    self.report(finding.value, span);
                }
                None
            }
        }
    }

    pub(super) fn template(&mut self, text: &Text, scope: Scope<'_>) -> Option<Template> {
        self.located(text, parse_template(&text.value, &scope))
    }

    pub(super) fn text_or_secret(&mut self, text: &Text, scope: Scope<'_>) -> Option<TextOrSecret> {
        self.located(text, parse_text_or_secret(&text.value, &scope))
    }

    pub(super) fn script(&mut self, text: &Text, shell: Shell, scope: Scope<'_>) -> Option<Template> {
        let result = self.scripts.compile(&text.value, shell, &scope);
        self.located(text, result)
    }

    /// A condition: it must be true or false.
    pub(super) fn condition(&mut self, text: &Text, scope: Scope<'_>) -> Option<Condition> {
        let result = self.conditions.check(&text.value, ConditionUse::Decides, &scope);
        self.located(text, result)
    }

    /// An expression that gives a value.
    pub(super) fn expression(&mut self, text: &Text, scope: Scope<'_>) -> Option<Condition> {
        let result = self.conditions.check(&text.value, ConditionUse::Computes, &scope);
        self.located(text, result)
    }

    /// A sentence for people that must be whole before the run.
    pub(super) fn sentence(&mut self, text: Option<&Text>) -> Option<String> {
        let scope = self.scope(At::Start, false);
        self.template(text?, scope).map(|template| known_text(&template))
    }

    pub(super) fn indexes(&self, set: Option<&HostSet>) -> Vec<HostIndex> {
        set.iter().flat_map(|set| set.iter()).filter_map(|index| self.indexes.get(index).copied()).collect()
    }

    /// The approvals that name the step at a place, or the roll around it.
    pub(super) fn approvals(&self, at: At) -> &[usize] {
        at.top().and_then(|top| self.approved_by.get(&top)).map_or(&[], Vec::as_slice)
    }

    /// Counts an ask of the normal path, one on each host.
    pub(super) fn prompt(&mut self, span: Span, at: At) {
        let hosts = self.facts.and_then(|facts| facts.count(at)).unwrap_or(1);
        self.prompts.push((span, hosts));
    }

    pub(super) fn preconditions(&mut self, runbook: &Runbook) -> Vec<Precondition> {
        let mut lowered = Vec::new();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for (position, precondition) in runbook.preconditions.iter().enumerate() {
            let scope = self.scope(At::Start, true);
            let title = self.optional(precondition.title.as_ref(), |lower, text| lower.template(text, scope));
            let probe = precondition.probe.as_ref().and_then(|probe| self.probe(probe, None, scope));
            let Some(id) = &precondition.id else { continue };
            if let Some(first) = seen.insert(id.value.as_str(), id.span) {
                let finding = Diagnostic::new(Finding::DuplicatePrecondition { name: id.value.to_string() }, id.span);
                self.findings.push(finding.with(&crate::source::Place::FirstDefined, first));
            }
            let hosts = self.indexes(self.placements.preconditions.get(position).and_then(Option::as_ref));
            if let (Some(title), Some(probe)) = (title, probe) {
                let title = title.unwrap_or_else(|| Template::text(id.value.as_str()));
                lowered.push(Precondition { id: id.value.clone(), title, hosts, probe });
            }
        }
        lowered
    }

    /// The steps of a list, as far as they could be read; nothing is left out of a list without a finding.
    pub(super) fn steps(
        &mut self,
        steps: &[syntax::Step],
        list: List,
        order: Option<&Order>,
        at: impl Fn(usize) -> At,
    ) -> Vec<Step> {
        let needs = |position: usize| {
            let needs = order.and_then(|order| order.needs.get(position));
            needs.map(|needs| needs.iter().map(|need| StepIndex(*need)).collect()).unwrap_or_default()
        };
        let lower = |(position, step): (usize, &syntax::Step)| self.step(step, at(position), list, needs(position));
        steps.iter().enumerate().filter_map(lower).collect()
    }

    fn step(&mut self, step: &syntax::Step, at: At, list: List, needs: Vec<StepIndex>) -> Option<Step> {
        let allowed = self.belongs_here(step, list);
        let has_host = match &step.kind {
            StepKind::Command(_) | StepKind::Gate(_) | StepKind::Roll(_) => true,
            StepKind::Manual(manual) => list != List::Top || matches!(manual.verify, Some(syntax::Verify::Probe(_))),
            _ => list != List::Top,
        };
        let mut scope = self.scope(at, has_host);
        scope.undoes = list == List::Undo;
        let title = self.optional(step.title.as_ref(), |lower, text| lower.template(text, scope));
        let if_it_fails = match &step.if_it_fails {
            Some(text) => self.sentence(Some(text)),
            None => Some(String::new()),
        };
        let when = self.optional(step.when.as_ref(), |lower, text| lower.condition(text, scope));
        let all_at_once = self.optional(step.all_at_once.as_ref(), |lower, text| {
            let scope = lower.scope(At::Start, false);
            lower.template(text, scope).map(|template| known_text(&template))
        });
        let name = step.id.as_ref().map_or(NO_ID, |id| id.value.as_str());
        let action = match &step.kind {
            _ if !allowed => None,
            StepKind::Command(command) => {
                let around = Around { step: name, undo: list == List::Undo };
                if list == List::Top {
                    self.one_host_at_a_time(command, step, name, at);
                }
                self.command_step(command, step, scope, around).map(|command| Action::Command(Box::new(command)))
            }
            StepKind::Gate(gate) => self.gate(gate, scope, name).map(|mut gate| {
                if list == List::Top {
                    gate.hosts = Some(self.indexes(self.placements.at(at)));
                }
                Action::Gate(Box::new(gate))
            }),
            StepKind::Pause(text) => {
                self.prompt(step.kind_span, at);
                self.template(text, scope).map(|text| Action::Pause { text })
            }
            StepKind::Note(text) => self.template(text, scope).map(|text| Action::Note { text }),
            StepKind::Wait(millis) => Some(Action::Wait { ms: millis.value }),
            StepKind::Approve(approve) => {
                self.prompt(step.kind_span, at);
                self.approve(approve, step, at, scope).map(|approve| Action::Approve(Box::new(approve)))
            }
            StepKind::Manual(manual) => {
                self.prompt(step.kind_span, at);
                self.manual(manual, step, name, scope).map(|manual| Action::Manual(Box::new(manual)))
            }
            StepKind::Roll(roll) if list == List::Top => {
                self.roll(roll, step, name, at).map(|roll| Action::Roll(Box::new(roll)))
            }
            StepKind::Roll(_) | StepKind::Broken => None,
        };
        let id = step.id.as_ref()?.value.clone();
        let hosts = match list {
            List::Top => self.indexes(self.placements.at(at)),
            List::Roll | List::Undo => Vec::new(),
        };
        let title = title?.unwrap_or_else(|| Template::text(id.as_str()));
        Some(Step {
            id,
            title,
            if_it_fails: if_it_fails?,
            needs,
            when: when?,
            hosts,
            all_at_once: all_at_once?,
            action: action?,
        })
    }

    /// Whether a list takes a step of this kind, and which of its fields it does not take.
    fn belongs_here(&mut self, step: &syntax::Step, list: List) -> bool {
        let place = match list {
            List::Top => return true,
            List::Roll => "a roll",
            List::Undo => "an undo",
        };
        let kind = match &step.kind {
            StepKind::Approve(_) => Some("approve"),
            StepKind::Roll(_) => Some("roll"),
            StepKind::Gate(_) if list == List::Undo => Some("gate"),
            StepKind::Pause(_) if list == List::Undo => Some("pause"),
            StepKind::Manual(_) if list == List::Undo => Some("manual"),
            StepKind::Wait(_) if list == List::Undo => Some("wait"),
            StepKind::Note(_) if list == List::Undo => Some("note"),
            _ => None,
        };
        if let Some(kind) = kind {
            let allowed = match list {
                List::Undo => Names::of(["run", "exec", "probe"]),
                _ => Names::of(["run", "exec", "probe", "gate", "pause", "manual", "wait", "note"]),
            };
            self.report(Finding::KindNotHere { kind: kind.to_owned(), place, allowed }, step.kind_span);
        }
        if let Some(hosts) = &step.hosts {
            self.report(Finding::HostsInside { field: "hosts", place }, hosts.span);
        }
        if let Some(text) = &step.all_at_once {
            self.report(Finding::HostsInside { field: "all_at_once", place }, text.span);
        }
        if let (List::Undo, Some(needs)) = (list, &step.needs) {
            self.report(Finding::NeedsInUndo, needs.first().map_or(step.kind_span, |need| need.span));
        }
        if let (List::Undo, StepKind::Command(command)) = (list, &step.kind)
            && let Some(inner) = command.undo.first()
        {
            let allowed = Names::of(["run", "exec", "probe"]);
            let finding = Finding::KindNotHere { kind: "undo".to_owned(), place, allowed };
            self.report(finding, inner.kind_span);
        }
        kind.is_none()
    }

    /// Outside a roll a change goes to one host, or says why not.
    fn one_host_at_a_time(&mut self, command: &syntax::CommandStep, step: &syntax::Step, name: &str, at: At) {
        let hosts = self.facts.and_then(|facts| facts.count(at)).unwrap_or(1);
        if hosts > 1 && step.all_at_once.is_none() && Self::effect_of(command).changes() {
            self.report(Finding::ChangesAtOnce { step: name.to_owned(), hosts }, step.kind_span);
        }
    }

    /// The undo of a step, in the order written.
    pub(super) fn undo(&mut self, step: &syntax::CommandStep, scope: Scope<'_>) -> Vec<Step> {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for id in step.undo.iter().filter_map(|undo| undo.id.as_ref()) {
            if let Some(first) = seen.insert(id.value.as_str(), id.span) {
                let finding = Diagnostic::new(Finding::DuplicateStep { step: id.value.to_string() }, id.span);
                self.findings.push(finding.with(&crate::source::Place::FirstDefined, first));
            }
        }
        // An undo inside an undo was refused already and must not lead deeper.
        if scope.undoes { Vec::new() } else { self.steps(&step.undo, List::Undo, None, |_| scope.at) }
    }

    /// A gate, of a step or of a roll.
    pub(super) fn gate(&mut self, gate: &syntax::Gate, scope: Scope<'_>, name: &str) -> Option<Gate> {
        let command = self.command(&gate.probe.command, scope);
        let judged = Scope { has_result: true, ..scope };
        let until = self.optional(gate.until.as_ref(), |lower, text| lower.condition(text, judged));
        let timeout = gate.timeout.or(self.table.runbook.timeout);
        let every_ms = gate.every.map_or(GATE_EVERY_MS, |every| every.value);
        let samples = gate.samples.map_or(1, |samples| samples.value);
        let Some(timeout_ms) = timeout.map(|timeout| timeout.value) else {
            self.report(Finding::TimeoutMissing { step: name.to_owned() }, gate.span);
            return None;
        };
        // The last sample starts after all others: without this a gate could not hold, whatever the hosts say.
        if u64::from(samples - 1).saturating_mul(every_ms) >= timeout_ms {
            let (every, timeout) = (duration(every_ms), duration(timeout_ms));
            let span = gate.samples.map_or(gate.span, |samples| samples.span);
            self.report(Finding::GateCannotHold { samples, every, timeout }, span);
        }
        Some(Gate {
            command: command?,
            probe_timeout_ms: gate.probe.timeout.map_or(GATE_PROBE_MS.min(timeout_ms), |timeout| timeout.value),
            until: until?,
            every_ms,
            samples,
            timeout_ms,
            on_timeout: gate.on_timeout.map_or(GateTimeout::Ask, |o| o.value),
            hosts: None,
        })
    }
}

/// A time span as people write it.
fn duration(millis: u64) -> String {
    humantime::format_duration(std::time::Duration::from_millis(millis)).to_string()
}
