//! Runbook + inventory + parameters → [`Plan`], with everything that is wrong on the way.
//!
//! Three passes, all over the whole file, so that one run finds every mistake: names and order ([`table`],
//! [`order`]), hosts ([`hosts`]), then every step with its texts, conditions and rules ([`lower`]). A check without
//! values is the same code without the second half of its inputs; it finds all that can be known without them.
//!
//! What it deliberately does not do: it runs nothing, asks no host, and leaves outputs of steps and the run's id as
//! holes.

mod command;
mod hosts;
mod lower;
mod order;
mod people;
mod roll;
mod table;

use std::collections::BTreeMap;

use self::hosts::{Directory, Facts, HostSet, Placements, Resolver};
use self::lower::{List, Lower, NO_ID};
use self::table::{At, HostFacts, Table};
use super::{ConditionChecker, HostIndex, Inventory, ParamValue, Plan, Scripts, bind, check_declarations};
use crate::runbook::syntax::{Hosts, Runbook, StepKind, Verify};
use crate::runbook::{ParamName, parse_runbook};
use crate::source::{Diagnostic, Finding, SourceFile, Span};

/// Asks of a run's normal path that need no reason.
const FEW_PROMPTS: usize = 3;

/// Compiles a runbook for one inventory and one set of arguments (`-p NAME=VALUE`, values literal).
///
/// The plan is there if and only if no finding is an error. Findings come in the order of the file.
#[must_use]
pub fn compile(
    source: &SourceFile,
    inventory: &Inventory,
    arguments: &BTreeMap<String, String>,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let (runbook, mut findings) = parse_runbook(source);
    let Some(runbook) = runbook else { return (None, findings) };
    check_declarations(&runbook, &mut findings);
    let values = bind(&runbook, inventory, arguments, &mut findings);
    let directory = Directory::of(inventory);
    compile_runbook(source, &runbook, Some((inventory, &directory, &values)), findings)
}

/// Finds what is wrong with a runbook whatever its parameters and hosts will be.
#[must_use]
pub fn check(source: &SourceFile) -> Vec<Diagnostic> {
    let (runbook, mut findings) = parse_runbook(source);
    let Some(runbook) = runbook else { return findings };
    check_declarations(&runbook, &mut findings);
    compile_runbook(source, &runbook, None, findings).1
}

/// What is known beside the runbook itself.
type World<'a> = (&'a Inventory, &'a Directory<'a>, &'a BTreeMap<ParamName, ParamValue>);

fn compile_runbook(
    source: &SourceFile,
    runbook: &Runbook,
    world: Option<World<'_>>,
    mut findings: Vec<Diagnostic>,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let plan = lower_runbook(source, runbook, world, &mut findings);
    findings.sort_by_key(|f| (f.span.start, f.span.end, f.code));
    // Two checks may see one mistake; people need it once.
    findings.dedup();
    let sound = !findings.iter().any(Diagnostic::is_error);
    (plan.filter(|_| sound), findings)
}

fn lower_runbook(
    source: &SourceFile,
    runbook: &Runbook,
    world: Option<World<'_>>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    if let Some(lock) = &runbook.lock {
        findings.push(Diagnostic::new(Finding::NotInThisVersion { word: "lock".to_owned() }, lock.span));
    }
    let table = Table::of(runbook, findings)?;
    let types = runbook.params.iter().map(|p| (p.name.value.as_str(), p.kind.value)).collect();
    let resolver = Resolver { source, directory: world.map(|w| w.1), values: world.map(|w| w.2), types };
    let placements = place(runbook, &resolver, findings);
    let touched = placements.touched();
    let facts = world.map(|(_, directory, _)| Facts { directory, placements: &placements });
    let mut lower = Lower {
        source,
        table: &table,
        values: world.map(|w| w.2),
        facts: facts.as_ref().map(|facts| facts as &dyn HostFacts),
        placements: &placements,
        indexes: touched.iter().copied().zip((0..).map(HostIndex)).collect(),
        approved_by: people::approvals(runbook),
        scripts: Scripts::new(),
        conditions: ConditionChecker::new(),
        prompts: Vec::new(),
        findings: std::mem::take(findings),
    };
    let preconditions = lower.preconditions(runbook);
    let steps = lower.steps(&runbook.steps, List::Top, Some(&table.order), At::Top);
    let title = lower.sentence(runbook.title.as_ref());
    let if_it_fails = lower.sentence(runbook.if_it_fails.as_ref());
    lower.count_prompts(runbook);
    *findings = lower.findings;

    let (inventory, directory, values) = world?;
    let name = runbook.name.as_ref()?.value.clone();
    let mut plan = Plan {
        format: Plan::FORMAT,
        semantics: Plan::SEMANTICS,
        title: title.unwrap_or_else(|| name.clone()),
        runbook: name,
        if_it_fails: if_it_fails?,
        environment: inventory.environment().to_owned(),
        params: values.clone(),
        hosts: touched.iter().filter_map(|index| directory.host(*index).cloned()).collect(),
        preconditions,
        steps,
    };
    // A list that lost a step to a finding would have other positions than its `needs`; such a plan is never given out.
    let whole = plan.steps.len() == runbook.steps.len();
    inherit(&mut plan);
    whole.then_some(plan)
}

