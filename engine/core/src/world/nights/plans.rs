//! Random plans: everything the language can say, small enough to run thousands of.

use crate::plan::{
    Action, Approve, CommandStep, Condition, EffectClass, Fact, Gate, GateTimeout, HoleSource, HostIndex, Manual,
    OnFailure, OnTimeout, Output, Piece, Plan, Probe, Quoting, Retry, Roll, Step, StepIndex, Template, Verify,
};
use crate::run::testing::{command, gate, id, plan, script, step};
use crate::runbook::OutputName;
use crate::world::random::Random;

/// `undoes`: a night about undoing; every step that changes something has an undo and asks for it by itself.
/// `destroys`: a night about approvals; it begins with one. `excludes`: which the starter may not give.
pub(super) fn random_plan(random: &mut Random, undoes: bool, destroys: bool, excludes: bool) -> Plan {
    let hosts = random.between(1, 6) as u32;
    let mut making = Making { random, undoes, hosts, steps: Vec::new(), single_output: None };
    let wants_roll = making.random.permille(920);
    let number = making.random.between(2, 6) as usize;
    let roll_at = making.random.below(number);
    if destroys {
        making.add_destroy(excludes);
    }
    let mut i = 0;
    while i < number {
        if wants_roll && i == roll_at {
            making.hosts = making.hosts.max(3);
            making.add_roll();
        } else {
            making.add_any();
        }
        i += 1;
    }
    let Making { random, hosts, steps, .. } = making;
    let mut plan = plan(hosts, steps);
    if random.permille(300) {
        let timeout_ms = 5_000;
        plan.preconditions.push(crate::plan::Precondition {
            id: id("tools"),
            title: Template::text("tools"),
            hosts: (0..hosts).map(HostIndex).collect(),
            probe: Probe { command: script("tools"), expect: None, timeout_ms },
        });
    }
    plan
}

struct Making<'r> {
    random: &'r mut Random,
    undoes: bool,
    hosts: u32,
    steps: Vec<Step>,
    /// A step on one host that certainly sets the output `n`.
    single_output: Option<String>,
}

