//! Plays a plan through in a simulated world: the real run, a virtual clock, a journal in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::file::{Look, World};
use super::hosts::{Hosts, MS};
use super::reply::Reply;
use crate::plan::{Plan, StepPath};
use crate::run::{
    Actor, Answers, Ask, AskId, AskUnavailableReason, BootId, Durability, Effect, EffectKey, ExecuteRequest, ExitCode,
    HostIdentity, Input, Journal, Now, Purpose, Record, Rejected, Run, StartInfo, Work,
};
use crate::source::Diagnostic;

/// Nobody reads a rehearsal that is longer. A day of a gate that looks once a second has fewer.
const MOST_EVENTS: u32 = 300_000;
/// How long a changing command takes about which nothing is said.
const COMMAND_MS: u64 = 1_000;
/// How long a look takes about which nothing is said: a probe, a sample, a verify, a preview.
const LOOK_MS: u64 = 100;
/// How long a host takes to answer a question, or to stop a command.
const QUESTION: u64 = 1_000 * MS;
/// The person who starts a rehearsal and gives the answers that name nobody.
const OPERATOR: &str = "operator";

/// What a rehearsal was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The journal it would have left.
    pub records: Vec<Record>,
    /// What the run ended with.
    pub exit: ExitCode,
    /// Warnings about the world: replies that nothing asked for.
    pub unused: Vec<Diagnostic>,
    /// Warnings about the answers: those that were not taken, and those that no ask fitted.
    pub answers: Vec<Diagnostic>,
}

/// Says why a rehearsal came to no end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalError {
    /// It went on and on.
    #[error("the rehearsal was stopped after {events} events, the run had not ended")]
    Endless {
        /// How many things had happened.
        events: u32,
    },
    /// Nothing could happen any more.
    #[error("nothing was left that could happen and the run had not ended; this is a fault of banister")]
    Stuck,
    /// The run did not take a record of its own.
    #[error("a record of banister's own did not fit; this is a fault of banister")]
    Fault,
}

/// Plays a plan through. `info` is what the first record says; that it is a drill is added here. The clock begins at
/// `start` and moves only by what happens: the same arguments give the same records.
///
/// # Errors
/// A [`RehearsalError`] where the run comes to no end.
pub fn rehearse(
    plan: Arc<Plan>,
    plan_hash: &str,
    world: &World,
    info: StartInfo,
    start: DateTime<Utc>,
) -> Result<Rehearsal, RehearsalError> {
    rehearse_at_most(MOST_EVENTS, plan, plan_hash, world, info, start)
}

pub(super) fn rehearse_at_most(
    events: u32,
    plan: Arc<Plan>,
    plan_hash: &str,
    world: &World,
    info: StartInfo,
    start: DateTime<Utc>,
) -> Result<Rehearsal, RehearsalError> {
    let run = Run::resume(plan, plan_hash, &[]).map_err(|_| RehearsalError::Fault)?;
    let mut stage = Stage {
        run,
        journal: Memory::default(),
        world,
        answers: world.answers.clone(),
        answer_findings: Vec::new(),
        hosts: Hosts::default(),
        start,
        now: 0,
        queue: BTreeMap::new(),
        ticket: 0,
        used: BTreeSet::new(),
        put: BTreeSet::new(),
    };
    let info = Box::new(StartInfo { drill: true, ..info });
    let exit = stage.play(events, Input::Start { actor: stage.person(None), info })?;
    stage.answer_findings.extend(stage.answers.warnings());
    Ok(Rehearsal {
        records: stage.journal.records,
        exit,
        unused: world.unused(&stage.used),
        answers: stage.answer_findings,
    })
}

#[derive(Debug, Default)]
struct Memory {
    records: Vec<Record>,
}

impl Journal for Memory {
    type Error = Infallible;

    fn append(&mut self, batch: &[Record], _: Durability) -> Result<(), Infallible> {
        self.records.extend_from_slice(batch);
        Ok(())
    }
}

struct Stage<'w> {
    run: Run,
    journal: Memory,
    world: &'w World,
    answers: Answers,
    answer_findings: Vec<Diagnostic>,
    hosts: Hosts,
    start: DateTime<Utc>,
    /// Nanoseconds since the start.
    now: u64,
    /// What will happen, by its moment; of one moment in the order it was set going.
    queue: BTreeMap<(u64, u64), Input>,
    ticket: u64,
    used: BTreeSet<(Look, Option<StepPath>)>,
    /// Asks that could not be put.
    put: BTreeSet<AskId>,
}

