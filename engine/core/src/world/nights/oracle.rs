//! What must be true of every night. Shares no code with the run: it reads the plan, the records, and what the world
//! knows, and has an arithmetic of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, Role};
use crate::plan::{EffectClass, Plan, StepPath};
use crate::run::{Actor, AskId, AskKind, ExitCode, NotStartedReason, Purpose, Record, RecordKind, Word};
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

    /// Whether an instance may begin now: its needs, its batch, the run's mood.
    fn check_begin(&self, facts: &Facts, plan: &Plan, path: &StepPath) -> Check {
        let fact = facts.tasks.get(path).ok_or_else(|| format!("{path} is not in the plan"))?;
        let fail = |what: &str| Err(format!("{path} began {what}"));
        if self.aborted {
            return fail("after an abort");
        }
        if self.draining {
            return fail("after draining began");
        }
        if self.held {
            return fail("while the run was held");
        }
        if self.finished.is_some() {
            return fail("after the end");
        }
        if let Role::Undo(of) = &fact.role {
            return if self.undoing.contains(of) { Ok(()) } else { fail("although nothing is undone") };
        }
        if self.stopped {
            return fail("after a stop");
        }
        if fact.role != Role::Precondition && (!self.started || self.rechecking) {
            return fail("before the run's checks held");
        }
        if fact.host.as_ref().is_some_and(|h| self.excluded.contains(h)) && fact.role != Role::Precondition {
            return fail("on an excluded host");
        }
        if let Some(top) = fact.top {
            for need in &plan.steps[top as usize].needs {
                if !self.step_is_over(facts, need.0) {
                    return fail(&format!("before {} was over", plan.steps[need.0 as usize].id));
                }
            }
        }
        match &fact.role {
            Role::Inner { roll, batch, needs } => {
                for need in needs {
                    if !self.is_over(facts, need) {
                        return fail(&format!("before {need} was over"));
                    }
                }
                self.check_batches(facts, path, *roll, *batch)?;
            }
            Role::BatchGate { roll, batch } => {
                self.check_batches(facts, path, *roll, *batch)?;
                for other in facts.of_batch(*roll, *batch) {
                    if other != path && !self.is_over(facts, other) {
                        return fail(&format!("before {other} was over"));
                    }
                }
            }
            Role::Precondition | Role::Top | Role::Undo(_) => {}
        }
        Ok(())
    }

    fn check_batches(&self, facts: &Facts, path: &StepPath, roll: u32, batch: u32) -> Check {
        for earlier in 0..batch {
            for other in facts.of_batch(roll, earlier) {
                if !self.is_over(facts, other) {
                    return Err(format!("{path} began before {other} of an earlier batch was over"));
                }
            }
        }
        Ok(())
    }

    fn check_trouble(&self, facts: &Facts, path: &StepPath) -> Check {
        let Role::Inner { roll, .. } = facts.tasks[path].role else { return Ok(()) };
        if self.granted.contains(path) {
            return Ok(());
        }
        for other in self.unknown.iter().chain(&self.failed).chain(&self.stuck) {
            let is_beside = matches!(facts.tasks[other].role, Role::Inner { roll: r, .. } if r == roll);
            if is_beside && other != path {
                return Err(format!("{path} began beside {other}, which nobody has settled"));
            }
        }
        Ok(())
    }

    fn check_repeat(&self, facts: &Facts, path: &StepPath, attempt: u32) -> Check {
        let fact = &facts.tasks[path];
        if !fact.effect.changes() {
            return Ok(());
        }
        let Some((before, verdict)) = self.last.get(path) else {
            return if attempt == 1 { Ok(()) } else { Err(format!("{path} began with attempt {attempt}")) };
        };
        if attempt != before + 1 {
            return Err(format!("{path}: attempt {attempt} after attempt {before}"));
        }
        if self.retries.contains(path) {
            return Ok(());
        }
        let is_declared = self.automatic.get(path).copied().unwrap_or(0) < fact.attempts;
        match (verdict, fact.effect) {
            (Verdict::NotStarted, _) => Ok(()),
            (Verdict::Failed, EffectClass::Repeatable) if is_declared => Ok(()),
            _ => Err(format!("{path} ran again after {verdict:?}, and nobody asked for it")),
        }
    }

    fn check_destroy(&self, facts: &Facts, path: &StepPath, record: &Record) -> Check {
        let fact = &facts.tasks[path];
        if fact.effect != EffectClass::Destroy {
            return Ok(());
        }
        for approve in &fact.allowed_by {
            let Some(granted) = self.approvals.get(approve) else {
                return Err(format!("{path} destroys without its approval"));
            };
            let age_ms = if granted.boot == record.boot.0 {
                (record.elapsed - granted.elapsed) / 1_000_000
            } else {
                u64::try_from(record.recorded.timestamp_millis() - granted.wall_ms).unwrap_or(0)
            };
            if !granted.used && age_ms > 15 * 60 * 1000 {
                return Err(format!("{path} destroys {age_ms} ms after its approval"));
            }
            let now = self.previews.get(path);
            if now.is_none() || now != granted.previews.get(path) {
                return Err(format!("{path} destroys other things than were approved: {now:?}"));
            }
        }
        Ok(())
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

    /// The gates that held last before what is not over.
    fn stale(&self, facts: &Facts, plan: &Plan) -> BTreeSet<StepPath> {
        let mut gates = BTreeSet::new();
        let mut open: Vec<(u32, bool)> = (0..plan.steps.len() as u32).map(|step| (step, true)).collect();
        while let Some((step, is_origin)) = open.pop() {
            let is_over = self.step_is_over(facts, step);
            if is_origin == is_over {
                continue;
            }
            // Its own gates: the last before the first that is not over, or the last of all.
            let of = &facts.of_step[&step];
            let own: Vec<&StepPath> = of.iter().filter(|path| facts.tasks[*path].is_gate).collect();
            let is_inner = |path: &StepPath| matches!(facts.tasks[path].role, Role::Inner { .. });
            let own: Vec<&StepPath> = own.into_iter().filter(|path| !is_inner(path)).collect();
            let passed: Vec<&StepPath> = own.iter().copied().filter(|path| self.is_over(facts, path)).collect();
            let is_roll = facts.budgets.contains_key(&step);
            match (is_roll, passed.last()) {
                (true, Some(last)) => drop(gates.insert((*last).clone())),
                (false, Some(_)) if !is_origin => gates.extend(passed.into_iter().cloned()),
                _ => open.extend(plan.steps[step as usize].needs.iter().map(|need| (need.0, false))),
            }
        }
        let is_left = |gate: &&StepPath| facts.gate_hosts(gate).iter().any(|host| !self.excluded.contains(host));
        gates.intersection(&self.held_gates).filter(is_left).cloned().collect()
    }

    fn recheck(&mut self, facts: &Facts) {
        for path in &facts.preconditions {
            // A host that is left out is not looked at any more.
            if facts.tasks[path].host.as_ref().is_none_or(|h| !self.excluded.contains(h)) {
                self.done.remove(path);
            }
        }
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

    fn see_intended(
        &mut self,
        facts: &Facts,
        plan: &Plan,
        record: &Record,
        path: &StepPath,
        purpose: Purpose,
        attempt: u32,
    ) -> Check {
        // A preview for an approval to come leaves the step itself where it is.
        let is_right_before = facts.tasks[path].allowed_by.iter().all(|a| self.approvals.contains_key(a));
        if purpose == Purpose::Main || (purpose == Purpose::Preview && is_right_before) {
            self.retrying.remove(path);
        }
        match purpose {
            Purpose::Main => {
                let fact = &facts.tasks[path];
                // A reading command whose engine was gone is read again: it had begun.
                let is_read_again = !fact.effect.changes() && attempt > 1;
                if !is_read_again || self.aborted {
                    self.check_begin(facts, plan, path)?;
                    self.check_trouble(facts, path)?;
                }
                self.check_repeat(facts, path, attempt)?;
                if fact.effect.changes() && fact.host.as_ref().is_some_and(|host| self.locked.contains(host)) {
                    return Err(format!("{path} is sent to a host that another run has"));
                }
                if let Some(times) = self.lost_starts.get(path).filter(|times| **times > 2) {
                    return Err(format!("{path} is sent once more although {times} starts of it never came"));
                }
                self.check_destroy(facts, path, record)?;
                if self.retries.remove(path) {
                    self.automatic.insert(path.clone(), 0);
                }
                *self.automatic.entry(path.clone()).or_default() += 1;
                self.failed.remove(path);
                self.last.insert(path.clone(), (attempt, Verdict::Unknown));
                if fact.effect.changes()
                    && let Some(top) = fact.top
                {
                    for (approve, granted) in &mut self.approvals {
                        if facts.allows(*approve, top) {
                            granted.used = true;
                        }
                    }
                }
                Ok(())
            }
            Purpose::Preview if self.aborted => Err(format!("{path} is previewed after an abort")),
            Purpose::Verify | Purpose::Preview | Purpose::Sample => Ok(()),
        }
    }

    fn see_succeeded(&mut self, facts: &Facts, path: &StepPath, purpose: Purpose, attempt: u32, digest: &str) {
        match purpose {
            Purpose::Main => {
                self.outcomes.insert((path.clone(), attempt));
                self.unknown.remove(path);
                self.failed.remove(path);
                self.last.insert(path.clone(), (attempt, Verdict::Succeeded));
                if !facts.tasks[path].has_verify {
                    self.see_over(path, true);
                }
            }
            Purpose::Verify if self.unknown.contains(path) => {}
            Purpose::Verify => self.see_over(path, true),
            Purpose::Preview => {
                self.previews.insert(path.clone(), digest.to_owned());
            }
            Purpose::Sample => {}
        }
    }

    fn see_failed(&mut self, facts: &Facts, path: &StepPath, attempt: u32, verdict: Verdict) {
        let fact = &facts.tasks[path];
        self.outcomes.insert((path.clone(), attempt));
        self.unknown.remove(path);
        let is_out = fact.host.as_ref().is_some_and(|h| self.excluded.contains(h));
        if is_out && matches!(fact.role, Role::Top | Role::Inner { .. }) {
            self.failed.remove(path);
        } else {
            self.failed.insert(path.clone());
        }
        self.resumable.remove(path);
        if fact.effect.changes()
            && let Some(last) = self.last.get_mut(path)
        {
            last.1 = verdict;
        }
    }

    fn see_over(&mut self, path: &StepPath, refunds: bool) {
        self.unknown.remove(path);
        self.failed.remove(path);
        self.stuck.remove(path);
        self.granted.remove(path);
        if refunds {
            self.counted.remove(path);
        }
        self.done.insert(path.clone());
    }

    fn see_excluded(&mut self, facts: &Facts, record: &Record, in_roll: bool, host: &HostName) -> Check {
        if in_roll && matches!(record.actor, Actor::Engine {}) {
            // The engine leaves a host out by itself only within the budget.
            let rolls: BTreeSet<u32> = self
                .failed
                .iter()
                .filter(|p| facts.tasks[*p].host.as_ref() == Some(host))
                .filter_map(|p| facts.tasks[p].roll())
                .collect();
            if rolls.is_empty() {
                return Err(format!("{host} was left out although nothing failed there"));
            }
            for path in &self.failed {
                if facts.tasks[path].host.as_ref() == Some(host) && facts.tasks[path].roll().is_some() {
                    self.counted.insert(path.clone());
                }
            }
            for roll in rolls {
                let counted: BTreeSet<&HostName> = self
                    .counted
                    .iter()
                    .filter(|p| facts.tasks[*p].roll() == Some(roll))
                    .filter_map(|p| facts.tasks[p].host.as_ref())
                    .collect();
                let budget = facts.budgets[&roll];
                if counted.len() > budget as usize {
                    return Err(format!("{host} was left out with a budget of {budget}, {counted:?} count"));
                }
            }
        }
        self.excluded.insert(host.clone());
        self.retrying.retain(|path| facts.tasks[path].host.as_ref() != Some(host));
        let here: Vec<StepPath> =
            self.failed.iter().filter(|p| facts.tasks[*p].host.as_ref() == Some(host)).cloned().collect();
        for path in here {
            self.failed.remove(&path);
        }
        Ok(())
    }

    fn see_answered(&mut self, facts: &Facts, record: &Record, ask: &AskId, word: Word) -> Check {
        if !self.asks.contains_key(ask) {
            return Err(format!("an ask of {} was answered that was not open", ask.path));
        }
        let Actor::Person { name, groups, .. } = &record.actor else {
            return Err(format!("the engine answered for {}", ask.path));
        };
        if word == Word::Approve {
            let of = facts.tasks.get(&ask.path).map_or(&[][..], |fact| fact.of.as_slice());
            if !of.is_empty() && !of.iter().any(|of| of == name || groups.contains(of)) {
                return Err(format!("{name} approved {}, which wants one of {of:?}", ask.path));
            }
            let by = self.answered_by.entry(ask.clone()).or_default();
            if by.contains(name) {
                return Err(format!("{name} approved {} twice", ask.path));
            }
            by.push(name.clone());
            return Ok(());
        }
        if word == Word::BreakGlass {
            return Ok(());
        }
        let kind = self.asks.remove(ask);
        match word {
            Word::HandOver => self.pen = None,
            // Somebody has looked: what is tried again after that is theirs to answer for.
            Word::Shell => drop(self.lost_starts.remove(&ask.path)),
            Word::Retry => {
                self.lost_starts.remove(&ask.path);
                self.retries.insert(ask.path.clone());
                self.granted.insert(ask.path.clone());
                self.failed.remove(&ask.path);
                self.unknown.remove(&ask.path);
            }
            Word::Exclude if kind == Some(AskKind::Unknown) => {
                self.unknown.remove(&ask.path);
            }
            Word::Exclude if kind == Some(AskKind::GateTimeout) => {
                self.unknown.remove(&ask.path);
                self.failed.remove(&ask.path);
                self.resumable.insert(ask.path.clone());
            }
            Word::Wait if kind == Some(AskKind::GateTimeout) => {
                self.streaks.insert(ask.path.clone(), 0);
                self.failed.remove(&ask.path);
                self.unknown.remove(&ask.path);
            }
            Word::Refuse => self.refused = true,
            _ => {}
        }
        Ok(())
    }

    /// What drives is said by whoever has the pen; in a drill names are free.
    fn check_pen(&self, record: &Record) -> Check {
        let drives = match &record.kind {
            // The engine may hold by itself; only a person lets it go on.
            RecordKind::RunHeld {} if record.actor == (Actor::Engine {}) => false,
            RecordKind::RunHeld {} | RecordKind::RunContinued {} | RecordKind::RunAborted { .. } => true,
            RecordKind::AskAnswered { word, ask, .. } => {
                let agrees = matches!(word, Word::Approve | Word::Refuse | Word::BreakGlass);
                !agrees || self.asks.get(ask) == Some(&AskKind::Lock)
            }
            _ => false,
        };
        if drives && !self.is_drill && self.pen.as_deref() != Some(record.actor.to_string().as_str()) {
            return Err(format!("{} drives, and {:?} has the pen: {:?}", record.actor, self.pen, record.kind));
        }
        Ok(())
    }

    /// The glass is broken by a person with a reason, at an open ask, and only by whom the approval excludes.
    fn see_broken(&mut self, facts: &Facts, record: &Record, path: &StepPath, reason: &str) -> Check {
        let fact = &facts.tasks[path];
        let Actor::Person { name, groups, .. } = &record.actor else {
            return Err(format!("the engine broke the glass of {path}"));
        };
        let Some(ask) = self.asks.keys().find(|ask| ask.path == *path).cloned() else {
            return Err(format!("{name} broke the glass of {path}, which asks nothing"));
        };
        let is_wanted = fact.of.is_empty() || fact.of.iter().any(|of| of == name || groups.contains(of));
        let is_excluded = fact.approvers > 1 || (fact.not_starter && name == "alice") || !is_wanted;
        if !is_excluded || reason.trim().is_empty() {
            return Err(format!("{name} broke the glass of {path} for {reason:?} and had no need to"));
        }
        self.exceptions += 1;
        self.broken.insert(ask);
        Ok(())
    }

    fn see_granted(&mut self, facts: &Facts, record: &Record, path: &StepPath) -> Check {
        let fact = &facts.tasks[path];
        let Some(top) = fact.top else { return Ok(()) };
        let ask = self.asks.keys().find(|ask| ask.path == *path).cloned();
        let by = ask.as_ref().and_then(|a| self.answered_by.get(a)).map_or(0, Vec::len);
        let is_broken = ask.as_ref().is_some_and(|ask| self.broken.contains(ask));
        if by < fact.approvers as usize && !is_broken {
            return Err(format!("{path} was granted by {by} people, it needs {}", fact.approvers));
        }
        if fact.not_starter
            && ask.as_ref().is_some_and(|a| self.answered_by.get(a).is_some_and(|by| by.contains(&"alice".to_owned())))
        {
            return Err(format!("{path} was granted by the starter"));
        }
        if let Some(ask) = ask {
            self.asks.remove(&ask);
        }
        self.approvals.insert(
            top,
            Granted {
                elapsed: record.elapsed,
                boot: record.boot.0.clone(),
                wall_ms: record.recorded.timestamp_millis(),
                previews: self.previews.clone(),
                used: false,
            },
        );
        self.see_over(path, true);
        Ok(())
    }

    /// The exit code must fit what is true; of several the first of DESIGN's order.
    fn check_exit(&self, facts: &Facts, exit: ExitCode, is_drained: bool) -> Check {
        let fail = |why: &str| Err(format!("the run ended with {exit} although {why}"));
        if exit == ExitCode::BUG {
            return fail("nothing is wrong but the run itself: it got stuck");
        }
        let is_whole = self.started && facts.of_step.keys().all(|step| self.step_is_over(facts, *step));
        if let Some(path) = self.unknown.first() {
            return if exit == ExitCode::UNKNOWN { Ok(()) } else { fail(&format!("{path} is unknown")) };
        }
        if exit == ExitCode::UNKNOWN {
            // A gate or a reading command may be what nobody could see; what changes never is.
            let is_read = facts.tasks.values().any(|f| !f.effect.changes());
            return if is_read { Ok(()) } else { fail("every outcome is known") };
        }
        if !self.stuck.is_empty() {
            return if exit == ExitCode::UNDO_FAILED { Ok(()) } else { fail("an undo failed") };
        }
        if self.aborted {
            return if exit == ExitCode::ABORTED { Ok(()) } else { fail("it was aborted") };
        }
        let is_broken = |p: &&StepPath| {
            !facts.tasks[*p].is_gate && !facts.tasks[*p].is_approve && !matches!(facts.tasks[*p].role, Role::Undo(_))
        };
        if let Some(path) = self.failed.iter().filter(|p| facts.tasks[*p].role != Role::Precondition).find(is_broken) {
            return if exit == ExitCode::FAILED { Ok(()) } else { fail(&format!("{path} failed")) };
        }
        if is_drained {
            return Ok(());
        }
        match (is_whole, self.exceptions + self.excluded.len() as u32) {
            (true, 0) if exit == ExitCode::DONE => Ok(()),
            (true, 1..) if exit == ExitCode::DONE_WITH_EXCEPTIONS => Ok(()),
            (true, n) if !self.stopped => fail(&format!("everything is over, with {n} exceptions")),
            (false, _) if !self.stopped && self.started && !self.rechecking => {
                fail("steps are left and nobody stopped it")
            }
            (false, _) if matches!(exit, ExitCode::DONE | ExitCode::DONE_WITH_EXCEPTIONS) => fail("steps are left"),
            _ => Ok(()),
        }
    }
}
