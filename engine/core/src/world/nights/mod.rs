//! One random night: a plan, hosts, people, and an engine that dies; an oracle watches.
//!
//! ```text
//!   Night ── what happens when                      (mod.rs)
//!     ├─ voices.rs, people.rs   what people say
//!     ├─ engine.rs, disk.rs     the engine: decide, commit, dispatch, die, come again
//!     ├─ effects.rs, hosts.rs   what effects do, and what comes back
//!     └─ checks.rs, oracle/     what must be true
//! ```

mod checks;
mod disk;
mod effects;
mod engine;
mod facts;
mod hosts;
mod oracle;
mod people;
mod plans;
mod seeds;
mod voices;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use self::disk::Disk;
use self::facts::Facts;
use self::hosts::Hosts;
use self::oracle::Oracle;
use super::random::Random;
use crate::plan::{Plan, StepPath};
use crate::run::testing::{ended, info};
use crate::run::{
    BootId, Command, EffectKey, ExecuteRequest, ExitCode, Input, Now, Purpose, RecordKind, Report, Run, Sabotage,
    State, Timer,
};
use crate::runbook::HostName;

const SECOND: u64 = 1_000_000_000;
/// From here on nothing goes wrong any more, so that what does not end is stuck.
const CALM_AFTER: u32 = 500;
/// A run that has not ended by then never will.
const STUCK_AFTER: u32 = 6_000;

/// What a night did, by name: crash points, fates, faults.
pub(super) type Coverage = BTreeMap<String, u64>;

#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) coverage: Coverage,
    pub(super) crashes: u32,
    pub(super) unknowns: u32,
    pub(super) rolls_over_three: bool,
    pub(super) events: u32,
    pub(super) exit: Option<ExitCode>,
}

/// What was violated, and the last things that happened before.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) what: String,
    pub(super) trace: Vec<String>,
}

#[derive(Debug, Clone)]
enum Event {
    /// Something reaches the engine of this number; another one hears it rarely.
    Deliver(u32, Box<Input>),
    Timer(u32, Timer),
    /// A start request that was lost on its way arrives after all.
    LateStart(Box<ExecuteRequest>),
    /// A running command ends; whether its process vanishes, and which engine hears of it.
    Ends(EffectKey, bool, Option<u32>),
    Killed(EffectKey, u32),
    Person,
    Operator,
}

struct Night {
    random: Random,
    plan: Arc<Plan>,
    facts: Facts,
    run: Run,
    shadow: State,
    disk: Disk,
    oracle: Oracle,
    hosts: Hosts,
    now: u64,
    booted: u64,
    boot: u32,
    queue: BTreeMap<(u64, u64), Event>,
    ticket: u64,
    engine: u32,
    executed: BTreeSet<EffectKey>,
    summary: Summary,
    crashes_left: u32,
    favourite: &'static str,
    sabotage: Option<Sabotage>,
    /// Tells what happens as it happens: a night that never ends has no trace to print afterwards.
    is_loud: bool,
    trace: Vec<String>,
    drill: bool,
    patience: BTreeMap<StepPath, u32>,
    /// The input under way: what a verdict may follow from.
    cause: Option<Input>,
    /// Attempts a later engine hears of although an earlier one sent them.
    attached: BTreeMap<(StepPath, u32), u32>,
    /// Nobody says anything about a step whose host is still asked.
    are_patient: bool,
    /// Hosts whose network is away, and until when.
    cuts: BTreeMap<HostName, u64>,
    /// A host that starts never reach, as long as anything goes wrong.
    swallows: Option<HostName>,
    /// Two names of one host.
    twins: Option<(HostName, HostName)>,
    /// Since when, and by which engine, a host is asked about an attempt.
    asked_since: BTreeMap<(StepPath, u32), (u32, u64)>,
}

