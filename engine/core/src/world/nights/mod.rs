//! One random night: a plan, hosts, people, and an engine that dies; an oracle watches.

mod disk;
mod facts;
mod hosts;
mod oracle;
mod people;
mod plans;
mod seeds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use self::disk::Disk;
use self::facts::Facts;
use self::hosts::{Fate, Hosts};
use self::oracle::Oracle;
use super::random::Random;
use crate::plan::{Plan, StepPath};
use crate::run::testing::{ended, info};
use crate::run::{
    AskUnavailableReason, BootId, Command, DrainReason, Effect, EffectKey, ExecuteRequest, ExitCode, HostIdentity,
    Input, LockHolder, Now, Purpose, Record, RecordKind, Rejected, Report, Run, Sabotage, State, TargetAnswer, Timer,
    UnknownReason, Word,
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

    /// Sends a report on its way, sometimes twice.
    fn report(&mut self, engine: u32, key: EffectKey, report: Report) {
        let input = Input::Reported { key, report, at: None };
        let delay = self.random.between(0, 2 * SECOND);
        self.later(delay, Event::Deliver(engine, Box::new(input.clone())));
        if self.random.permille(100) {
            self.count("fault: reported twice");
            let delay = self.random.between(0, 30 * SECOND);
            self.later(delay, Event::Deliver(engine, Box::new(input)));
        }
    }

    fn deliver(&mut self, input: Input) -> Result<(), String> {
        if let Input::Reported { key, report, .. } = &input
            && key.purpose == Purpose::Sample
        {
            let is_good = self.is_good_sample(key, report);
            if is_good && self.executed.contains(key) {
                self.oracle.good_samples.insert((key.path.clone(), key.attempt, key.host.clone()));
            }
        }
        self.say(input)
    }

    fn is_good_sample(&self, key: &EffectKey, report: &Report) -> bool {
        let Report::Ended(ended) = report else { return false };
        if self.has_until(&key.path) {
            matches!(&ended.stdout.text, crate::run::CapturedText::Text(text) if text == "good")
        } else {
            ended.exit == crate::run::Exit::Code(0)
        }
    }

    fn has_until(&self, path: &StepPath) -> bool {
        use crate::plan::Action;
        let step = self.plan.steps.iter().find(|s| s.id == *path.root());
        match step.map(|s| &s.action) {
            Some(Action::Gate(gate)) => gate.until.is_some(),
            Some(Action::Roll(roll)) => match roll.steps.iter().find(|s| s.id == *path.id()).map(|s| &s.action) {
                Some(Action::Gate(gate)) => gate.until.is_some(),
                _ => roll.gate.as_ref().is_some_and(|g| g.until.is_some()),
            },
            _ => false,
        }
    }

    fn person(&mut self) -> Result<(), String> {
        let state = self.run.state();
        let is_heard = |ask: &&crate::run::Ask| !self.are_patient || state.is_pressing(ask);
        let asks: Vec<_> = state.asks().filter(is_heard).cloned().collect();
        let Some(ask) = self.random.pick(&asks).cloned() else { return Ok(()) };
        let all = people::people();
        let Some(driver) = self.run.state().pen().cloned() else { return self.take_pen() };
        if self.is_calm() {
            let time = self.patience.entry(ask.id.path.clone()).or_default();
            *time += 1;
            let answer = people::calm_answer(&ask, *time);
            let word = answer.word;
            let actor = match word {
                Word::Approve | Word::BreakGlass => self.random.pick(&all).cloned().unwrap_or(driver),
                _ => driver,
            };
            self.count(format!("word: {word:?}"));
            return self.say(Input::Answered { actor, answer });
        }
        if self.random.permille(30) {
            self.count("fault: an ask could not be put");
            return self.say(Input::AskUnavailable { ask: ask.id, reason: AskUnavailableReason::NoTerminal });
        }
        let likes = if self.favourite == "breakglass.used" { &[Word::BreakGlass][..] } else { &[] };
        let (answer, is_wrong) = people::any_answer(&mut self.random, &ask, likes);
        let actor = if self.random.permille(700) { driver } else { self.random.pick(&all).cloned().unwrap_or(driver) };
        self.count(format!("word: {:?}", answer.word));
        let before = self.disk.records.len();
        let engine = self.engine;
        self.say(Input::Answered { actor, answer: answer.clone() })?;
        if is_wrong && engine == self.engine && self.disk.records.len() > before {
            return Err(format!("an answer was taken that must not be: {answer:?}"));
        }
        Ok(())
    }

    /// It was handed over: nobody drives before somebody has taken it up.
    fn take_pen(&mut self) -> Result<(), String> {
        let all = people::people();
        let actor = self.random.pick(&all).cloned().unwrap_or_else(|| all[0].clone());
        let command = if self.is_calm() || self.random.permille(700) { Command::Pen } else { Command::Hold };
        self.count("nobody has the pen");
        self.say(Input::Commanded { actor, command })
    }

    fn operator(&mut self) -> Result<(), String> {
        let all = people::people();
        let Some(driver) = self.run.state().pen().cloned() else { return self.take_pen() };
        if self.is_calm() {
            if self.run.state().is_held() {
                return self.say(Input::Commanded { actor: driver, command: Command::Continue });
            }
            return Ok(());
        }
        if self.random.permille(20) {
            self.count("fault: drained by a signal");
            return self.say(Input::Drain { reason: DrainReason::Signal });
        }
        if self.random.permille(15) {
            self.count("fault: the engine lacks something");
            return self.say(Input::Halted { why: "nobody lends an agent".to_owned() });
        }
        if self.random.permille(15) {
            self.count("fault: another run takes a host over");
            let host = self.any_host();
            self.hosts.locks.insert(host, format!("beef-{}", self.engine + 1));
        }
        if self.random.permille(60) {
            self.count("fault: the network of a host is away");
            let (host, until) = (self.any_host(), self.now + self.random.between(5, 600) * SECOND);
            self.cuts.insert(host, until);
        }
        if self.random.permille(150)
            && let Some(path) = self.facts.tasks.iter().find(|(_, f)| !f.allowed_by.is_empty()).map(|(p, _)| p.clone())
        {
            self.count("fault: somebody changed what a destroy step takes");
            self.hosts.meddle(&path);
        }
        let is_fatal = self.favourite == "run.aborted" && self.random.permille(200);
        let command = if is_fatal { people::abort(&mut self.random) } else { people::command(&mut self.random) };
        let actor = if self.random.permille(900) { driver } else { all[1].clone() };
        self.count(format!("command: {}", format!("{command:?}").split([' ', '{']).next().unwrap_or_default()));
        self.say(Input::Commanded { actor, command })
    }

    /// Gives the run one input, as a driver would: decide, commit, dispatch. The engine may die at every point.
    fn say(&mut self, input: Input) -> Result<(), String> {
        self.note(|| format!("-> {}", short(&input)));
        let now = self.clock();
        let before = self.run.fingerprint();
        self.cause = Some(input.clone());
        let may_die = self.crashes_left > 0 && !self.is_calm();
        let mut batch = self.run.batch(now);
        if let Err(rejected) = batch.decide(input.clone()) {
            if !batch.records().is_empty() {
                return Err(format!("a rejected input left records: {rejected}"));
            }
            drop(batch);
            if self.run.fingerprint() != before {
                return Err(format!("a rejected input changed the run: {rejected}"));
            }
            self.note(|| format!("   rejected: {rejected}"));
            self.count("rejected");
            return self.lost_outcome(&input, &rejected);
        }
        let likes = batch.records().iter().position(|r| r.kind.name() == self.favourite);
        let point = if may_die && (self.random.permille(60) || (likes.is_some() && self.random.permille(600))) {
            // Exactly behind the record that this night is about, mostly.
            Some(if likes.is_some() && self.random.permille(600) { 1 } else { self.random.below(5) })
        } else {
            None
        };
        if point == Some(0) && !batch.records().is_empty() {
            drop(batch);
            self.count("crash: before the commit");
            return self.crash(false);
        }
        if point == Some(1) && !batch.records().is_empty() {
            // Most of the time exactly behind the record that this night is about.
            let records = batch.records().len();
            let anywhere = self.random.below(records + 1);
            self.disk.fails_after = Some(likes.map_or(anywhere, |at| at + 1));
        }
        let from = self.disk.records.len();
        match batch.commit(&mut self.disk) {
            Err(_) => {
                self.see(from)?;
                self.count("crash: the journal failed");
                self.crash(false)
            }
            Ok(effects) => {
                self.disk.fails_after = None;
                self.see(from)?;
                if let Some(difference) = self.run.state().differs_from(&self.shadow) {
                    return Err(format!("the state is not the fold of its records: {difference}"));
                }
                if point == Some(2) {
                    self.count("crash: before the effects");
                    return self.crash(self.disk.records.len() > self.disk.synced);
                }
                for effect in effects {
                    if point == Some(3) && self.random.permille(300) {
                        self.count("crash: among the effects");
                        return self.crash(true);
                    }
                    self.dispatch(effect)?;
                }
                if point == Some(4) {
                    self.count("crash: after the effects");
                    return self.crash(true);
                }
                Ok(())
            }
        }
    }

    /// Lets the oracle and the shadow see what has been written.
    fn see(&mut self, from: usize) -> Result<(), String> {
        for i in from..self.disk.records.len() {
            let record = self.disk.records[i].clone();
            self.note(|| format!("   {} {}", record.seq, short(&record.kind)));
            if matches!(record.kind, RecordKind::StepUnknown { .. }) {
                self.summary.unknowns += 1;
            }
            self.check_cause(&record)?;
            self.oracle.see(&self.facts, &self.plan, &record)?;
            self.check_asking(&record)?;
            if self.sabotage != Some(Sabotage::EffectsBeforeCommit) || self.shadow.seq() + 1 == record.seq {
                self.shadow.apply(&record).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    /// A host that does not answer is asked again for minutes before a person must say.
    fn check_asking(&mut self, record: &Record) -> Result<(), String> {
        match &record.kind {
            RecordKind::StepUnknown { path, attempt, reason: UnknownReason::Unanswered { .. }, asking: false } => {
                let Some((_, since)) = self.asked_since.remove(&(path.clone(), *attempt)) else { return Ok(()) };
                let asked = (self.now - since) / SECOND;
                if asked < 140 && matches!(self.cause, Some(Input::TargetAnswered { .. })) {
                    return Err(format!("{path}: the host was asked for {asked} s only"));
                }
                self.count("asked in vain until a person must say");
            }
            // Another doubt, and not the same one that still has no answer.
            RecordKind::StepUnknown { path, attempt, reason, asking: true }
                if !matches!(reason, UnknownReason::Unanswered { .. }) =>
            {
                self.asked_since.remove(&(path.clone(), *attempt));
            }
            RecordKind::AskAnswered { ask, word: Word::AskAgain, .. } => {
                self.asked_since.retain(|(path, _), _| *path != ask.path);
            }
            _ => {}
        }
        Ok(())
    }

    /// Nor is it asked for ever.
    fn check_question(&mut self, key: &EffectKey) -> Result<(), String> {
        let begin = (self.engine, self.now);
        let asked = self.asked_since.entry((key.path.clone(), key.attempt)).or_insert(begin);
        if asked.0 != self.engine {
            *asked = begin;
        }
        let passed = (self.now - asked.1) / SECOND;
        if passed > 0 {
            self.count("asked: again");
        }
        if passed > 190 { Err(format!("{key}: the host is still asked after {passed} s")) } else { Ok(()) }
    }

    /// A verdict on what changes follows from an answer about it, from a person, or not at all.
    fn check_cause(&self, record: &Record) -> Result<(), String> {
        let (path, attempt) = match &record.kind {
            RecordKind::StepFailed { path, purpose: Purpose::Main, attempt, .. }
            | RecordKind::StepCancelled { path, attempt, .. }
            | RecordKind::StepNotStarted { path, attempt, .. } => (path, *attempt),
            RecordKind::StepSettled { path, attempt, failed: Some(_), .. } => (path, *attempt),
            _ => return Ok(()),
        };
        if !self.facts.tasks[path].effect.changes() || attempt == 0 {
            return Ok(());
        }
        let is_sent =
            self.executed.iter().any(|k| k.path == *path && k.purpose == Purpose::Main && k.attempt == attempt);
        let is_answer = match &self.cause {
            // What waits to be tried again has failed, and what never arrived never ran: to settle it only says so.
            _ if self.oracle.has_not_worked(path) && matches!(record.kind, RecordKind::StepSettled { .. }) => true,
            Some(Input::Reported { key, report, .. }) => {
                key.path == *path && (key.purpose != Purpose::Main || !matches!(report, Report::Unknown(_)))
            }
            Some(Input::TargetAnswered { key, answer }) => {
                key.path == *path
                    && !matches!(answer, TargetAnswer::Unknown(_) | TargetAnswer::Ended(Report::Unknown(_)))
            }
            Some(Input::Answered { answer, .. }) => answer.ask.path == *path,
            _ => false,
        };
        let ran = self.hosts.ran.contains(&(path.clone(), attempt));
        if matches!(record.kind, RecordKind::StepNotStarted { .. }) && ran && is_sent {
            return Err(format!("{path} attempt {attempt} is said never to have started, but it ran"));
        }
        if is_answer || !is_sent {
            Ok(())
        } else {
            Err(format!("{path}: a verdict without an answer: {:?}", record.kind))
        }
    }

    /// No outcome may get lost: what was rejected is known already, or agrees with what was settled without it.
    fn lost_outcome(&self, input: &Input, rejected: &Rejected) -> Result<(), String> {
        let Input::Reported { key, report: Report::Ended(ended), .. } = input else { return Ok(()) };
        if key.purpose != Purpose::Main || !self.facts.tasks[&key.path].effect.changes() {
            return Ok(());
        }
        let is_over = matches!(rejected, Rejected::RunOver | Rejected::NotResumed | Rejected::Drained);
        let is_known = self.oracle.outcomes.contains(&(key.path.clone(), key.attempt));
        let is_good = ended.exit == crate::run::Exit::Code(0);
        let is_agreed = self.oracle.agrees(&key.path, key.attempt, is_good);
        if is_over || is_known || is_agreed {
            Ok(())
        } else {
            Err(format!("the outcome of {key} got lost: {rejected}"))
        }
    }

    fn dispatch(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Preflight { host, over, .. } => {
                let delay = self.random.between(0, SECOND);
                if self.is_calm() {
                    self.hosts.locks.clear();
                }
                if let Some(other) = self.hosts.locks.get(&host).filter(|other| over.as_ref() != Some(*other)) {
                    let by = LockHolder {
                        run: other.clone(),
                        holder: "mallory@elsewhere".to_owned(),
                        since: "2026-05-01T11:58:00Z".to_owned(),
                    };
                    if self.random.permille(300) {
                        // It ends before anybody has decided.
                        self.hosts.locks.remove(&host);
                    }
                    self.count("fault: another run has a host");
                    self.later(delay, Event::Deliver(self.engine, Box::new(Input::Locked { host, by })));
                    return Ok(());
                }
                self.hosts.locks.remove(&host);
                let is_refused =
                    !self.is_calm() && self.random.permille(if self.favourite == "host.refused" { 300 } else { 3 });
                let result = if is_refused {
                    Err("no room".to_owned())
                } else {
                    let one = match &self.twins {
                        Some((one, other)) if *other == host => one,
                        _ => &host,
                    };
                    Ok(HostIdentity {
                        ledger: Some(format!("ledger of {one}")),
                        machine: host.to_string(),
                        // A host that is met by both names in different boots cannot be told.
                        boot: if self.twins.is_some() { "b".to_owned() } else { format!("boot {}", self.boot / 2) },
                    })
                };
                let input = Input::Preflighted { host, result };
                if self.random.permille(50) {
                    self.later(delay + SECOND, Event::Deliver(self.engine, Box::new(input.clone())));
                }
                self.later(delay, Event::Deliver(self.engine, Box::new(input)));
            }
            Effect::ArmTimer { timer, after_ns } => {
                let jitter = self.random.between(0, SECOND / 10);
                self.later(after_ns + jitter, Event::Timer(self.engine, timer.clone()));
                if self.random.permille(50) {
                    self.count("fault: a timer fired twice");
                    self.later(after_ns + SECOND, Event::Timer(self.engine, timer));
                }
            }
            Effect::Execute(request) => self.execute(*request)?,
            Effect::AskTarget(request) => {
                self.check_question(&request.key)?;
                self.ask_target(*request);
            }
            Effect::Cancel(request) => {
                let delay = self.random.between(SECOND / 10, 5 * SECOND);
                self.count("cancelled");
                self.later(delay, Event::Killed(request.key.clone(), self.engine));
            }
        }
        Ok(())
    }

    fn execute(&mut self, request: ExecuteRequest) -> Result<(), String> {
        self.check_execute(&request)?;
        self.executed.insert(request.key.clone());
        let is_calm = self.is_calm();
        let is_cut = self.is_cut(&request.key.host);
        if !is_calm
            && self.favourite == "approval.voided"
            && request.key.purpose == Purpose::Preview
            && self.random.permille(400)
        {
            self.count("fault: somebody changed what a destroy step takes");
            self.hosts.meddle(&request.key.path);
        }
        if !request.effect.changes() {
            let report = match is_cut {
                true => hosts::unreachable(),
                false => self.hosts.read(&request, &mut self.random, is_calm),
            };
            self.report(self.engine, request.key, report);
            return Ok(());
        }
        let fate = match is_cut {
            true if self.random.permille(500) => Fate::Unreachable,
            true => Fate::LostBefore,
            false if !is_calm && self.swallows.as_ref() == Some(&request.key.host) => Fate::LostBefore,
            // Lost, and heard of again when somebody has settled it.
            false if self.is_about_late_outcomes() && self.random.permille(400) => Fate::LostRunning,
            false => hosts::fate(&mut self.random, request.effect, is_calm),
        };
        self.count(format!("fate: {fate:?}"));
        let status = i32::from(!is_calm && self.random.permille(180));
        let stdout = if self.random.permille(50) && !is_calm { "bad" } else { "good" };
        let engine = self.engine;
        let took = self.random.between(SECOND / 10, 20 * SECOND);
        match fate {
            Fate::Unreachable => self.report(engine, request.key, hosts::unreachable()),
            Fate::LostBefore => self.report(engine, request.key, hosts::lost()),
            Fate::LateStart => {
                self.report(engine, request.key.clone(), hosts::lost());
                let delay = self.random.between(SECOND / 10, 60 * SECOND);
                self.later(delay, Event::LateStart(Box::new(request)));
            }
            _ => {
                if let Err(reason) = self.hosts.claim(&request, status, stdout) {
                    self.report(engine, request.key, Report::NotStarted(reason));
                    return Ok(());
                }
                match fate {
                    Fate::LostRunning => {
                        self.report(engine, request.key.clone(), hosts::lost());
                        let hears = (self.is_about_late_outcomes() || self.random.permille(300)).then_some(engine);
                        let slow = if self.is_about_late_outcomes() { 30 } else { 3 };
                        self.later(took * slow, Event::Ends(request.key, false, hears));
                    }
                    Fate::LostDone => {
                        self.hosts.end(&request.key.path, request.key.attempt, false);
                        self.report(engine, request.key, hosts::lost());
                    }
                    Fate::Vanished => {
                        self.later(took, Event::Ends(request.key, true, Some(engine)));
                    }
                    Fate::Slow => self.later(took * 30, Event::Ends(request.key, false, Some(engine))),
                    _ => self.later(took, Event::Ends(request.key, false, Some(engine))),
                }
            }
        }
        Ok(())
    }

    /// Record before effect: one intent in the journal, on the disk if it changes something.
    fn check_execute(&self, request: &ExecuteRequest) -> Result<(), String> {
        let key = &request.key;
        if key.purpose == Purpose::Sample {
            return if self.run.state().epoch() == request.epoch {
                Ok(())
            } else {
                Err(format!("{key}: another epoch"))
            };
        }
        let until = if request.effect.changes() { self.disk.synced } else { self.disk.records.len() };
        let intents = self.disk.records[..until]
            .iter()
            .filter(|r| match &r.kind {
                RecordKind::StepIntended { path, purpose, attempt, digest, .. } => {
                    (path, purpose, attempt, digest) == (&key.path, &key.purpose, &key.attempt, &request.digest)
                }
                _ => false,
            })
            .count();
        if intents != 1 {
            return Err(format!("{key} was released with {intents} intents on the disk"));
        }
        if request.effect.changes() && self.executed.contains(key) {
            return Err(format!("{key} was released twice"));
        }
        Ok(())
    }

    fn ask_target(&mut self, request: ExecuteRequest) {
        let delay = self.random.between(SECOND / 100, 5 * SECOND);
        let what = match self.is_cut(&request.key.host) {
            true => 0,
            false if self.is_calm() => 99,
            false if self.is_about_late_outcomes() && self.random.permille(950) => 0,
            false => self.random.below(20),
        };
        let answer = match what {
            0..=3 => {
                self.count("asked: no answer");
                TargetAnswer::Unknown(UnknownReason::Unanswered { why: "no route".to_owned() })
            }
            4 => {
                self.count("asked: another ledger");
                TargetAnswer::Unknown(UnknownReason::LedgerChanged { why: "another id".to_owned() })
            }
            _ => self.hosts.ask(&request),
        };
        let name = match &answer {
            TargetAnswer::NeverStarted(_) => "asked: never started",
            TargetAnswer::Running => "asked: running",
            TargetAnswer::Ended(_) => "asked: ended",
            TargetAnswer::Unknown(_) => "asked: unknown",
        };
        self.count(name);
        if matches!(answer, TargetAnswer::Running) {
            self.attached.insert((request.key.path.clone(), request.key.attempt), self.engine);
        }
        let input = Input::TargetAnswered { key: request.key, answer };
        if self.random.permille(80) {
            self.later(delay + SECOND, Event::Deliver(self.engine, Box::new(input.clone())));
        }
        self.later(delay, Event::Deliver(self.engine, Box::new(input)));
    }

    /// The engine dies; with the power gone, what was not synced may be lost.
    fn crash(&mut self, power: bool) -> Result<(), String> {
        self.crashes_left = self.crashes_left.saturating_sub(1);
        self.summary.crashes += 1;
        let unsynced = self.disk.records.len() - self.disk.synced;
        if power && unsynced > 0 && self.random.permille(600) {
            let keep = self.random.below(unsynced + 1);
            self.disk.records.truncate(self.disk.synced + keep);
            self.count("fault: the power went and took records along");
        }
        if let Some(last) = self.disk.records.last() {
            let name = last.kind.name();
            self.count(format!("crash after {name}"));
        }
        self.restart()
    }

    /// Another engine resumes the run, sooner or later, perhaps after a reboot.
    fn restart(&mut self) -> Result<(), String> {
        self.disk.synced = self.disk.records.len();
        let gap = match self.random.below(10) {
            0..=5 => self.random.between(SECOND, 60 * SECOND),
            6..=7 => self.random.between(60 * SECOND, 290 * SECOND),
            _ => self.random.between(301 * SECOND, 1500 * SECOND),
        };
        if gap > 300 * SECOND {
            self.count("fault: a gap of more than five minutes");
        }
        // What happens at the hosts meanwhile happens; what was on its way to the dead engine comes too late.
        let until = self.now + gap;
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let ((at, _), event) = self.queue.pop_first().unwrap_or(((0, 0), Event::Person));
            self.now = self.now.max(at);
            match event {
                Event::Ends(key, vanish, _) => {
                    self.hosts.end(&key.path, key.attempt, vanish);
                }
                Event::LateStart(_) => self.happen(event)?,
                Event::Killed(key, _) => self.hosts.kill(&key.path, key.attempt),
                Event::Deliver(engine, input) if self.random.permille(300) => {
                    self.later(gap, Event::Deliver(engine, input));
                }
                Event::Deliver(..) | Event::Timer(..) => {}
                Event::Person | Event::Operator => self.later(gap, event),
            }
        }
        self.now = until;
        if self.random.permille(300) {
            self.count("fault: a reboot");
            self.boot += 1;
            self.booted = self.now - self.random.between(SECOND, 20 * SECOND).min(gap);
        }
        self.engine += 1;
        self.note(|| "== another engine".to_owned());
        if self.disk.records.is_empty() {
            self.run = Run::resume(Arc::clone(&self.plan), "sha256:plan", &[]).map_err(|e| e.to_string())?;
        } else {
            self.run =
                Run::resume(Arc::clone(&self.plan), "sha256:plan", &self.disk.records).map_err(|e| e.to_string())?;
        }
        if let Some(rule) = self.sabotage {
            self.run.sabotage(rule);
        }
        self.refold()?;
        if self.disk.records.is_empty() {
            let mut info = info();
            info.drill = self.drill;
            return self.say(Input::Start { actor: people::people()[0].clone(), info: Box::new(info) });
        }
        if self.run.state().finished().is_some() {
            return Ok(());
        }
        if self.random.permille(100) {
            // A remark may come first, nothing else.
            let actor = people::people()[1].clone();
            let text = "is anybody there?".to_owned();
            self.say(Input::Commanded { actor, command: Command::Note { text, at: None } })?;
            return if self.run.state().seq() > 0 && self.awaits() { self.resumed() } else { Ok(()) };
        }
        self.resumed()
    }

    fn awaits(&self) -> bool {
        self.run.is_awaiting_resumed()
    }

    fn resumed(&mut self) -> Result<(), String> {
        // Mostly whoever started it, sometimes a colleague.
        let all = people::people();
        let other = if self.random.permille(300) { self.random.pick(&all).cloned() } else { None };
        self.say(Input::Resumed { actor: other.unwrap_or_else(|| all[0].clone()) })
    }

    /// What the records left say is what the run says, and what everybody else sees.
    fn refold(&mut self) -> Result<(), String> {
        self.shadow = State::new(Arc::clone(self.run.state().graph()));
        self.oracle = Oracle::default();
        self.oracle.is_told_again = true;
        for record in &self.disk.records {
            self.oracle.see(&self.facts, &self.plan, record).map_err(|what| format!("told again: {what}"))?;
            self.shadow.apply(record).map_err(|e| e.to_string())?;
        }
        self.oracle.is_told_again = false;
        match self.run.state().differs_from(&self.shadow) {
            Some(difference) => Err(format!("a resumed run is not the fold of its records: {difference}")),
            None => Ok(()),
        }
    }

    /// After its end a run takes remarks and nothing else, and its journal survives being written down and read.
    fn after_the_end(&mut self) -> Result<(), String> {
        let late = Input::Commanded { actor: people::people()[0].clone(), command: Command::Hold };
        let records = self.disk.records.len();
        self.say(late)?;
        if self.disk.records.len() != records {
            return Err("an ended run was held".to_owned());
        }
        let mut state = State::new(Arc::clone(self.run.state().graph()));
        for record in &self.disk.records {
            let text = serde_json::to_string(record).map_err(|e| e.to_string())?;
            let read: Record = serde_json::from_str(&text).map_err(|e| e.to_string())?;
            state.apply(&read).map_err(|e| e.to_string())?;
        }
        match state.differs_from(self.run.state()) {
            Some(difference) => Err(format!("the journal written and read folds to something else: {difference}")),
            None => Ok(()),
        }
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