impl Stage<'_> {
    fn play(&mut self, events: u32, first: Input) -> Result<ExitCode, RehearsalError> {
        self.later(0, first);
        for _ in 0..events {
            let Some(((at, _), input)) = self.queue.pop_first() else { return Err(RehearsalError::Stuck) };
            self.now = at;
            // Of what nobody awaits any more (a timer of a step that ended) nothing follows.
            if self.say(input) == Err(Rejected::Poisoned) {
                return Err(RehearsalError::Fault);
            }
            self.answer()?;
            let state = self.run.state();
            if let Some(exit) = state.finished().or(state.drained()) {
                return Ok(exit);
            }
        }
        Err(RehearsalError::Endless { events })
    }

    fn clock(&self) -> Now {
        let elapsed = TimeDelta::nanoseconds(i64::try_from(self.now).unwrap_or(i64::MAX));
        Now {
            wall: self.start.checked_add_signed(elapsed).unwrap_or(self.start),
            elapsed: self.now,
            boot: BootId("simulated".to_owned()),
        }
    }

    fn later(&mut self, after: u64, input: Input) {
        self.ticket += 1;
        self.queue.insert((self.now.saturating_add(after), self.ticket), input);
    }

    fn say(&mut self, input: Input) -> Result<(), Rejected> {
        let now = self.clock();
        let mut batch = self.run.batch(now);
        batch.decide(input)?;
        let Ok(effects) = batch.commit(&mut self.journal);
        effects.into_iter().for_each(|effect| self.dispatch(effect));
        Ok(())
    }

    fn dispatch(&mut self, effect: Effect) {
        match effect {
            Effect::Preflight { host, ledger, .. } => {
                let identity = HostIdentity {
                    ledger: ledger.then(|| format!("simulated {host}")),
                    machine: format!("simulated {host}"),
                    boot: "simulated".to_owned(),
                };
                self.later(0, Input::Preflighted { host, result: Ok(identity) });
            }
            Effect::Execute(request) => {
                let reply = self.reply(&request.key);
                let (after, report) = self.hosts.execute(&request, &reply, self.usual_ms(&request), self.now);
                self.later(after, Input::Reported { key: request.key, report, at: None });
            }
            Effect::AskTarget(request) => {
                let (answer, ends) = self.hosts.ask(&request.key, self.now.saturating_add(QUESTION));
                self.later(QUESTION, Input::TargetAnswered { key: request.key.clone(), answer });
                if let Some((after, report)) = ends {
                    self.later(QUESTION.saturating_add(after), Input::Reported { key: request.key, report, at: None });
                }
            }
            Effect::Cancel(request) => {
                let report = self.hosts.cancel(&request.key, self.now);
                self.queue.retain(|_, input| !matches!(input, Input::Reported { key, .. } if *key == request.key));
                self.later(QUESTION, Input::Reported { key: request.key, report, at: None });
            }
            Effect::ArmTimer { timer, after_ns } => self.later(after_ns, Input::TimerFired { timer }),
        }
    }

    fn reply(&mut self, key: &EffectKey) -> Reply {
        let look = match key.purpose {
            Purpose::Main | Purpose::Sample => Look::Own,
            Purpose::Verify => Look::Verify,
            Purpose::Preview => Look::Preview,
        };
        let Some((reply, entry)) = self.world.reply(look, &key.path, key.attempt) else { return Reply::default() };
        self.used.insert((look, entry));
        reply.clone()
    }

    fn usual_ms(&self, request: &ExecuteRequest) -> u64 {
        let graph = self.run.state().graph();
        let work = graph.find(&request.key.path).map(|task| graph.work(task));
        let usual = match (request.key.purpose, work) {
            (Purpose::Main, Some(Work::Command(command))) => {
                command.usual_ms.unwrap_or(if request.effect.changes() { COMMAND_MS } else { LOOK_MS })
            }
            _ => LOOK_MS,
        };
        // What is not said must not fail by its timeout.
        request.kill_after_ms.map_or(usual, |kill| usual.min(kill / 2))
    }

    /// Answers what is asked, from the answers given; of what has none nobody can be asked.
    fn answer(&mut self) -> Result<(), RehearsalError> {
        while let Some(ask) = self.next_ask() {
            let mut reason = AskUnavailableReason::NoTerminal;
            if let Some(prepared) = self.answers.take(&ask.id, &ask.words) {
                let actor = self.person(prepared.speaker.as_deref());
                match self.say(Input::Answered { actor, answer: prepared.to(ask.id.clone()) }) {
                    Ok(()) => continue,
                    Err(Rejected::Poisoned) => return Err(RehearsalError::Fault),
                    Err(why) => self.answer_findings.push(Answers::rejected(&prepared, &why)),
                }
                reason = AskUnavailableReason::AnswerDidNotFit;
            }
            self.put.insert(ask.id.clone());
            if self.say(Input::AskUnavailable { ask: ask.id, reason }) == Err(Rejected::Poisoned) {
                return Err(RehearsalError::Fault);
            }
        }
        Ok(())
    }

    fn next_ask(&self) -> Option<Ask> {
        let state = self.run.state();
        if state.draining().is_some() || state.finished().is_some() || state.drained().is_some() {
            return None;
        }
        let must = |ask: &&Ask| ask.unavailable.is_none() && !self.put.contains(&ask.id) && state.is_pressing(ask);
        state.asks().find(must).cloned()
    }

    fn person(&self, name: Option<&str>) -> Actor {
        let name = name.unwrap_or(OPERATOR);
        let groups = self.world.people.get(name).cloned().unwrap_or_default();
        Actor::Person { name: name.to_owned(), uid: None, groups }
    }
}
