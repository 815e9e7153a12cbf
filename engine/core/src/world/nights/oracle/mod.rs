//! What must be true of every night. Shares no code with the run: it reads the plan, the records, and what the world
//! knows, and has an arithmetic of its own. Here is what is remembered, and what each record does to it; the rules stand
//! beside it, one file a subject.

mod again;
mod begin;
mod exit;
mod outcomes;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, Role};
use crate::plan::{Plan, StepPath};
use crate::run::{Actor, AskId, AskKind, ExitCode, NotStartedReason, Purpose, Record, RecordKind};
use crate::runbook::HostName;

/// How the last attempt of an instance ended, as far as records say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    NotStarted,
    Failed,
    Unknown,
    Succeeded,
}

#[derive(Debug, Clone)]
struct Granted {
    elapsed: u64,
    boot: String,
    wall_ms: i64,
    previews: BTreeMap<StepPath, String>,
    used: bool,
}

/// A fold of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Oracle {
    done: BTreeSet<StepPath>,
    exceptions: u32,
    excluded: BTreeSet<HostName>,
    asks: BTreeMap<AskId, AskKind>,
    pub(super) unknown: BTreeSet<StepPath>,
    failed: BTreeSet<StepPath>,
    stuck: BTreeSet<StepPath>,
    /// A person's word that allows one more attempt.
    retries: BTreeSet<StepPath>,
    /// The same, for standing beside trouble.
    granted: BTreeSet<StepPath>,
    last: BTreeMap<StepPath, (u32, Verdict)>,
    automatic: BTreeMap<StepPath, u32>,
    counted: BTreeSet<StepPath>,
    held: bool,
    aborted: bool,
    stopped: bool,
    /// What stopped it: that failed, whatever becomes of its host.
    stopped_by: BTreeSet<StepPath>,
    refused: bool,
    draining: bool,
    finished: Option<ExitCode>,
    streaks: BTreeMap<StepPath, u32>,
    previews: BTreeMap<StepPath, String>,
    approvals: BTreeMap<u32, Granted>,
    answered_by: BTreeMap<AskId, Vec<String>>,
    pub(super) outcomes: BTreeSet<(StepPath, u32)>,
    undoing: BTreeSet<StepPath>,
    started: bool,
    /// Rechecked and not yet started again.
    rechecking: bool,
    /// Samples reported good since the engine came: gate, number, host. Kept by the world.
    pub(super) good_samples: BTreeSet<(StepPath, u32, HostName)>,
    /// Gates that held, and were not looked at since.
    held_gates: BTreeSet<StepPath>,
    /// Those of them that must hold again before anything starts.
    must_hold: BTreeSet<StepPath>,
    /// What has begun and goes on by being begun once more: an approval after a crash, a gate after an exclusion.
    resumable: BTreeSet<StepPath>,
    /// Where the roll itself could not begin: that is no host's failure.
    of_the_roll: BTreeSet<StepPath>,
    /// Hosts that another run has, as far as anybody said.
    locked: BTreeSet<HostName>,
    /// Ledger and boot that each host answered with.
    met: BTreeMap<HostName, (String, String)>,
    /// What waits for its next automatic attempt, as far as records say.
    retrying: BTreeSet<StepPath>,
    /// Who drives, by this fold.
    pen: Option<String>,
    is_drill: bool,
    /// Asks at which somebody broke the glass.
    broken: BTreeSet<AskId>,
    /// Starts in a row that never came, by instance.
    lost_starts: BTreeMap<StepPath, u32>,
    /// Records that were checked when they were written are folded once more.
    pub(super) is_told_again: bool,
}

type Check = Result<(), String>;

impl Oracle {
    fn is_over(&self, facts: &Facts, path: &StepPath) -> bool {
        if self.done.contains(path) {
            return true;
        }
        let fact = &facts.tasks[path];
        let is_excluded = fact.host.as_ref().is_some_and(|h| self.excluded.contains(h));
        is_excluded && !self.unknown.contains(path) && !matches!(fact.role, Role::Precondition | Role::Undo(_))
    }

    fn step_is_over(&self, facts: &Facts, step: u32) -> bool {
        facts.of_step[&step].iter().all(|path| self.is_over(facts, path))
    }