impl Making<'_> {
    /// All above, or some above.
    fn needs(&mut self) -> Vec<u32> {
        let n = self.steps.len() as u32;
        if self.random.permille(600) {
            return (0..n).collect();
        }
        (0..n).filter(|_| self.random.permille(400)).collect()
    }

    fn push(&mut self, hosts: &[u32], action: Action) -> u32 {
        let index = self.steps.len() as u32;
        let mut needs = self.needs();
        // What names an output, and what an approval allows, comes after it.
        let mut when = None;
        if let Some(source) = self.single_output.clone()
            && self.random.permille(150)
        {
            let position = self.steps.iter().position(|s| s.id.as_str() == source).unwrap_or(0) as u32;
            if !needs.contains(&position) {
                needs.push(position);
                needs.sort_unstable();
            }
            let text = if self.random.permille(700) { "good" } else { "other" };
            when = Some(Condition(format!("steps.{source}.n == \"{text}\"")));
        }
        let mut made = step(&format!("s{index}"), &needs, hosts, action);
        made.when = when;
        self.steps.push(made);
        index
    }

    fn host(&mut self) -> u32 {
        self.random.below(self.hosts as usize) as u32
    }

    fn some_hosts(&mut self) -> Vec<u32> {
        let chosen: Vec<u32> = (0..self.hosts).filter(|_| self.random.permille(600)).collect();
        if chosen.is_empty() { vec![0] } else { chosen }
    }

    fn add_any(&mut self) {
        match self.random.below(12) {
            0..=2 => {
                let hosts = if self.random.permille(250) { self.some_hosts() } else { vec![self.host()] };
                let mut action = self.command(true);
                let is_single = hosts.len() == 1;
                if let Action::Command(command) = &mut action
                    && is_single
                    && self.random.permille(300)
                {
                    let name = OutputName::new("n").unwrap();
                    command.outputs = vec![Output { name, value: Condition("result.stdout".to_owned()) }];
                }
                let has_output = matches!(&action, Action::Command(c) if !c.outputs.is_empty());
                let index = self.push(&hosts, action);
                if has_output {
                    self.single_output = Some(format!("s{index}"));
                }
            }
            3 => {
                let hosts = self.some_hosts();
                let gate = self.gate();
                self.push(&hosts, Action::Gate(Box::new(gate)));
            }
            4 => {
                self.push(&[], Action::Pause { text: Template::text("look") });
            }
            5 => {
                let hosts = if self.random.permille(500) { vec![self.host()] } else { vec![] };
                let verify = if hosts.is_empty() { Verify::Person } else { self.verify() };
                self.push(&hosts, Action::Manual(Box::new(Manual { text: Template::text("do it"), verify })));
            }
            6 => {
                let ms = self.random.between(1, 60_000);
                self.push(&[], Action::Wait { ms });
            }
            7 => {
                self.push(&[], Action::Note { text: Template::text("noted") });
            }
            8..=9 => self.add_destroy(false),
            _ => self.add_roll(),
        }
    }

    fn verify(&mut self) -> Verify {
        if self.random.permille(200) {
            return Verify::Person;
        }
        let expect = self.random.permille(150).then(|| Condition("result.status == 0".to_owned()));
        Verify::Probe(Probe { command: script("verify"), expect, timeout_ms: 5_000 })
    }

    fn command(&mut self, may_undo: bool) -> Action {
        let effect = *self
            .random
            .pick(&[
                EffectClass::Once,
                EffectClass::Once,
                EffectClass::Repeatable,
                EffectClass::Repeatable,
                EffectClass::Read,
            ])
            .unwrap();
        let mut made = self.changing(effect, may_undo);
        if effect == EffectClass::Once || (effect == EffectClass::Repeatable && self.random.permille(300)) {
            made.verify = Some(self.verify());
        }
        if let Some(source) = self.single_output.clone()
            && self.random.permille(100)
        {
            let source = HoleSource::Output { step: id(&source), output: OutputName::new("n").unwrap() };
            let hole = crate::plan::Hole { source, quoting: Quoting::Shell };
            let text = Template { pieces: vec![Piece::Text("echo ".to_owned()), Piece::Hole(hole)] };
            made.command.kind = crate::plan::CommandKind::Script { shell: crate::plan::Shell::Sh, text };
        }
        Action::Command(Box::new(made))
    }

    fn changing(&mut self, effect: EffectClass, may_undo: bool) -> CommandStep {
        let mut made = command(effect);
        made.timeout_ms = Some(self.random.between(5_000, 120_000));
        made.retry = Retry { attempts: self.random.between(1, 3) as u32, delay_ms: self.random.between(0, 5_000) };
        made.on_timeout = if self.random.permille(300) { OnTimeout::Kill } else { OnTimeout::Ask };
        if self.random.permille(80) {
            made.expect = Some(Condition("result.status == 0 && result.stdout != \"bad\"".to_owned()));
        }
        if may_undo && effect != EffectClass::Read && (self.undoes || self.random.permille(400)) {
            made.undo = (0..self.random.between(1, 2))
                .map(|n| step(&format!("u{n}"), &[], &[], Action::Command(Box::new(command(EffectClass::Repeatable)))))
                .collect();
        }
        made.on_failure = match self.random.below(60) {
            0 => OnFailure::Stop,
            _ if self.undoes && !made.undo.is_empty() => OnFailure::Undo,
            1..=9 if !made.undo.is_empty() => OnFailure::Undo,
            _ => OnFailure::Ask,
        };
        made
    }

    fn gate(&mut self) -> Gate {
        let mut made = gate(self.random.between(1, 3) as u32);
        made.timeout_ms = self.random.between(3_000, 60_000);
        made.until = self.random.permille(150).then(|| Condition("result.stdout == \"good\"".to_owned()));
        if self.random.permille(20) {
            made.on_timeout = GateTimeout::Stop;
        }
        made
    }

    /// An approval and what it allows: a destroy step, or a roll of them.
    fn add_destroy(&mut self, excludes: bool) {
        let allowed = self.steps.len() as u32 + 1;
        let is_roll = self.random.permille(400);
        let approve = Approve {
            allows: vec![StepIndex(allowed)],
            show: Vec::new(),
            by: if self.random.permille(250) { 2 } else { 1 },
            of: if self.random.permille(200) { vec!["sre".to_owned()] } else { Vec::new() },
            not_starter: excludes || self.random.permille(200),
            fact: self
                .random
                .permille(200)
                .then(|| Fact { question: Template::text("how many?"), answer: Condition("\"12\"".to_owned()) }),
        };
        let approval = self.push(&[], Action::Approve(Box::new(approve)));
        // Nobody may leave out the approval of what destroys.
        self.steps[approval as usize].when = None;
        let mut made = self.changing(EffectClass::Destroy, false);
        made.preview = Some(Probe { command: script("preview"), expect: None, timeout_ms: 5_000 });
        made.verify = Some(self.verify());
        let action = Action::Command(Box::new(made));
        let index = if is_roll {
            let mut inner = Vec::new();
            if self.random.permille(400) {
                let read = self.changing(EffectClass::Read, false);
                inner.push(step("look", &[], &[], Action::Command(Box::new(read))));
                inner.push(step("wipe", &[0], &[], action));
            } else {
                inner.push(step("wipe", &[], &[], action));
            }
            let roll = self.roll_of(inner);
            self.push(&[], Action::Roll(Box::new(roll)))
        } else {
            let hosts = if self.random.permille(400) { self.some_hosts() } else { vec![self.host()] };
            self.push(&hosts, action)
        };
        let needs = &mut self.steps[index as usize].needs;
        if !needs.contains(&StepIndex(approval)) {
            needs.push(StepIndex(approval));
            needs.sort();
        }
    }

    fn add_roll(&mut self) {
        let number = self.random.between(1, 3);
        let mut inner = Vec::new();
        for k in 0..number {
            let action = match self.random.below(12) {
                0 => Action::Gate(Box::new(self.gate())),
                1 => Action::Pause { text: Template::text("look at this host") },
                2 => Action::Wait { ms: self.random.between(1, 10_000) },
                3 => Action::Manual(Box::new(Manual { text: Template::text("do it here"), verify: self.verify() })),
                _ => self.command(true),
            };
            let needs: Vec<u32> = if self.random.permille(700) {
                (0..k as u32).collect()
            } else {
                (0..k as u32).filter(|_| self.random.permille(300)).collect()
            };
            inner.push(step(&format!("i{k}"), &needs, &[], action));
        }
        let roll = self.roll_of(inner);
        self.push(&[], Action::Roll(Box::new(roll)));
    }

    fn roll_of(&mut self, steps: Vec<Step>) -> Roll {
        let number = self.random.between(u64::from(self.hosts.min(3)), u64::from(self.hosts)) as u32;
        let mut batches = Vec::new();
        let mut next = 0;
        while next < number {
            let size = self.random.between(1, 3).min(u64::from(number - next)) as u32;
            batches.push((next..next + size).map(HostIndex).collect());
            next += size;
        }
        let gate = self.random.permille(800).then(|| self.gate());
        Roll { batches, budget: self.random.below(3) as u32, steps, gate }
    }
}