/// Lives through one night.
pub(super) fn night(seed: u64, sabotage: Option<Sabotage>, is_loud: bool) -> Result<Summary, Violation> {
    let mut random = Random::new(seed);
    let favourite = RecordKind::NAMES[random.below(RecordKind::NAMES.len())];
    let plan = Arc::new({
        let is_glass = favourite == "breakglass.used";
        let (undoes, destroys) = (favourite.starts_with("undo."), is_glass || favourite == "approval.voided");
        plans::random_plan(&mut random, undoes, destroys, is_glass)
    });
    // Invariant: no record, nothing that could not fit.
    let mut run = Run::resume(Arc::clone(&plan), "sha256:plan", &[]).expect("a start is a resume with no records");
    if let Some(rule) = sabotage {
        run.sabotage(rule);
    }
    let shadow = run.state().clone();
    let crashes_left = random.between(2, 8) as u32;
    let drill = random.permille(600);
    let mut night = Night {
        facts: Facts::new(&plan),
        plan,
        run,
        shadow,
        disk: Disk { records: Vec::new(), synced: 0, fails_after: None },
        oracle: Oracle::default(),
        hosts: Hosts::default(),
        now: 10 * SECOND,
        booted: 0,
        boot: 1,
        queue: BTreeMap::new(),
        ticket: 0,
        engine: 1,
        executed: BTreeSet::new(),
        summary: Summary::default(),
        crashes_left,
        favourite,
        sabotage,
        is_loud,
        trace: Vec::new(),
        drill,
        patience: BTreeMap::new(),
        cause: None,
        attached: BTreeMap::new(),
        are_patient: favourite != "outcome.late" && random.permille(500),
        cuts: BTreeMap::new(),
        swallows: None,
        twins: None,
        asked_since: BTreeMap::new(),
        random,
    };
    if night.random.permille(30) && night.plan.hosts.len() > 1 {
        night.twins = Some((night.plan.hosts[0].name.clone(), night.plan.hosts[1].name.clone()));
    }
    if favourite.starts_with("lock.") || night.random.permille(50) {
        let host = night.any_host();
        night.hosts.locks.insert(host, "beef-1".to_owned());
    }
    if night.random.permille(80) {
        night.swallows = Some(night.any_host());
    }
    night.count(format!("night about {favourite}"));
    match night.live() {
        Ok(()) => {
            night.summary.exit = night.run.state().finished().or(night.run.state().drained());
            night.summary.rolls_over_three = night.rolled_over_three();
            Ok(night.summary)
        }
        Err(what) => Err(Violation { what, trace: night.trace }),
    }
}

impl Night {
    fn is_calm(&self) -> bool {
        self.summary.events > CALM_AFTER
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.summary.coverage.entry(what.into()).or_default() += 1;
    }

    fn any_host(&mut self) -> HostName {
        let at = self.random.below(self.plan.hosts.len());
        self.plan.hosts[at].name.clone()
    }

    fn is_about_late_outcomes(&self) -> bool {
        self.favourite == "outcome.late" && !self.is_calm()
    }

    fn is_cut(&self, host: &HostName) -> bool {
        !self.is_calm() && self.cuts.get(host).is_some_and(|until| *until > self.now)
    }

    fn clock(&self) -> Now {
        let start: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        Now {
            wall: start + TimeDelta::nanoseconds(i64::try_from(self.now).unwrap_or(0)),
            elapsed: self.now - self.booted,
            boot: BootId(format!("boot-{}", self.boot)),
        }
    }

    fn later(&mut self, after: u64, event: Event) {
        self.ticket += 1;
        self.queue.insert((self.now + after, self.ticket), event);
    }

