//! Gates: a sample is good only if it is good on every host, and it takes N in a row.

use std::collections::BTreeSet;

use crate::plan::{GateTimeout, HostIndex};
use crate::run::batch::{Batch, Sample};
use crate::run::graph::Work;
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{
    AskKind, Captured, CapturedText, Effect, EffectKey, Purpose, RecordKind, Rejected, Report, SkipReason, Timer,
    UnknownReason,
};

use super::verdict::{describe, describe_unknown};

/// Bad hosts a sample's record names.
const NAMED: usize = 10;
/// Characters of what a probe printed that its reason quotes: a number, a word, an error.
const SAID: usize = 120;

impl Batch<'_> {
    pub(in crate::run) fn open_gate(&mut self, task: TaskIndex) {
        let hosts = self.state().gate_hosts(task);
        let path = self.state().graph().path(task).clone();
        let Work::Gate(gate) = self.state().graph().work(task) else { return };
        let timeout_ms = gate.timeout_ms;
        if hosts.is_empty() {
            self.nothing_to_look_at(task);
            return;
        }
        let names = hosts.iter().map(|h| self.run.plan.host(*h).name.clone()).collect();
        self.engine(RecordKind::GateOpened { path: path.clone(), hosts: names });
        let timer = Timer::Gate { path, round: 1 };
        self.effect(Effect::ArmTimer { timer, after_ns: timeout_ms.saturating_mul(1_000_000) });
        self.take_sample(task);
    }

    /// Every host it would look at has been left out, visibly: there is nothing left to hold, and no hosts is never good.
    fn nothing_to_look_at(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        self.engine(RecordKind::StepSkipped { path, reason: SkipReason::NoHosts {} });
    }

    /// Looks once, on every host of the gate.
    pub(in crate::run) fn take_sample(&mut self, task: TaskIndex) {
        let hosts = self.state().gate_hosts(task);
        if hosts.is_empty() {
            self.nothing_to_look_at(task);
            return;
        }
        let number = self.state().task(task).sample + 1;
        let mut sample = Sample {
            number,
            waiting: BTreeSet::new(),
            hosts: u32::try_from(hosts.len()).unwrap_or(u32::MAX),
            bad: Vec::new(),
            unreachable: 0,
            began: self.now.elapsed,
        };
        for host in hosts {
            match self.request(task, host, Purpose::Sample, number) {
                Ok((request, _)) => {
                    sample.waiting.insert(host);
                    self.effect(Effect::Execute(Box::new(request)));
                }
                Err(why) => sample.bad.push((host, why)),
            }
        }
        let is_taken = sample.waiting.is_empty();
        self.run.inflight.samples.insert(task, sample);
        if is_taken {
            self.sample_taken(task);
        }
    }

    pub(in crate::run) fn sample_reported(
        &mut self,
        task: TaskIndex,
        key: &EffectKey,
        report: Report,
    ) -> Result<(), Rejected> {
        let not_under_way = || Rejected::NotUnderWay { path: key.path.clone(), attempt: key.attempt };
        let host =
            self.state().graph().find_host(&key.host).ok_or_else(|| Rejected::UnknownHost(key.host.to_string()))?;
        let is_awaited =
            self.run.inflight.samples.get(&task).is_some_and(|s| s.number == key.attempt && s.waiting.contains(&host));
        if !is_awaited {
            return Err(not_under_way());
        }
        let (bad, unreachable) = self.look(task, host, report);
        let Some(sample) = self.run.inflight.samples.get_mut(&task) else { return Err(not_under_way()) };
        sample.waiting.remove(&host);
        sample.unreachable += u32::from(unreachable);
        sample.bad.extend(bad.map(|why| (host, why)));
        if sample.waiting.is_empty() {
            self.sample_taken(task);
        }
        Ok(())
    }

    /// Why a host's probe was not good, and whether it was because the host could not be reached. An error in probe,
    /// transport or condition is a bad sample and can never pass.
    fn look(&self, task: TaskIndex, host: HostIndex, report: Report) -> (Option<String>, bool) {
        let Work::Gate(gate) = self.state().graph().work(task) else { return (Some("no gate".to_owned()), false) };
        let ended = match report {
            Report::Ended(ended) => ended,
            _ if self.run.is_broken(Sabotage::GateErrorIsGood) => return (None, false),
            Report::NotStarted(reason) => {
                use crate::run::NotStartedReason::{NoAgent, Unreachable};
                let unreachable = matches!(reason, Unreachable { .. } | NoAgent { .. });
                return (Some(describe(&crate::run::FailedReason::NotStarted(reason))), unreachable);
            }
            Report::Cancelled(_) => return (Some("the probe took too long".to_owned()), false),
            Report::Unknown(reason) => return (Some(describe_unknown(&reason)), true),
        };
        let bad = match &gate.until {
            None if ended.exit == crate::run::Exit::Code(0) => None,
            None => {
                Some(with_words(describe(&crate::run::FailedReason::Exit(ended.exit)), [&ended.stderr, &ended.stdout]))
            }
            Some(until) => {
                let outputs = self.state().outputs_at(task, Some(host));
                let scope = self.state().scope(&outputs, Some(host), Some(super::report::result(&ended)));
                match self.run.conditions.holds(until, &scope) {
                    Ok(true) => None,
                    Ok(false) => {
                        Some(with_words(format!("`{}` did not hold", until.0), [&ended.stdout, &ended.stderr]))
                    }
                    Err(_) if self.run.is_broken(Sabotage::GateErrorIsGood) => None,
                    Err(error) => {
                        let why = format!("`{}` could not be evaluated: {error}", until.0);
                        Some(with_words(why, [&ended.stdout, &ended.stderr]))
                    }
                }
            }
        };
        (bad, false)
    }

    fn sample_taken(&mut self, task: TaskIndex) {
        let Some(sample) = self.run.inflight.samples.remove(&task) else { return };
        if self.state().task(task).state != TaskState::Gating {
            return;
        }
        if self.state().gate_hosts(task).is_empty() {
            self.nothing_to_look_at(task);
            return;
        }
        let Work::Gate(gate) = self.state().graph().work(task) else { return };
        let (needed, every_ms) = (gate.samples, gate.every_ms);
        let good = sample.bad.is_empty();
        let before = self.state().task(task).streak;
        let streak = match good {
            true => before + 1,
            false if self.run.is_broken(Sabotage::GateStreakNotReset) => before,
            false => 0,
        };
        let path = self.state().graph().path(task).clone();
        let name = |h: &HostIndex| self.run.plan.host(*h).name.clone();
        let bad = sample.bad.iter().take(NAMED).map(|(h, why)| (name(h), why.clone())).collect();
        self.engine(RecordKind::GateSampled {
            path: path.clone(),
            sample: sample.number,
            good,
            streak,
            bad,
            bad_hosts: u32::try_from(sample.bad.len()).unwrap_or(u32::MAX),
            unreachable: sample.unreachable == sample.hosts,
        });
        self.run.inflight.last_bad.insert(task, sample.bad);
        if streak >= needed {
            self.engine(RecordKind::GateHeld { path });
            return;
        }
        if self.state().aborted().is_some() || self.state().stopped || self.state().draining().is_some() {
            return;
        }
        let passed = self.now.elapsed.saturating_sub(sample.began);
        let timer = Timer::Sample { path, sample: sample.number + 1 };
        self.effect(Effect::ArmTimer { timer, after_ns: every_ms.saturating_mul(1_000_000).saturating_sub(passed) });
    }

    pub(in crate::run) fn gate_timed_out(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        self.run.inflight.samples.remove(&task);
        let bad = self.run.inflight.last_bad.remove(&task).unwrap_or_default();
        let is = self.state().task(task);
        let last = match bad.first() {
            Some((host, why)) => format!("{}: {why}", self.run.plan.host(*host).name),
            None if is.streak > 0 => format!("only {} good samples in a row", is.streak),
            None => "no sample was taken".to_owned(),
        };
        let unreachable = !is.reached && is.sample > 0;
        let bad = bad.iter().map(|(h, _)| self.run.plan.host(*h).name.clone()).collect();
        self.engine(RecordKind::GateTimedOut { path: path.clone(), last, bad, unreachable });
        let Work::Gate(gate) = self.state().graph().work(task) else { return };
        match gate.on_timeout {
            _ if self.state().aborted().is_some() => {}
            GateTimeout::Ask => self.open_ask(task, AskKind::GateTimeout),
            GateTimeout::Stop => self.engine(RecordKind::RunStopped { path }),
        }
    }

    /// A gate that a person gave more time looks again at once.
    pub(in crate::run) fn gate_again(&mut self, task: TaskIndex) {
        self.rearm_gate(task);
        if !self.run.inflight.samples.contains_key(&task) {
            self.take_sample(task);
        }
    }

    /// Nobody could look during a whole timeout: that is unknown, not bad.
    #[must_use]
    pub(in crate::run) fn is_unreachable_gate(&self, task: TaskIndex) -> bool {
        matches!(&self.state().task(task).state, TaskState::Unknown { reason: UnknownReason::Unanswered { .. }, .. })
            && matches!(self.state().graph().work(task), Work::Gate(_))
    }
}

/// A reason with what the probe printed, since a condition alone does not say how far it is from holding: the last line of
/// the first stream that has one.
fn with_words(why: String, streams: [&Captured; 2]) -> String {
    let last = |stream: &Captured| match &stream.text {
        CapturedText::Text(text) => {
            let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
            Some(line.trim().chars().take(SAID).collect::<String>())
        }
        CapturedText::Cut | CapturedText::NotUtf8 => None,
    };
    match streams.into_iter().find_map(last) {
        Some(line) => format!("{why}; it said: {line}"),
        None => why,
    }
}
