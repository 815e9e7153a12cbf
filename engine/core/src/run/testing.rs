//! What the tests of this module build runs from: plans by hand, a journal in memory, a host that does as it is told.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::plan::*;
use crate::runbook::{HostAddress, HostName, StepId};

pub(crate) struct Memory {
    pub(crate) records: Vec<Record>,
}

impl Journal for Memory {
    type Error = Infallible;

    fn append(&mut self, batch: &[Record], _: Durability) -> Result<(), Infallible> {
        self.records.extend_from_slice(batch);
        Ok(())
    }
}

pub(crate) fn id(text: &str) -> StepId {
    StepId::new(text).unwrap()
}

pub(crate) fn script(text: &str) -> crate::plan::Command {
    crate::plan::Command {
        kind: CommandKind::Script { shell: Shell::Sh, text: Template::text(text) },
        account: None,
        env: Vec::new(),
        stdin: None,
        cwd: None,
    }
}

pub(crate) fn command(effect: EffectClass) -> CommandStep {
    CommandStep {
        effect,
        command: script("true"),
        expect: None,
        outputs: Vec::new(),
        timeout_ms: Some(60_000),
        usual_ms: None,
        retry: Retry { attempts: 1, delay_ms: 0 },
        on_timeout: OnTimeout::Ask,
        on_failure: OnFailure::Ask,
        verify: None,
        preview: None,
        undo: Vec::new(),
    }
}

pub(crate) fn step(name: &str, needs: &[u32], hosts: &[u32], action: Action) -> Step {
    Step {
        id: id(name),
        title: Template::text(name),
        if_it_fails: "call the owner".to_owned(),
        needs: needs.iter().map(|n| StepIndex(*n)).collect(),
        when: None,
        hosts: hosts.iter().map(|h| HostIndex(*h)).collect(),
        all_at_once: None,
        action,
    }
}

pub(crate) fn gate(samples: u32) -> Gate {
    Gate {
        command: script("gate"),
        probe_timeout_ms: 1_000,
        until: None,
        every_ms: 1_000,
        samples,
        timeout_ms: 10_000,
        on_timeout: GateTimeout::Ask,
        hosts: None,
    }
}

pub(crate) fn host(name: &str) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        transport: Transport::Local,
        address: HostAddress::new(name).unwrap(),
        port: None,
        user: None,
        groups: Vec::new(),
        vars: BTreeMap::new(),
        site: "local".to_owned(),
        ledger_dir: "/var/tmp".to_owned(),
    }
}

pub(crate) fn plan(hosts: u32, steps: Vec<Step>) -> Plan {
    Plan {
        format: Plan::FORMAT,
        semantics: Plan::SEMANTICS,
        runbook: "test".to_owned(),
        title: "Test".to_owned(),
        if_it_fails: "call the owner".to_owned(),
        environment: "lab".to_owned(),
        params: BTreeMap::new(),
        hosts: (1..=hosts).map(|n| host(&format!("web-{n}"))).collect(),
        preconditions: Vec::new(),
        steps,
    }
}

pub(crate) fn operator() -> Actor {
    Actor::Person { name: "alice".to_owned(), uid: Some(1000), groups: vec!["sre".to_owned()] }
}

pub(crate) fn info() -> StartInfo {
    StartInfo {
        run: "7f3a".to_owned(),
        plan_digest: "0".repeat(64),
        runbook_file: "test.yaml".to_owned(),
        runbook_digest: "0".repeat(64),
        git_commit: None,
        git_dirty: None,
        inventory_digest: None,
        incident: None,
        tool: "0.1.0".to_owned(),
        machine: "ops".to_owned(),
        time_zone: "+00:00".to_owned(),
        drill: false,
        ssh_config: None,
    }
}

pub(crate) fn at(seconds: u64) -> Now {
    let start: DateTime<Utc> = "2026-05-01T12:00:00Z".parse().unwrap();
    Now {
        wall: start + TimeDelta::seconds(i64::try_from(seconds).unwrap()),
        elapsed: seconds * 1_000_000_000,
        boot: BootId("boot-1".to_owned()),
    }
}

pub(crate) fn ended(status: i32, stdout: &str) -> Report {
    let captured = |text: &str| Captured {
        text: CapturedText::Text(text.to_owned()),
        info: StreamInfo { bytes: text.len() as u64, sha256: format!("digest of {text}"), redactions: 0, cut: false },
    };
    Report::Ended(Box::new(Ended {
        exit: Exit::Code(status),
        took_ms: 10,
        stdout: captured(stdout),
        stderr: captured(""),
    }))
}

/// A run, its journal, and the effects nobody has answered yet.
pub(crate) struct Bench {
    pub(crate) run: Run,
    pub(crate) journal: Memory,
    pub(crate) effects: Vec<Effect>,
    pub(crate) seconds: u64,
}

impl Bench {
    pub(crate) fn start(plan: Plan) -> Self {
        let mut bench = Self::planned(plan);
        bench.preflight();
        bench
    }

    /// Started, with no host met yet.
    pub(crate) fn planned(plan: Plan) -> Self {
        let run = Run::resume(Arc::new(plan), "sha256:plan", &[]).unwrap();
        let mut bench = Self { run, journal: Memory { records: Vec::new() }, effects: Vec::new(), seconds: 0 };
        bench.say(Input::Start { actor: operator(), info: Box::new(info()) }).unwrap();
        bench
    }