    /// Takes one record: checks it against all before, then folds it in.
    pub(super) fn see(&mut self, facts: &Facts, plan: &Plan, record: &Record) -> Check {
        self.check_pen(record)?;
        match &record.kind {
            RecordKind::RunPlanned { info, .. } => {
                self.is_drill = info.drill;
                self.pen = Some(record.actor.to_string());
            }
            RecordKind::RunResumed { rechecked, again, .. } => {
                self.pen = Some(record.actor.to_string());
                self.locked.clear();
                self.draining = false;
                self.streaks.clear();
                self.rechecking |= rechecked & self.started;
                if *rechecked {
                    self.recheck(facts);
                    for gate in self.stale(facts, plan) {
                        self.done.remove(&gate);
                        self.must_hold.insert(gate);
                    }
                    self.resumable.extend(again.iter().cloned());
                }
            }
            RecordKind::RunStarted {} => {
                if let Some(left) = facts.preconditions.iter().find(|p| !self.done.contains(*p)) {
                    return Err(format!("the run started although {left} does not hold"));
                }
                if let Some(gate) = self.must_hold.iter().find(|gate| !self.is_over(facts, gate)) {
                    return Err(format!("the run went on after a gap although {gate} was not looked at again"));
                }
                self.must_hold.clear();
                self.started = true;
                self.rechecking = false;
            }
            RecordKind::RunHeld {} => self.held = true,
            RecordKind::RunContinued {} => self.held = false,
            RecordKind::RunAborted { .. } => self.aborted = true,
            RecordKind::RunStopped { path } => {
                self.stopped = true;
                self.stopped_by.insert(path.clone());
                self.refused |= facts.tasks[path].is_approve;
            }
            RecordKind::RunDraining { .. } => self.draining = true,
            RecordKind::RunDrained { exit } => self.check_exit(facts, *exit, true)?,
            RecordKind::RunFinished { exit } => {
                if let Some(path) = self.retrying.first() {
                    return Err(format!("the run is over and {path} still waits for its next attempt"));
                }
                self.check_exit(facts, *exit, false)?;
                self.finished = Some(*exit);
            }
            RecordKind::StepIntended { path, purpose, attempt, .. } => {
                self.see_intended(facts, plan, record, path, *purpose, *attempt)?;
            }
            RecordKind::StepSucceeded { path, purpose, attempt, stdout, .. } => {
                self.see_succeeded(facts, path, *purpose, *attempt, &stdout.sha256);
            }
            RecordKind::StepFailed { path, purpose, attempt, .. } => match purpose {
                Purpose::Main => self.see_failed(facts, path, *attempt, Verdict::Failed),
                Purpose::Verify if facts.tasks[path].is_manual || self.unknown.contains(path) => {}
                Purpose::Verify => self.see_failed(facts, path, *attempt, Verdict::Failed),
                // For an approval to come, the step itself has not begun; right before it, it has.
                Purpose::Preview if facts.tasks[path].allowed_by.iter().all(|a| self.approvals.contains_key(a)) => {
                    if !facts.tasks[path].host.as_ref().is_some_and(|h| self.excluded.contains(h)) {
                        self.failed.insert(path.clone());
                    }
                }
                Purpose::Preview | Purpose::Sample => {}
            },
            RecordKind::StepNotStarted { path, attempt, reason, .. } => {
                if matches!(reason, NotStartedReason::Revoked {}) {
                    *self.lost_starts.entry(path.clone()).or_default() += 1;
                    self.outcomes.insert((path.clone(), *attempt));
                    self.unknown.remove(path);
                    self.failed.remove(path);
                    self.last.insert(path.clone(), (*attempt, Verdict::NotStarted));
                    // What never was is no try.
                    let tries = self.automatic.entry(path.clone()).or_default();
                    *tries = tries.saturating_sub(1);
                } else {
                    // What could not even be sent was not intended again.
                    self.retrying.remove(path);
                    if matches!(reason, NotStartedReason::Incomplete { why } if why.contains("of the roll")) {
                        self.of_the_roll.insert(path.clone());
                    }
                    let before = self.last.get(path).copied();
                    self.see_failed(facts, path, *attempt, Verdict::NotStarted);
                    if let Some(before) = before
                        && before.0 != *attempt
                    {
                        // It could not even be sent: its number is not used up.
                        self.last.insert(path.clone(), before);
                    }
                }
            }
            RecordKind::StepCancelled { path, attempt, .. } => {
                self.see_failed(facts, path, *attempt, Verdict::Failed);
            }
            RecordKind::StepUnknown { path, attempt, .. } => {
                if facts.tasks[path].effect.changes() {
                    self.unknown.insert(path.clone());
                    self.failed.remove(path);
                    self.last.insert(path.clone(), (*attempt, Verdict::Unknown));
                }
            }
            RecordKind::StepReattached { path, .. } => {
                self.unknown.remove(path);
                self.lost_starts.remove(path);
            }
            RecordKind::StepSettled { path, failed, .. } => {
                let attempt = self.last.get(path).map_or(0, |(a, _)| *a);
                self.retrying.remove(path);
                match failed {
                    None => self.see_over(path, true),
                    Some(_) => self.see_failed(facts, path, attempt, Verdict::Failed),
                }
            }
            RecordKind::StepRetryScheduled { path, .. } => {
                if self.aborted || self.stopped {
                    return Err(format!("{path} is to be tried again after an abort or a stop"));
                }
                self.failed.remove(path);
                self.retrying.insert(path.clone());
            }
            RecordKind::StepSkipped { path, reason } => {
                self.held_gates.remove(path);
                if matches!(reason, crate::run::SkipReason::Person { .. }) {
                    self.exceptions += 1;
                }
                let root =
                    facts.of_step.iter().find(|(_, of)| of.iter().all(|p| p.root() == path.root()) && !of.is_empty());
                match root {
                    Some((_, of)) if !facts.tasks.contains_key(path) => {
                        for left_out in of {
                            self.see_over(left_out, false);
                        }
                    }
                    _ => self.see_over(path, false),
                }
            }
            RecordKind::StepDoneByHand { path, .. } => {
                self.exceptions += 1;
                self.see_over(path, true);
            }
            RecordKind::StepCompleted { path } => {
                if facts.tasks[path].begins_completed {
                    self.check_begin(facts, plan, path)?;
                }
                self.see_over(path, true);
            }
            RecordKind::StepWaiting { path, .. } => {
                self.check_begin(facts, plan, path)?;
                self.check_trouble(facts, path)?;
            }
            RecordKind::UndoStarted { path } => {
                self.exceptions += 1;
                self.undoing.insert(path.clone());
                self.failed.remove(path);
                for (undo, fact) in &facts.tasks {
                    if fact.role == Role::Undo(path.clone()) {
                        self.retries.insert(undo.clone());
                        self.lost_starts.remove(undo);
                        self.done.remove(undo);
                    }
                }
                self.stuck.remove(path);
            }
            RecordKind::UndoFinished { path, succeeded } => {
                self.undoing.remove(path);
                self.failed.remove(path);
                let is_out = facts.tasks[path].host.as_ref().is_some_and(|h| self.excluded.contains(h));
                match succeeded {
                    false => self.stuck.insert(path.clone()),
                    true if !is_out => self.failed.insert(path.clone()),
                    true => false,
                };
            }
            RecordKind::HostExcluded { roll, host, .. } => self.see_excluded(facts, record, roll.is_some(), host)?,
            RecordKind::GateOpened { path, .. } => {
                self.held_gates.remove(path);
                if !self.resumable.remove(path) {
                    self.check_begin(facts, plan, path)?;
                }
                self.failed.remove(path);
                self.streaks.insert(path.clone(), 0);
            }
            RecordKind::GateSampled { path, sample, good, .. } => {
                if *good && !self.is_told_again {
                    for host in facts.gate_hosts(path) {
                        let is_good = self.good_samples.contains(&(path.clone(), *sample, host.clone()));
                        if !self.excluded.contains(host) && !is_good {
                            return Err(format!("sample {sample} of {path} counts as good, but on {host} it was not"));
                        }
                    }
                }
                let streak = self.streaks.entry(path.clone()).or_default();
                *streak = if *good { *streak + 1 } else { 0 };
            }
            RecordKind::GateHeld { path } => {
                if facts.gate_hosts(path).iter().all(|h| self.excluded.contains(h)) {
                    return Err(format!("{path} held on no host at all"));
                }
                let streak = self.streaks.get(path).copied().unwrap_or(0);
                if streak < facts.tasks[path].samples {
                    return Err(format!("{path} held after {streak} good samples in a row"));
                }
                self.held_gates.insert(path.clone());
                self.see_over(path, true);
            }
            RecordKind::GateTimedOut { path, unreachable, .. } => {
                if *unreachable {
                    self.unknown.insert(path.clone());
                } else {
                    self.failed.insert(path.clone());
                }
            }
            RecordKind::GateOverridden { path, .. } => {
                self.exceptions += 1;
                self.see_over(path, true);
            }
            RecordKind::AskOpened { ask, kind, .. } => {
                if self.asks.keys().any(|open| open.path == ask.path) {
                    return Err(format!("{} asks twice at once", ask.path));
                }
                if matches!(kind, AskKind::Pause) && self.resumable.insert(ask.path.clone()) {
                    self.check_begin(facts, plan, &ask.path)?;
                }
                if self.aborted {
                    return Err(format!("{} asks after an abort", ask.path));
                }
                if *kind == AskKind::Approve {
                    self.check_allows_something(facts, &ask.path)?;
                }
                if *kind == AskKind::Failure && !self.of_the_roll.contains(&ask.path) {
                    self.counted.insert(ask.path.clone());
                }
                self.asks.insert(ask.clone(), *kind);
            }
            RecordKind::AskAnswered { ask, word, .. } => self.see_answered(facts, record, ask, *word)?,
            RecordKind::AskUnavailable { .. } => {}
            RecordKind::AskWithdrawn { ask } => {
                if self.asks.remove(ask).is_none() {
                    return Err(format!("an ask of {} was withdrawn that was not open", ask.path));
                }
            }
            RecordKind::ApprovalBegan { path } => {
                if !self.resumable.contains(path) {
                    self.check_begin(facts, plan, path)?;
                }
                self.resumable.insert(path.clone());
                self.failed.remove(path);
            }
            RecordKind::ApprovalGranted { path, .. } => self.see_granted(facts, record, path)?,
            RecordKind::ApprovalVoided { path, .. } => {
                if let Some(top) = facts.tasks[path].top {
                    self.approvals.remove(&top);
                }
                self.done.remove(path);
                self.resumable.remove(path);
            }
            RecordKind::BreakglassUsed { path, reason, .. } => self.see_broken(facts, record, path, reason)?,
            RecordKind::PenTaken {} => self.pen = Some(record.actor.to_string()),
            RecordKind::OutcomeLate { path, attempt, .. } => {
                self.outcomes.insert((path.clone(), *attempt));
            }
            RecordKind::HostPreflighted { host, identity } => {
                self.locked.remove(host);
                if let Some(ledger) = &identity.ledger {
                    let me = (ledger.clone(), identity.boot.clone());
                    if let Some((other, _)) = self.met.iter().find(|(other, is)| *other != host && **is == me) {
                        return Err(format!("{host} and {other} are one host, and both are used"));
                    }
                    self.met.insert(host.clone(), me);
                }
            }
            RecordKind::LockRefused { host, .. } => {
                self.locked.insert(host.clone());
            }
            RecordKind::LockTakenOver { host, .. } => {
                if !matches!(record.actor, Actor::Person { .. }) {
                    return Err(format!("the engine took {host} over by itself"));
                }
            }
            RecordKind::HostRefused { .. }
            | RecordKind::BudgetSpent { .. }
            | RecordKind::BudgetRefunded { .. }
            | RecordKind::NoteAdded { .. }
            | RecordKind::DecisionMade { .. }
            | RecordKind::TailRecovered { .. } => {}
        }
        Ok(())
    }

    /// Whether the last attempt is known to have failed or never to have been: it waits for the next one.
    pub(super) fn has_not_worked(&self, path: &StepPath) -> bool {
        self.retrying.contains(path) || self.last.get(path).is_some_and(|(_, verdict)| *verdict == Verdict::NotStarted)
    }

    /// Whether an attempt's late outcome would be no news: it was settled without it, and it is the current attempt.
    pub(super) fn agrees(&self, path: &StepPath, attempt: u32, is_good: bool) -> bool {
        // An older attempt agrees with nothing: it was given up, and ran after all.
        self.last.get(path).is_some_and(|(last, verdict)| {
            *last == attempt && (*verdict == Verdict::Succeeded || self.done.contains(path)) == is_good
        })
    }
}
