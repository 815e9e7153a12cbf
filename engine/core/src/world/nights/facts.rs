//! What the plan says, spread out once more: the oracle trusts no table of the run's.

use std::collections::BTreeMap;

use crate::plan::{Action, CommandStep, EffectClass, Gate, HostIndex, Plan, Segment, Step, StepPath};
use crate::run::testing::id;
use crate::runbook::HostName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Precondition,
    Top,
    Inner { roll: u32, batch: u32, needs: Vec<StepPath> },
    BatchGate { roll: u32, batch: u32 },
    Undo(StepPath),
}

#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) role: Role,
    pub(super) top: Option<u32>,
    pub(super) host: Option<HostName>,
    pub(super) effect: EffectClass,
    pub(super) attempts: u32,
    pub(super) has_verify: bool,
    /// Its `expect:` wants more than status 0: not the word `bad`.
    pub(super) expects: bool,
    pub(super) samples: u32,
    pub(super) gate_hosts: Vec<HostName>,
    pub(super) allowed_by: Vec<u32>,
    pub(super) approvers: u32,
    pub(super) not_starter: bool,
    pub(super) of: Vec<String>,
    pub(super) is_approve: bool,
    pub(super) is_manual: bool,
    pub(super) is_gate: bool,
    /// Its only record is that it is over: a note.
    pub(super) begins_completed: bool,
}