    fn live(&mut self) -> Result<(), String> {
        let mut info = info();
        info.drill = self.drill;
        if self.random.permille(200) {
            let early = Input::Commanded { actor: people::people()[0].clone(), command: Command::Hold };
            self.say(early)?;
        }
        self.say(Input::Start { actor: people::people()[0].clone(), info: Box::new(info) })?;
        self.later(SECOND, Event::Person);
        self.later(5 * SECOND, Event::Operator);
        let mut fruitless = 0;
        loop {
            if self.run.state().finished().is_some() {
                return self.after_the_end();
            }
            if self.run.state().drained().is_some() {
                fruitless += 1;
                if fruitless > 400 {
                    return Err(format!("the run drains for ever: {}", self.describe()));
                }
                self.restart()?;
                continue;
            }
            self.summary.events += 1;
            if self.summary.events > STUCK_AFTER {
                return Err(format!("the run does not end: {}", self.describe()));
            }
            let Some(((at, _), event)) = self.queue.pop_first() else {
                return Err("nothing is left to happen".to_owned());
            };
            self.now = self.now.max(at);
            self.happen(event)?;
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Deliver(engine, input) => {
                if engine == self.engine || self.random.permille(150) {
                    if engine != self.engine {
                        self.count("fault: heard by a later engine");
                    }
                    self.deliver(*input)?;
                }
            }
            Event::Timer(engine, timer) => {
                if engine == self.engine {
                    self.say(Input::TimerFired { timer })?;
                }
            }
            Event::LateStart(request) => {
                let status = i32::from(self.random.permille(200));
                if self.hosts.claim(&request, status, "good").is_ok() {
                    self.count("fault: a late start ran");
                    let took = self.random.between(1, 20) * SECOND;
                    self.later(took, Event::Ends(request.key, false, None));
                } else {
                    self.count("fault: a late start was refused");
                }
            }
            Event::Ends(key, vanish, engine) => {
                if self.hosts.end(&key.path, key.attempt, vanish) {
                    let attached = self.attached.get(&(key.path.clone(), key.attempt)).copied();
                    // Whoever attached to it last hears of it; the engine that sent it may be gone.
                    if let (Some(engine), Some(report)) =
                        (attached.or(engine), self.hosts.report(&key.path, key.attempt))
                    {
                        self.report(engine, key, report);
                    }
                }
            }
            Event::Killed(key, engine) => {
                self.hosts.kill(&key.path, key.attempt);
                let report = self.hosts.report(&key.path, key.attempt).unwrap_or_else(hosts::lost);
                self.report(engine, key, report);
            }
            Event::Person => {
                self.person()?;
                let after = self.random.between(1, if self.is_calm() { 5 } else { 60 }) * SECOND;
                self.later(after, Event::Person);
            }
            Event::Operator => {
                self.operator()?;
                let after = self.random.between(1, 120) * SECOND;
                self.later(after, Event::Operator);
            }
        }
        Ok(())
    }

    fn rolled_over_three(&self) -> bool {
        let mut hosts: BTreeMap<&crate::runbook::StepId, BTreeSet<&crate::runbook::HostName>> = BTreeMap::new();
        for record in &self.disk.records {
            if let RecordKind::StepIntended { path, host, purpose: Purpose::Main, .. } = &record.kind
                && self.facts.tasks[path].roll().is_some()
            {
                hosts.entry(path.root()).or_default().insert(host);
            }
        }
        hosts.values().any(|hosts| hosts.len() >= 3)
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if self.is_loud {
            println!("{}", line());
        } else if cfg!(debug_assertions) || self.sabotage.is_none() {
            let line = line();
            self.trace.push(line);
            if self.trace.len() > 400 {
                self.trace.drain(..200);
            }
        }
    }

    fn describe(&self) -> String {
        let state = self.run.state();
        let tasks: Vec<String> = state
            .graph()
            .tasks()
            .filter(|t| !state.task(*t).state.is_satisfied())
            .map(|t| format!("{} {:?}", state.graph().path(t), state.task(t).state))
            .collect();
        let asks: Vec<String> = state.asks().map(|a| format!("{} {:?}", a.id.path, a.kind)).collect();
        format!("left: {tasks:?}, asks: {asks:?}, held: {}, {}", state.is_held(), self.run.fingerprint())
    }
}

fn short(what: &impl std::fmt::Debug) -> String {
    format!("{what:?}").chars().take(600).collect()
}

#[test]
fn an_ended_report_is_what_the_oracle_expects() {
    assert!(matches!(ended(0, "good"), Report::Ended(_)));
}
