//! Simulated hosts: what was sent to them, and what really became of it.

use std::collections::BTreeMap;

use super::reply::{Ending, Reply, ReplyKind, Truth};
use crate::run::{CancelReport, EffectKey, ExecuteRequest, NotStartedReason, Report, TargetAnswer, UnknownReason};

pub(super) const MS: u64 = 1_000_000;

/// What became of one attempt.
#[derive(Debug, Clone)]
enum Entry {
    /// It runs until then, or did.
    Runs { began: u64, until: u64, ending: Ending },
    /// It never started and never will.
    NeverStarted(NotStartedReason),
    /// Somebody stopped it.
    Killed,
    /// Nobody will ever know.
    NoStatus(String),
}

/// All hosts of a rehearsal, by what was sent to them.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    sent: BTreeMap<EffectKey, Entry>,
}

impl Hosts {
    /// Takes a command. Gives what its executor will report, and after how many nanoseconds.
    pub(super) fn execute(
        &mut self,
        request: &ExecuteRequest,
        reply: &Reply,
        usual_ms: u64,
        now: u64,
    ) -> (u64, Report) {
        let took_ms = reply.took_ms.unwrap_or(usual_ms);
        let took = took_ms.saturating_mul(MS);
        let (entry, after, report) = match &reply.kind {
            ReplyKind::Ended(ending) => {
                let kill = request.kill_after_ms.map(|ms| ms.saturating_mul(MS)).filter(|kill| *kill < took);
                let until = now.saturating_add(took);
                match kill {
                    Some(kill) => (Entry::Killed, kill, Report::Cancelled(CancelReport::default())),
                    None => (Entry::Runs { began: now, until, ending: ending.clone() }, took, ending.report(took_ms)),
                }
            }
            ReplyKind::Unreachable { why } => {
                let reason = NotStartedReason::Unreachable { why: why.clone() };
                (Entry::NeverStarted(reason.clone()), took, Report::NotStarted(reason))
            }
            ReplyKind::Unknown { why, truth } => {
                let lost = Report::Unknown(UnknownReason::Lost { why: why.clone() });
                let until = now.saturating_add(took);
                let (entry, after) = match truth {
                    Truth::Done(ending) => (Entry::Runs { began: now, until, ending: ending.clone() }, took),
                    Truth::Running(ending) => (Entry::Runs { began: now, until, ending: ending.clone() }, took / 2),
                    Truth::NeverStarted => (Entry::NeverStarted(NotStartedReason::Revoked {}), took),
                    Truth::NoStatus => (Entry::NoStatus(why.clone()), took),
                };
                (entry, after, lost)
            }
        };
        self.sent.insert(request.key.clone(), entry);
        (after, report)
    }

    /// What a host says about an attempt, and after how many nanoseconds its end will be reported if it runs.
    pub(super) fn ask(&mut self, key: &EffectKey, now: u64) -> (TargetAnswer, Option<(u64, Report)>) {
        // Asking is claiming: what was never sent never starts.
        let entry = self.sent.entry(key.clone()).or_insert(Entry::NeverStarted(NotStartedReason::Revoked {}));
        match entry {
            Entry::Runs { began, until, ending } => {
                let report = ending.report(until.saturating_sub(*began) / MS);
                match until.checked_sub(now).filter(|left| *left > 0) {
                    Some(left) => (TargetAnswer::Running, Some((left, report))),
                    None => (TargetAnswer::Ended(report), None),
                }
            }
            Entry::NeverStarted(reason) => (TargetAnswer::NeverStarted(reason.clone()), None),
            Entry::Killed => (TargetAnswer::Ended(Report::Cancelled(CancelReport::default())), None),
            Entry::NoStatus(why) => (TargetAnswer::Unknown(UnknownReason::NoStatus { why: why.clone() }), None),
        }
    }

    /// Stops an attempt. Gives what its executor will report: how it ended, if it had ended before.
    pub(super) fn cancel(&mut self, key: &EffectKey, now: u64) -> Report {
        match self.ask(key, now).0 {
            TargetAnswer::Running => {
                self.sent.insert(key.clone(), Entry::Killed);
                Report::Cancelled(CancelReport::default())
            }
            TargetAnswer::Ended(report) => report,
            TargetAnswer::NeverStarted(reason) => Report::NotStarted(reason),
            TargetAnswer::Unknown(reason) => Report::Unknown(reason),
        }
    }
}