impl Fact {
    pub(super) fn roll(&self) -> Option<u32> {
        match self.role {
            Role::Inner { roll, .. } | Role::BatchGate { roll, .. } => Some(roll),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) tasks: BTreeMap<StepPath, Fact>,
    pub(super) of_step: BTreeMap<u32, Vec<StepPath>>,
    pub(super) preconditions: Vec<StepPath>,
    pub(super) budgets: BTreeMap<u32, u32>,
    batches: BTreeMap<(u32, u32), Vec<StepPath>>,
    allows: BTreeMap<u32, Vec<u32>>,
}

impl Facts {
    pub(super) fn of_batch(&self, roll: u32, batch: u32) -> &[StepPath] {
        self.batches.get(&(roll, batch)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn gate_hosts(&self, path: &StepPath) -> &[HostName] {
        &self.tasks[path].gate_hosts
    }

    pub(super) fn allows(&self, approve: u32, top: u32) -> bool {
        self.allows.get(&approve).is_some_and(|steps| steps.contains(&top))
    }

    pub(super) fn new(plan: &Plan) -> Self {
        let mut facts = Self::default();
        for (i, step) in plan.steps.iter().enumerate() {
            if let Action::Approve(approve) = &step.action {
                facts.allows.insert(i as u32, approve.allows.iter().map(|s| s.0).collect());
            }
        }
        for precondition in &plan.preconditions {
            for host in &precondition.hosts {
                let path = StepPath::precondition(precondition.id.clone()).join(at(plan, *host));
                facts.preconditions.push(path.clone());
                facts.tasks.insert(path, blank(plan, Role::Precondition, None, Some(*host)));
            }
        }
        for (i, step) in plan.steps.iter().enumerate() {
            let top = i as u32;
            let root = StepPath::step(step.id.clone());
            facts.of_step.insert(top, Vec::new());
            match &step.action {
                Action::Roll(roll) => {
                    facts.budgets.insert(top, roll.budget);
                    for (b, hosts) in roll.batches.iter().enumerate() {
                        let batch = b as u32;
                        for host in hosts {
                            for inner in &roll.steps {
                                let place = root.join(at(plan, *host));
                                let needs = inner
                                    .needs
                                    .iter()
                                    .map(|n| place.join(Segment::Step(roll.steps[n.0 as usize].id.clone())))
                                    .collect();
                                let role = Role::Inner { roll: top, batch, needs };
                                let path = place.join(Segment::Step(inner.id.clone()));
                                facts.add(plan, path, inner, role, top, Some(*host));
                            }
                        }
                        if let Some(gate) = &roll.gate {
                            let path = root.join(Segment::Batch(batch + 1)).join(Segment::Step(id("gate")));
                            let mut fact = blank(plan, Role::BatchGate { roll: top, batch }, Some(top), None);
                            is_gate(plan, &mut fact, gate, hosts);
                            facts.insert(path, fact, top);
                        }
                    }
                }
                Action::Command(_) | Action::Manual(_) if !step.hosts.is_empty() => {
                    for host in &step.hosts {
                        facts.add(plan, root.join(at(plan, *host)), step, Role::Top, top, Some(*host));
                    }
                }
                _ => facts.add(plan, root, step, Role::Top, top, None),
            }
        }
        facts
    }

    fn insert(&mut self, path: StepPath, fact: Fact, top: u32) {
        if !matches!(fact.role, Role::Undo(_)) {
            self.of_step.entry(top).or_default().push(path.clone());
        }
        match fact.role {
            Role::Inner { roll, batch, .. } | Role::BatchGate { roll, batch } => {
                self.batches.entry((roll, batch)).or_default().push(path.clone());
            }
            _ => {}
        }
        self.tasks.insert(path, fact);
    }

    fn add(&mut self, plan: &Plan, path: StepPath, step: &Step, role: Role, top: u32, host: Option<HostIndex>) {
        let mut fact = blank(plan, role, Some(top), host);
        match &step.action {
            Action::Command(command) => {
                is_command(&mut fact, command);
                for (approve, steps) in &self.allows {
                    if steps.contains(&top) {
                        fact.allowed_by.push(*approve);
                    }
                }
                for undo in &command.undo {
                    let place = path.join(Segment::Undo(undo.id.clone()));
                    let mut undoes = blank(plan, Role::Undo(path.clone()), Some(top), host);
                    if let Action::Command(command) = &undo.action {
                        is_command(&mut undoes, command);
                    }
                    self.insert(place, undoes, top);
                }
            }
            Action::Gate(gate) => {
                let hosts: Vec<HostIndex> = host.map_or_else(|| step.hosts.clone(), |h| vec![h]);
                is_gate(plan, &mut fact, gate, &hosts);
            }
            Action::Approve(approve) => {
                fact.is_approve = true;
                fact.approvers = approve.by;
                fact.not_starter = approve.not_starter;
                fact.of.clone_from(&approve.of);
            }
            Action::Manual(_) => fact.is_manual = true,
            Action::Note { .. } => fact.begins_completed = true,
            Action::Pause { .. } | Action::Roll(_) | Action::Wait { .. } => {}
        }
        self.insert(path, fact, top);
    }
}

fn at(plan: &Plan, host: HostIndex) -> Segment {
    Segment::Host(plan.host(host).name.clone())
}

fn blank(plan: &Plan, role: Role, top: Option<u32>, host: Option<HostIndex>) -> Fact {
    Fact {
        role,
        top,
        host: host.map(|h| plan.host(h).name.clone()),
        effect: EffectClass::Read,
        attempts: 1,
        has_verify: false,
        expects: false,
        samples: 0,
        gate_hosts: Vec::new(),
        allowed_by: Vec::new(),
        approvers: 0,
        not_starter: false,
        of: Vec::new(),
        is_approve: false,
        is_manual: false,
        is_gate: false,
        begins_completed: false,
    }
}

fn is_command(fact: &mut Fact, command: &CommandStep) {
    fact.effect = command.effect;
    fact.attempts = command.retry.attempts;
    fact.has_verify = command.verify.is_some();
    fact.expects = command.expect.is_some();
}

fn is_gate(plan: &Plan, fact: &mut Fact, gate: &Gate, hosts: &[HostIndex]) {
    fact.is_gate = true;
    fact.samples = gate.samples;
    let hosts = gate.hosts.as_deref().unwrap_or(hosts);
    fact.gate_hosts = hosts.iter().map(|h| plan.host(*h).name.clone()).collect();
}
