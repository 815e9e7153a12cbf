//! The plan spread out into instances: made once, never changed.
//!
//! What it deliberately does not hold: anything that happens. That is [`super::State`]'s.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::TaskIndex;
use crate::plan::{
    Action, Approve, CommandStep, EffectClass, Gate, Host, HostIndex, Manual, Plan, Probe, Roll, Segment, Step,
    StepIndex, StepPath, Template,
};
use crate::runbook::{HostName, StepId};

/// What an instance is in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Of `preconditions`.
    Precondition(usize),
    /// Of a top-level step that is not a roll.
    Top(StepIndex),
    /// Of a step inside a roll.
    Inner {
        /// The roll.
        roll: StepIndex,
        /// The step in it.
        inner: StepIndex,
        /// Batch, from 0.
        batch: u32,
    },
    /// The gate after a batch.
    BatchGate {
        /// The roll.
        roll: StepIndex,
        /// Batch, from 0.
        batch: u32,
    },
    /// A step of another instance's undo.
    Undo {
        /// What it undoes.
        of: TaskIndex,
        /// Position in the undo.
        position: usize,
    },
}

/// What an instance does.
pub(crate) enum Work<'a> {
    Probe(&'a Probe),
    Command(&'a CommandStep),
    Gate(&'a Gate),
    Pause(&'a Template),
    Approve(&'a Approve),
    Manual(&'a Manual),
    Wait(u64),
    Note(&'a Template),
}

/// The fixed part of an instance.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) path: StepPath,
    pub(crate) host: Option<HostIndex>,
    pub(crate) role: Role,
}

/// All instances of a plan, and how they lie to each other.
#[derive(Debug)]
pub struct Graph {
    pub(crate) plan: Arc<Plan>,
    pub(crate) nodes: Vec<Node>,
    by_path: BTreeMap<StepPath, TaskIndex>,
    by_host: BTreeMap<HostName, HostIndex>,
    /// Instances on each host.
    pub(crate) on_host: Vec<Vec<TaskIndex>>,
    /// Precondition instances stand first.
    pub(crate) preconditions: u32,
    /// Instances of each top-level step, undo steps left out.
    pub(crate) of_step: Vec<Range<u32>>,
    /// Top-level steps that need each top-level step.
    pub(crate) dependents: Vec<Vec<StepIndex>>,
    /// `approve` steps that allow each top-level step.
    pub(crate) allowed_by: Vec<Vec<StepIndex>>,
    /// Undo instances of an instance.
    undo: BTreeMap<TaskIndex, Vec<TaskIndex>>,
}

impl Graph {
    /// Spreads a plan out.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            by_path: BTreeMap::new(),
            by_host: plan.hosts.iter().zip(0..).map(|(h, i)| (h.name.clone(), HostIndex(i))).collect(),
            on_host: vec![Vec::new(); plan.hosts.len()],
            preconditions: 0,
            of_step: Vec::new(),
            dependents: vec![Vec::new(); plan.steps.len()],
            allowed_by: vec![Vec::new(); plan.steps.len()],
            undo: BTreeMap::new(),
            plan: Arc::clone(&plan),
        };
        for (i, precondition) in plan.preconditions.iter().enumerate() {
            for &host in &precondition.hosts {
                let path = StepPath::precondition(precondition.id.clone()).join(host_segment(&plan, host));
                graph.add(path, Some(host), Role::Precondition(i));
            }
        }
        graph.preconditions = graph.next().0;
        let mut undos: Vec<(TaskIndex, &[Step])> = Vec::new();
        for (i, step) in plan.steps.iter().enumerate() {
            let index = StepIndex(u32::try_from(i).unwrap_or(u32::MAX));
            let first = graph.next().0;
            match &step.action {
                Action::Roll(roll) => graph.add_roll(&plan, index, step, roll, &mut undos),
                Action::Command(command) => {
                    for &host in &step.hosts {
                        let path = StepPath::step(step.id.clone()).join(host_segment(&plan, host));
                        let task = graph.add(path, Some(host), Role::Top(index));
                        if !command.undo.is_empty() {
                            undos.push((task, &command.undo));
                        }
                    }
                }
                Action::Manual(_) if !step.hosts.is_empty() => {
                    for &host in &step.hosts {
                        let path = StepPath::step(step.id.clone()).join(host_segment(&plan, host));
                        graph.add(path, Some(host), Role::Top(index));
                    }
                }
                _ => {
                    graph.add(StepPath::step(step.id.clone()), None, Role::Top(index));
                }
            }
            let last = graph.next().0;
            graph.of_step.push(first..last);
            for need in &step.needs {
                graph.dependents[need.0 as usize].push(index);
            }
            if let Action::Approve(approve) = &step.action {
                for allowed in &approve.allows {
                    graph.allowed_by[allowed.0 as usize].push(index);
                }
            }
        }
        for (of, steps) in undos {
            let mut tasks = Vec::new();
            for (position, step) in steps.iter().enumerate() {
                let path = graph.node(of).path.join(Segment::Undo(step.id.clone()));
                let host = graph.node(of).host;
                tasks.push(graph.add(path, host, Role::Undo { of, position }));
            }
            graph.undo.insert(of, tasks);
        }
        graph
    }

    fn add_roll<'a>(
        &mut self,
        plan: &'a Plan,
        index: StepIndex,
        step: &'a Step,
        roll: &'a Roll,
        undos: &mut Vec<(TaskIndex, &'a [Step])>,
    ) {
        let root = StepPath::step(step.id.clone());
        for (b, hosts) in roll.batches.iter().enumerate() {
            let batch = u32::try_from(b).unwrap_or(u32::MAX);
            for &host in hosts {
                for (k, inner) in roll.steps.iter().enumerate() {
                    let path = root.join(host_segment(plan, host)).join(Segment::Step(inner.id.clone()));
                    let inner_index = StepIndex(u32::try_from(k).unwrap_or(u32::MAX));
                    let task = self.add(path, Some(host), Role::Inner { roll: index, inner: inner_index, batch });
                    if let Action::Command(command) = &inner.action
                        && !command.undo.is_empty()
                    {
                        undos.push((task, &command.undo));
                    }
                }
            }
            if roll.gate.is_some() {
                let path = root.join(Segment::Batch(batch + 1)).join(Segment::Step(gate_id()));
                self.add(path, None, Role::BatchGate { roll: index, batch });
            }
        }
    }

    fn next(&self) -> TaskIndex {
        TaskIndex(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX))
    }

    fn add(&mut self, path: StepPath, host: Option<HostIndex>, role: Role) -> TaskIndex {
        let index = self.next();
        self.by_path.insert(path.clone(), index);
        if let Some(host) = host {
            self.on_host[host.0 as usize].push(index);
        }
        self.nodes.push(Node { path, host, role });
        index
    }

    /// The instance of a path.
    #[must_use]
    pub fn find(&self, path: &StepPath) -> Option<TaskIndex> {
        self.by_path.get(path).copied()
    }

    /// The roll of a path that names a roll as such.
    #[must_use]
    pub(crate) fn find_roll(&self, path: &StepPath) -> Option<StepIndex> {
        let [Segment::Step(id)] = path.segments() else { return None };
        let position = self.plan.steps.iter().position(|s| s.id == *id && matches!(s.action, Action::Roll(_)))?;
        Some(StepIndex(u32::try_from(position).unwrap_or(u32::MAX)))
    }

    /// The position of a host.
    #[must_use]
    pub fn find_host(&self, name: &HostName) -> Option<HostIndex> {
        self.by_host.get(name).copied()
    }

    pub(crate) fn node(&self, task: TaskIndex) -> &Node {
        &self.nodes[task.0 as usize]
    }

    /// The path of an instance.
    #[must_use]
    pub fn path(&self, task: TaskIndex) -> &StepPath {
        &self.node(task).path
    }

    /// The host of an instance, where it has one.
    #[must_use]
    pub fn host(&self, task: TaskIndex) -> Option<&Host> {
        self.node(task).host.map(|h| self.plan.host(h))
    }

    /// Every instance, in the order of the plan; undo steps stand last.
    pub fn tasks(&self) -> impl Iterator<Item = TaskIndex> + use<> {
        (0..self.next().0).map(TaskIndex)
    }

    pub(crate) fn top(&self, step: StepIndex) -> &Step {
        &self.plan.steps[step.0 as usize]
    }

    pub(crate) fn roll(&self, step: StepIndex) -> Option<&Roll> {
        match &self.top(step).action {
            Action::Roll(roll) => Some(roll),
            _ => None,
        }
    }

    /// The step an instance is of; a batch gate's and a precondition's have none of their own.
    #[must_use]
    pub fn step(&self, task: TaskIndex) -> Option<&Step> {
        match self.node(task).role {
            Role::Precondition(_) | Role::BatchGate { .. } => None,
            Role::Top(step) => Some(self.top(step)),
            Role::Inner { roll, inner, .. } => self.roll(roll).and_then(|r| r.steps.get(inner.0 as usize)),
            Role::Undo { of, position } => self.command(of).and_then(|c| c.undo.get(position)),
        }
    }

    pub(crate) fn work(&self, task: TaskIndex) -> Work<'_> {
        match self.node(task).role {
            Role::Precondition(i) => Work::Probe(&self.plan.preconditions[i].probe),
            Role::BatchGate { roll, .. } => {
                // Invariant: a batch gate is only added where the roll has a gate.
                Work::Gate(self.roll(roll).and_then(|r| r.gate.as_ref()).expect("the roll has a gate"))
            }
            Role::Top(_) | Role::Inner { .. } | Role::Undo { .. } => {
                // Invariant: these roles were made from a step of the plan.
                match &self.step(task).expect("the role names a step").action {
                    Action::Command(command) => Work::Command(command),
                    Action::Gate(gate) => Work::Gate(gate),
                    Action::Pause { text } => Work::Pause(text),
                    Action::Approve(approve) => Work::Approve(approve),
                    Action::Manual(manual) => Work::Manual(manual),
                    Action::Wait { ms } => Work::Wait(*ms),
                    Action::Note { text } => Work::Note(text),
                    // Invariant: the compiler refuses a roll inside a roll; a roll itself has no instance.
                    Action::Roll(_) => unreachable!("a roll has no instance of its own"),
                }
            }
        }
    }

    pub(crate) fn command(&self, task: TaskIndex) -> Option<&CommandStep> {
        match self.node(task).role {
            Role::Precondition(_) | Role::BatchGate { .. } => None,
            _ => match &self.step(task)?.action {
                Action::Command(command) => Some(command),
                _ => None,
            },
        }
    }

    pub(crate) fn approve(&self, step: StepIndex) -> Option<&Approve> {
        match &self.top(step).action {
            Action::Approve(approve) => Some(approve),
            _ => None,
        }
    }

    /// The instances that an approval allows, gates of a roll among them; none of anything else.
    pub(crate) fn allowed(&self, task: TaskIndex) -> impl Iterator<Item = TaskIndex> {
        let approve = self.top_of(task).and_then(|top| self.approve(top));
        let steps = approve.map_or(&[][..], |approve| &approve.allows);
        steps.iter().flat_map(|step| self.of_step[step.0 as usize].clone().map(TaskIndex))
    }

    pub(crate) fn is_batch_gate(&self, task: TaskIndex) -> bool {
        matches!(self.node(task).role, Role::BatchGate { .. })
    }

    pub(crate) fn is_approve(&self, task: TaskIndex) -> bool {
        matches!(self.step(task).map(|s| &s.action), Some(Action::Approve(_)))
    }

    pub(crate) fn is_manual(&self, task: TaskIndex) -> bool {
        matches!(self.step(task).map(|s| &s.action), Some(Action::Manual(_)))
    }

    /// What running an instance's own command twice would mean.
    #[must_use]
    pub fn effect(&self, task: TaskIndex) -> EffectClass {
        self.command(task).map_or(EffectClass::Read, |c| c.effect)
    }

    pub(crate) fn undo_of(&self, task: TaskIndex) -> &[TaskIndex] {
        self.undo.get(&task).map_or(&[], Vec::as_slice)
    }

    /// The single instance of a top-level step that is not spread over hosts.
    pub(crate) fn single(&self, step: StepIndex) -> TaskIndex {
        TaskIndex(self.of_step[step.0 as usize].start)
    }

    /// The top-level step an instance belongs to; a precondition belongs to none.
    #[must_use]
    pub fn top_of(&self, task: TaskIndex) -> Option<StepIndex> {
        match self.node(task).role {
            Role::Precondition(_) => None,
            Role::Top(step) => Some(step),
            Role::Inner { roll, .. } | Role::BatchGate { roll, .. } => Some(roll),
            Role::Undo { of, .. } => self.top_of(of),
        }
    }

    /// The roll and batch (from 0) an instance belongs to.
    #[must_use]
    pub fn batch_of(&self, task: TaskIndex) -> Option<(StepIndex, u32)> {
        match self.node(task).role {
            Role::Inner { roll, batch, .. } | Role::BatchGate { roll, batch } => Some((roll, batch)),
            Role::Undo { of, .. } => self.batch_of(of),
            Role::Precondition(_) | Role::Top(_) => None,
        }
    }

    /// The instance of an inner step for one host.
    pub(crate) fn inner(&self, roll: StepIndex, host: HostIndex, inner: &StepId) -> Option<TaskIndex> {
        let path = StepPath::step(self.top(roll).id.clone())
            .join(host_segment(&self.plan, host))
            .join(Segment::Step(inner.clone()));
        self.find(&path)
    }

    pub(crate) fn batch_gate(&self, roll: StepIndex, batch: u32) -> Option<TaskIndex> {
        let path =
            StepPath::step(self.top(roll).id.clone()).join(Segment::Batch(batch + 1)).join(Segment::Step(gate_id()));
        self.find(&path)
    }

    /// Whether a host's steps need its ledger, and the accounts they use through sudo.
    pub(crate) fn needs_of(&self, host: HostIndex) -> (bool, Vec<String>) {
        let mut ledger = false;
        let mut accounts = Vec::new();
        for &task in &self.on_host[host.0 as usize] {
            ledger |= self.effect(task).changes();
            let account = match self.work(task) {
                Work::Probe(probe) => probe.command.account.clone(),
                Work::Command(command) => command.command.account.clone(),
                _ => None,
            };
            accounts.extend(account);
        }
        accounts.sort();
        accounts.dedup();
        (ledger, accounts)
    }
}

fn host_segment(plan: &Plan, host: HostIndex) -> Segment {
    Segment::Host(plan.host(host).name.clone())
}

fn gate_id() -> StepId {
    // Invariant: `gate` is a lower-case identifier.
    StepId::new("gate").expect("`gate` is a name")
}
