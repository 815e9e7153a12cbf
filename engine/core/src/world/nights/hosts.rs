//! Simulated hosts: a ledger, commands that take time, and what really happened.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{EffectClass, StepPath};
use crate::run::testing::ended;
use crate::run::{
    CancelReport, CapturedText, ExecuteRequest, NotStartedReason, Purpose, Report, TargetAnswer, UnknownReason,
};
use crate::runbook::HostName;
use crate::world::random::Random;

/// One attempt's entry in a host's ledger.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// Asked for before it came: it will never start.
    Revoked,
    /// It runs.
    Running { status: i32, stdout: String },
    /// It ended, its status is written.
    Done { status: i32, stdout: String },
    /// It was killed.
    Killed,
    /// Its process is gone and left no status.
    Gone,
}

/// What becomes of a start request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// It arrives and its end is reported.
    Whole,
    /// The host cannot be reached, and the executor knows that nothing was sent.
    Unreachable,
    /// The connection is lost before the host claimed it; nothing ever arrives.
    LostBefore,
    /// The connection is lost; the request arrives later, perhaps after the host was asked.
    LateStart,
    /// The connection is lost while it runs.
    LostRunning,
    /// It ended, and the answer is lost.
    LostDone,
    /// Its process is gone and left no status.
    Vanished,
    /// It takes far longer than it may.
    Slow,
}

pub(super) const FATES: [Fate; 8] = [
    Fate::Whole,
    Fate::Unreachable,
    Fate::LostBefore,
    Fate::LateStart,
    Fate::LostRunning,
    Fate::LostDone,
    Fate::Vanished,
    Fate::Slow,
];

#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// By instance and attempt.
    ledger: BTreeMap<(StepPath, u32), Entry>,
    /// Highest epoch each host has seen.
    epochs: BTreeMap<HostName, u64>,
    /// Hosts that another run has, and which.
    pub(super) locks: BTreeMap<HostName, String>,
    /// Attempts that really ran.
    pub(super) ran: BTreeSet<(StepPath, u32)>,
    /// Instances whose effect is there.
    achieved: BTreeSet<StepPath>,
    /// What a preview would show, changed by accidents and by the step itself.
    contents: BTreeMap<StepPath, u32>,
}

pub(super) fn lost() -> Report {
    Report::Unknown(UnknownReason::Lost { why: "connection lost".to_owned() })
}

pub(super) fn unreachable() -> Report {
    Report::NotStarted(NotStartedReason::Unreachable { why: "no route".to_owned() })
}

impl Hosts {
    /// A start request arrives: the ledger claims it, or refuses.
    pub(super) fn claim(
        &mut self,
        request: &ExecuteRequest,
        status: i32,
        stdout: &str,
    ) -> Result<(), NotStartedReason> {
        let key = (request.key.path.clone(), request.key.attempt);
        let refused = |why: &str| Err(NotStartedReason::Refused { why: why.to_owned() });
        if self.epochs.get(&request.key.host).is_some_and(|seen| *seen > request.epoch) {
            return refused("a later engine was here");
        }
        if self.locks.contains_key(&request.key.host) {
            return refused("another run has this host");
        }
        self.epochs.insert(request.key.host.clone(), request.epoch);
        match self.ledger.get(&key) {
            Some(Entry::Revoked) => return Err(NotStartedReason::Revoked {}),
            Some(_) => return refused("claimed already"),
            None => {}
        }
        let is_busy = self
            .ledger
            .range((key.0.clone(), 0)..key.clone())
            .any(|(_, before)| matches!(before, Entry::Running { .. }));
        if is_busy {
            return refused("the attempt before still runs");
        }
        self.ran.insert(key.clone());
        self.ledger.insert(key, Entry::Running { status, stdout: stdout.to_owned() });
        Ok(())
    }

