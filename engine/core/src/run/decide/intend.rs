//! Writing an intent down and asking for its effect.

use crate::plan::{Command, EffectClass, HostIndex, Verify};
use crate::run::batch::Batch;
use crate::run::graph::Work;
use crate::run::resolve::fill;
use crate::run::task::TaskIndex;
use crate::run::{
    Effect, EffectKey, ExecuteRequest, FailedReason, NotStartedReason, Purpose, RecordKind, Timer, UnknownReason,
};

/// One of a step's commands, as the plan has it.
struct Planned {
    command: Command,
    effect: EffectClass,
    kill_after_ms: Option<u64>,
    start_within_ms: Option<u64>,
}

/// A changing step's start comes to nothing a moment before its timeout, which asks what becomes of what runs.
const fn start_within(timeout_ms: u64) -> u64 {
    let tenth = timeout_ms / 10;
    timeout_ms - if tenth < 1_000 { tenth } else { 1_000 }
}

impl Batch<'_> {
    fn planned(&self, task: TaskIndex, purpose: Purpose) -> Option<Planned> {
        let graph = self.state().graph();
        let probe = |probe: &crate::plan::Probe| Planned {
            command: probe.command.clone(),
            effect: EffectClass::Read,
            kill_after_ms: Some(probe.timeout_ms),
            start_within_ms: Some(probe.timeout_ms),
        };
        match (purpose, graph.work(task)) {
            (Purpose::Main, Work::Probe(p)) => Some(probe(p)),
            (Purpose::Main, Work::Command(c)) => Some(Planned {
                command: c.command.clone(),
                effect: c.effect,
                kill_after_ms: if c.effect.changes() { None } else { c.timeout_ms },
                start_within_ms: if c.effect.changes() { c.timeout_ms.map(start_within) } else { c.timeout_ms },
            }),
            (Purpose::Sample, Work::Gate(g)) => Some(Planned {
                command: g.command.clone(),
                effect: EffectClass::Read,
                kill_after_ms: Some(g.probe_timeout_ms),
                start_within_ms: Some(g.probe_timeout_ms),
            }),
            (Purpose::Preview, Work::Command(c)) => c.preview.as_ref().map(probe),
            (Purpose::Verify, Work::Command(c)) => match &c.verify {
                Some(Verify::Probe(p)) => Some(probe(p)),
                _ => None,
            },
            (Purpose::Verify, Work::Manual(m)) => match &m.verify {
                Verify::Probe(p) => Some(probe(p)),
                Verify::Person => None,
            },
            _ => None,
        }
    }

    pub(in crate::run) fn key(&self, task: TaskIndex, host: HostIndex, purpose: Purpose, attempt: u32) -> EffectKey {
        EffectKey {
            run: self.state().info().map(|i| i.run.clone()).unwrap_or_default(),
            path: self.state().graph().path(task).clone(),
            host: self.run.plan.host(host).name.clone(),
            purpose,
            attempt,
        }
    }

    /// The request for a command as it was or will be sent: the same plan, outputs and digest.
    pub(in crate::run) fn request(
        &self,
        task: TaskIndex,
        host: HostIndex,
        purpose: Purpose,
        attempt: u32,
    ) -> Result<(ExecuteRequest, std::collections::BTreeMap<String, String>), String> {
        let planned = self.planned(task, purpose).ok_or_else(|| "the step has no such command".to_owned())?;
        let outputs = self.state().outputs_at(task, Some(host));
        let scope = self.state().scope(&outputs, Some(host), None);
        let filled = fill(&planned.command, &scope).map_err(|error| error.to_string())?;
        let request = ExecuteRequest {
            key: self.key(task, host, purpose, attempt),
            epoch: self.state().epoch(),
            ledger: self.state().host(host).identity.as_ref().and_then(|i| i.ledger.clone()),
            effect: planned.effect,
            command: filled.command,
            digest: filled.digest,
            kill_after_ms: planned.kill_after_ms,
            start_within_ms: planned.start_within_ms,
        };
        Ok((request, filled.values))
    }

    /// Writes an intent down and releases its effect with the batch.
    pub(in crate::run) fn intend(&mut self, task: TaskIndex, purpose: Purpose) {
        let Some(host) = self.state().graph().node(task).host else { return };
        let is = self.state().task(task);
        let attempt = 1 + match purpose {
            Purpose::Preview => is.preview_attempt,
            Purpose::Verify => is.verify_attempt,
            Purpose::Main | Purpose::Sample => is.attempt,
        };
        let path = self.state().graph().path(task).clone();
        match self.request(task, host, purpose, attempt) {
            Ok((request, values)) => {
                self.engine(RecordKind::StepIntended {
                    path: path.clone(),
                    host: request.key.host.clone(),
                    purpose,
                    attempt,
                    digest: request.digest.clone(),
                    values,
                });
                // An older one of the same kind is no longer waited for.
                self.run.inflight.forget(task, |p| p == purpose);
                self.run.inflight.commands.insert((task, purpose, attempt));
                let changes = request.effect.changes();
                self.effect(Effect::Execute(Box::new(request)));
                let timeout = self.state().graph().command(task).and_then(|c| c.timeout_ms);
                if purpose == Purpose::Main
                    && changes
                    && let Some(ms) = timeout
                {
                    let timer = Timer::Timeout { path, attempt, round: 1 };
                    self.effect(Effect::ArmTimer { timer, after_ns: ms.saturating_mul(1_000_000) });
                }
            }
            Err(why) => self.cannot_be_sent(task, purpose, attempt, why),
        }
    }

    fn cannot_be_sent(&mut self, task: TaskIndex, purpose: Purpose, attempt: u32, why: String) {
        let path = self.state().graph().path(task).clone();
        match purpose {
            Purpose::Main => {
                let reason = NotStartedReason::Incomplete { why };
                self.engine(RecordKind::StepNotStarted { path, purpose, attempt, reason });
                self.failed(task);
            }
            Purpose::Verify => {
                let reason = UnknownReason::VerifyUnanswered { why };
                self.engine(RecordKind::StepUnknown {
                    path,
                    attempt: self.state().task(task).attempt,
                    reason,
                    asking: false,
                });
                self.ask_unknown(task);
            }
            Purpose::Preview | Purpose::Sample => {
                let reason = FailedReason::NotStarted(NotStartedReason::Incomplete { why });
                self.preview_failed(task, attempt, reason, None);
            }
        }
    }

    /// Asks for a running command to be stopped; its attempt is answered by a report.
    pub(in crate::run) fn cancel(&mut self, task: TaskIndex) {
        let Some(host) = self.state().graph().node(task).host else { return };
        let attempt = self.state().task(task).attempt;
        if let Ok((request, _)) = self.request(task, host, Purpose::Main, attempt) {
            self.effect(Effect::Cancel(Box::new(request)));
        }
    }
}