/// Gives the sentence of the roll, or of the runbook, to every step without one of its own.
fn inherit(plan: &mut Plan) {
    use super::{Action, Step};
    fn give(steps: &mut [Step], sentence: &str) {
        for step in steps {
            if step.if_it_fails.is_empty() {
                sentence.clone_into(&mut step.if_it_fails);
            }
            match &mut step.action {
                Action::Roll(roll) => give(&mut roll.steps, &step.if_it_fails),
                Action::Command(command) => give(&mut command.undo, &step.if_it_fails),
                _ => {}
            }
        }
    }
    let sentence = plan.if_it_fails.clone();
    give(&mut plan.steps, &sentence);
}

/// Finds out where everything runs.
fn place(runbook: &Runbook, resolver: &Resolver<'_>, findings: &mut Vec<Diagnostic>) -> Placements {
    // Resolved once however many steps take it, so that a mistake in it is said once.
    let default = runbook.hosts.as_ref().map(|hosts| resolver.resolve(hosts, findings));
    let mut placements = Placements::default();
    let own_or_default =
        |own: Option<&Hosts>, name: &str, span: Span, findings: &mut Vec<Diagnostic>| -> Option<HostSet> {
            match (own, &default) {
                (Some(hosts), _) => resolver.resolve(hosts, findings),
                (None, Some(default)) => default.clone(),
                (None, None) => {
                    findings.push(Diagnostic::new(Finding::HostsMissing { step: name.to_owned() }, span));
                    None
                }
            }
        };
    for (top, step) in runbook.steps.iter().enumerate() {
        let name = step.id.as_ref().map_or(NO_ID, |id| id.value.as_str());
        let mut own = step.hosts.as_ref();
        if let StepKind::Gate(gate) = &step.kind {
            if let (Some(outer), Some(inner)) = (&step.hosts, &gate.hosts) {
                let finding = Finding::SaidTwice { field: "hosts".to_owned(), place: "gate".to_owned() };
                let finding = Diagnostic::new(finding, outer.span).with(&crate::source::Place::AlsoHere, inner.span);
                findings.push(finding);
            }
            own = gate.hosts.as_ref().or(own);
        }
        let runs_on_hosts = match &step.kind {
            StepKind::Command(_) | StepKind::Gate(_) | StepKind::Roll(_) => true,
            StepKind::Manual(manual) => matches!(manual.verify, Some(Verify::Probe(_))),
            StepKind::Pause(_) | StepKind::Approve(_) | StepKind::Wait(_) | StepKind::Note(_) | StepKind::Broken => {
                false
            }
        };
        let set = if runs_on_hosts { own_or_default(own, name, step.kind_span, findings) } else { None };
        placements.steps.push(set);
        if let StepKind::Roll(roll) = &step.kind
            && let Some(hosts) = roll.gate.as_ref().and_then(|gate| gate.hosts.as_ref())
            && let Some(set) = resolver.resolve(hosts, findings)
        {
            placements.gates.insert(top, set);
        }
    }
    for precondition in &runbook.preconditions {
        let name = precondition.id.as_ref().map_or(NO_ID, |id| id.value.as_str());
        let set = own_or_default(precondition.hosts.as_ref(), name, precondition.span, findings);
        placements.preconditions.push(set);
    }
    placements
}

impl Lower<'_> {
    /// Warns where people are asked so often that they stop reading.
    fn count_prompts(&mut self, runbook: &Runbook) {
        let most = runbook.prompts.as_ref().map_or(FEW_PROMPTS, |prompts| prompts.most.value as usize);
        let count: usize = self.prompts.iter().map(|(_, times)| times).sum();
        let mut seen = 0;
        let too_many = self.prompts.iter().find(|(_, times)| {
            seen += times;
            seen > most
        });
        if let Some((span, _)) = too_many.copied() {
            self.report(Finding::ManyPrompts { count, most }, span);
        }
    }
}

#[cfg(test)]
mod tests;