    /// A running command ends; says whether it was running.
    pub(super) fn end(&mut self, path: &StepPath, attempt: u32, vanish: bool) -> bool {
        let Some(entry) = self.ledger.get_mut(&(path.clone(), attempt)) else { return false };
        let Entry::Running { status, stdout } = entry.clone() else { return false };
        if status == 0 {
            self.achieved.insert(path.clone());
        }
        *self.contents.entry(path.clone()).or_default() += 1;
        *entry = if vanish { Entry::Gone } else { Entry::Done { status, stdout } };
        true
    }

    /// What asking for a key answers; asking claims it.
    pub(super) fn ask(&mut self, request: &ExecuteRequest) -> TargetAnswer {
        let seen = self.epochs.entry(request.key.host.clone()).or_default();
        *seen = (*seen).max(request.epoch);
        let key = (request.key.path.clone(), request.key.attempt);
        match self.ledger.entry(key).or_insert(Entry::Revoked) {
            Entry::Revoked => TargetAnswer::NeverStarted(NotStartedReason::Revoked {}),
            Entry::Running { .. } => TargetAnswer::Running,
            Entry::Done { status, stdout } => TargetAnswer::Ended(ended(*status, stdout)),
            Entry::Killed => TargetAnswer::Ended(Report::Cancelled(CancelReport::default())),
            Entry::Gone => TargetAnswer::Unknown(UnknownReason::NoStatus { why: "killed with its host".to_owned() }),
        }
    }

    /// How an attempt ended, if it has.
    pub(super) fn report(&self, path: &StepPath, attempt: u32) -> Option<Report> {
        match self.ledger.get(&(path.clone(), attempt))? {
            Entry::Done { status, stdout } => Some(ended(*status, stdout)),
            Entry::Killed => Some(Report::Cancelled(CancelReport::default())),
            Entry::Gone => Some(Report::Unknown(UnknownReason::NoStatus { why: "no status".to_owned() })),
            Entry::Revoked | Entry::Running { .. } => None,
        }
    }

    /// Kills a running command.
    pub(super) fn kill(&mut self, path: &StepPath, attempt: u32) {
        if let Some(entry @ Entry::Running { .. }) = self.ledger.get_mut(&(path.clone(), attempt)) {
            *entry = Entry::Killed;
        }
    }

    /// Somebody else changes what a step would take.
    pub(super) fn meddle(&mut self, path: &StepPath) {
        *self.contents.entry(path.clone()).or_default() += 1;
    }

    /// What a reading command says.
    pub(super) fn read(&self, request: &ExecuteRequest, random: &mut Random, is_calm: bool) -> Report {
        if !is_calm {
            match random.below(40) {
                0 | 1 => return unreachable(),
                2 => return lost(),
                3 => return Report::Cancelled(CancelReport::default()),
                _ => {}
            }
        }
        let path = &request.key.path;
        let bad = !is_calm && random.permille(150);
        let (status, stdout) = match request.key.purpose {
            Purpose::Verify => (i32::from(!self.achieved.contains(path) && !is_calm), "good".to_owned()),
            Purpose::Preview => {
                (i32::from(bad), format!("{} things", self.contents.get(path).copied().unwrap_or_default()))
            }
            Purpose::Main | Purpose::Sample => (i32::from(bad), if bad { "bad" } else { "good" }.to_owned()),
        };
        let mut report = ended(status, &stdout);
        if let Report::Ended(ended) = &mut report
            && !is_calm
        {
            match random.below(60) {
                0 => ended.stdout.text = CapturedText::Cut,
                1 => ended.stdout.text = CapturedText::NotUtf8,
                _ => {}
            }
        }
        report
    }
}

/// What becomes of a request.
pub(super) fn fate(random: &mut Random, effect: EffectClass, is_calm: bool) -> Fate {
    if is_calm || !effect.changes() || random.permille(450) {
        return Fate::Whole;
    }
    *random.pick(&FATES).unwrap_or(&Fate::Whole)
}