    pub(crate) fn preflight(&mut self) {
        while self.meet().is_some() {}
    }

    /// Meets the next host that is looked at.
    pub(crate) fn meet(&mut self) -> Option<HostName> {
        let at = self.effects.iter().position(|e| matches!(e, Effect::Preflight { .. }))?;
        let Effect::Preflight { host, .. } = self.effects.remove(at) else { unreachable!() };
        let identity =
            HostIdentity { ledger: Some(format!("ledger of {host}")), machine: host.to_string(), boot: "b".to_owned() };
        self.say(Input::Preflighted { host: host.clone(), result: Ok(identity) }).unwrap();
        Some(host)
    }

    pub(crate) fn say(&mut self, input: Input) -> Result<(), Rejected> {
        self.seconds += 1;
        let mut batch = self.run.batch(at(self.seconds));
        batch.decide(input)?;
        let Ok(effects) = batch.commit(&mut self.journal);
        self.effects.extend(effects);
        Ok(())
    }

    /// The same journal in another engine that came some seconds later and has met its hosts.
    pub(crate) fn resumed(&self, after: u64) -> Self {
        let mut bench = self.taken_up(after);
        bench.preflight();
        bench
    }

    /// The same before it met a host.
    pub(crate) fn taken_up(&self, after: u64) -> Self {
        let mut bench = self.again(after);
        bench.say(Input::Resumed { actor: operator() }).unwrap();
        bench
    }

    /// The same before anybody said that it is resumed.
    pub(crate) fn again(&self, after: u64) -> Self {
        let records = self.journal.records.clone();
        let run = Run::resume(Arc::clone(self.run.plan()), "sha256:plan", &records).unwrap();
        Self { run, journal: Memory { records }, effects: Vec::new(), seconds: self.seconds + after }
    }

    /// Lets an armed timer fire.
    pub(crate) fn fire(&mut self, is: impl Fn(&Timer) -> bool) {
        let armed = |e: &Effect| matches!(e, Effect::ArmTimer { timer, .. } if is(timer));
        let at = self.effects.iter().position(armed).expect("it is armed");
        let Effect::ArmTimer { timer, .. } = self.effects.remove(at) else { unreachable!() };
        self.say(Input::TimerFired { timer }).unwrap();
    }

    /// Takes the next command that was sent out.
    pub(crate) fn sent(&mut self) -> Option<ExecuteRequest> {
        let at = self.effects.iter().position(|e| matches!(e, Effect::Execute(_)))?;
        match self.effects.remove(at) {
            Effect::Execute(request) => Some(*request),
            _ => None,
        }
    }

    /// Answers every command with what `reply` says, and fires sample and retry timers, until nothing is left.
    pub(crate) fn run_all(&mut self, reply: impl Fn(&ExecuteRequest) -> Report) {
        loop {
            if let Some(request) = self.sent() {
                let report = reply(&request);
                self.say(Input::Reported { key: request.key, report, at: None }).unwrap();
                continue;
            }
            let timer = self.effects.iter().position(|e| {
                matches!(
                    e,
                    Effect::ArmTimer { timer: Timer::Sample { .. } | Timer::Retry { .. } | Timer::Wait { .. }, .. }
                )
            });
            let Some(timer) = timer else { return };
            let Effect::ArmTimer { timer, .. } = self.effects.remove(timer) else { unreachable!() };
            // A timer that nobody awaits any more is rejected, and that is all.
            let _ = self.say(Input::TimerFired { timer });
        }
    }

    pub(crate) fn states(&self) -> Vec<(String, &'static str)> {
        let graph = self.run.state().graph();
        graph.tasks().map(|t| (graph.path(t).to_string(), self.run.state().task(t).state.word())).collect()
    }

    /// The state word of one instance.
    pub(crate) fn word(&self, path: &str) -> &'static str {
        self.states().into_iter().find(|(p, _)| p == path).expect("the plan has the step").1
    }

    pub(crate) fn ask(&self) -> &Ask {
        self.run.state().asks().next().expect("an ask is open")
    }

    pub(crate) fn answer(&mut self, word: Word) -> Result<(), Rejected> {
        self.answer_at(&self.ask().id.path.to_string(), word)
    }

    /// Answers the ask of one instance.
    pub(crate) fn answer_at(&mut self, path: &str, word: Word) -> Result<(), Rejected> {
        let ask = self.run.state().asks().find(|ask| ask.id.path.to_string() == path).expect("an ask is open there");
        let (ask, typed) = (ask.id.clone(), ask.typed.clone());
        let text = Some("because".to_owned());
        self.say(Input::Answered {
            actor: operator(),
            answer: Answer {
                ask,
                word,
                reason: text.clone(),
                evidence: text,
                fact: None,
                plan: None,
                typed,
                wait_ms: Some(5_000),
                prepared: false,
            },
        })
    }
}

/// A roll of one changing step over `hosts` hosts, one at a time.
pub(crate) fn rolling(hosts: u32, budget: u32) -> Plan {
    let roll = Roll {
        batches: (0..hosts).map(|h| vec![HostIndex(h)]).collect(),
        budget,
        steps: vec![step("restart", &[], &[], Action::Command(Box::new(command(EffectClass::Repeatable))))],
        gate: Some(gate(2)),
    };
    plan(hosts, vec![step("roll", &[], &[], Action::Roll(Box::new(roll)))])
}
