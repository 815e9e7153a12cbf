//! How commands ended, and what hosts say about those in doubt.

use crate::plan::{Condition, ConditionError, EffectClass, StepResult, StreamText};
use crate::run::batch::Batch;
use crate::run::graph::Work;
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{
    Captured, CapturedText, EffectKey, Ended, Exit, FailedReason, NotStartedReason, Purpose, RecordKind, Rejected,
    Report, UnknownReason,
};
use crate::runbook::OutputName;

/// Outputs larger than this fail their step.
pub(in crate::run) const MAX_OUTPUT: usize = 4096;

/// Starts of one instance in a row that never arrived: after these a person must say whether there is a point in one more.
const MOST_LOST_STARTS: u32 = 3;

fn stream(captured: &Captured) -> StreamText<'_> {
    match &captured.text {
        CapturedText::Text(text) => StreamText::Text(text),
        CapturedText::Cut => StreamText::Cut,
        CapturedText::NotUtf8 => StreamText::NotUtf8,
    }
}

pub(in crate::run) fn result(ended: &Ended) -> StepResult<'_> {
    StepResult {
        status: ended.exit.status(),
        stdout: stream(&ended.stdout),
        stderr: stream(&ended.stderr),
        took_ms: ended.took_ms,
    }
}

impl Batch<'_> {
    pub(in crate::run) fn reported(&mut self, key: &EffectKey, report: Report) -> Result<(), Rejected> {
        let task = self.task_of(key)?;
        let not_under_way = || Rejected::NotUnderWay { path: key.path.clone(), attempt: key.attempt };
        // Attempts are counted from 1: before the first nothing has been sent that could be reported.
        if key.attempt == 0 {
            return Err(not_under_way());
        }
        if key.purpose == Purpose::Sample {
            return self.sample_reported(task, key, report);
        }
        let sent = (task, key.purpose, key.attempt);
        let was_sent = self.run.inflight.commands.contains(&sent);
        match key.purpose {
            Purpose::Main => {
                let is = self.state().task(task);
                let is_open = is.attempt == key.attempt
                    && matches!(is.state, TaskState::Running | TaskState::Unknown { .. })
                    && (was_sent || matches!(is.state, TaskState::Unknown { .. }));
                if is_open {
                    let adopted = matches!(is.state, TaskState::Unknown { .. });
                    // Of an attempt in doubt only an answer is news.
                    if adopted && matches!(report, Report::Unknown(_)) {
                        return Err(not_under_way());
                    }
                    self.stop_asking(task);
                    // A verify of the doubt that this answer ends is no longer waited for either.
                    self.run.inflight.forget(task, |p| p != Purpose::Preview);
                    self.main_reported(task, report, adopted);
                    return Ok(());
                }
                self.late(task, key, &report)
            }
            Purpose::Verify if was_sent && self.state().task(task).verify_attempt == key.attempt => {
                self.run.inflight.commands.remove(&sent);
                self.verify_reported(task, key.attempt, report);
                Ok(())
            }
            Purpose::Preview if was_sent && self.state().task(task).preview_attempt == key.attempt => {
                self.run.inflight.commands.remove(&sent);
                self.preview_reported(task, key.attempt, report);
                Ok(())
            }
            _ => Err(not_under_way()),
        }
    }

    /// What an attempt says that is under way no more: news only if it contradicts what was settled without it.
    pub(in crate::run) fn late(&mut self, task: TaskIndex, key: &EffectKey, report: &Report) -> Result<(), Rejected> {
        let is = self.state().task(task);
        let is_abandoned = is.abandoned.contains(&key.attempt) && matches!(report, Report::Ended(_));
        let is_dropped = self.run.is_broken(Sabotage::LateOutcomeDropped);
        if !is_dropped && (is_abandoned || (is.attempt == key.attempt && self.contradicts(task, report))) {
            let said = format!("{report:?}").chars().take(200).collect();
            let path = key.path.clone();
            self.engine(RecordKind::OutcomeLate { path, attempt: key.attempt, said });
            return Ok(());
        }
        Err(Rejected::NotUnderWay { path: key.path.clone(), attempt: key.attempt })
    }

    pub(in crate::run) fn task_of(&self, key: &EffectKey) -> Result<TaskIndex, Rejected> {
        let run = self.state().info().map_or("", |i| i.run.as_str());
        let graph = self.state().graph();
        let is_there = |task: &TaskIndex| graph.host(*task).is_none_or(|host| host.name == key.host);
        let task = graph.find(&key.path).filter(|_| run == key.run).filter(is_there);
        task.ok_or_else(|| Rejected::UnknownStep(key.to_string()))
    }

    /// Whether a late outcome says otherwise than what was settled without it.
    fn contradicts(&self, task: TaskIndex, report: &Report) -> bool {
        let is = self.state().task(task);
        let Report::Ended(ended) = report else { return false };
        let good = self.judge(task, ended, self.expectation(task).as_ref()).is_ok();
        !is.late
            && !is.heard
            && self.state().graph().effect(task).changes()
            && match is.state {
                TaskState::Succeeded | TaskState::ByHand => !good,
                TaskState::Running | TaskState::Unknown { .. } | TaskState::Todo => false,
                _ => good,
            }
    }

    fn expectation(&self, task: TaskIndex) -> Option<Condition> {
        match self.state().graph().work(task) {
            Work::Probe(probe) => probe.expect.clone(),
            Work::Command(command) => command.expect.clone(),
            _ => None,
        }
    }

    /// Whether a command did what it should: exit status 0, or what its condition asks.
    pub(in crate::run) fn judge(
        &self,
        task: TaskIndex,
        ended: &Ended,
        expect: Option<&Condition>,
    ) -> Result<(), FailedReason> {
        let Some(condition) = expect else {
            return if ended.exit == Exit::Code(0) { Ok(()) } else { Err(FailedReason::Exit(ended.exit)) };
        };
        let outputs = self.state().outputs_at(task, None);
        let scope = self.state().scope(&outputs, None, Some(result(ended)));
        match self.run.conditions.holds(condition, &scope) {
            Ok(true) => Ok(()),
            Ok(false) => Err(FailedReason::Expectation { condition: condition.0.clone() }),
            Err(error) => Err(unanswered(condition, &error)),
        }
    }

    fn outputs(
        &self,
        task: TaskIndex,
        ended: &Ended,
    ) -> Result<std::collections::BTreeMap<OutputName, String>, FailedReason> {
        let mut values = std::collections::BTreeMap::new();
        let Some(command) = self.state().graph().command(task) else { return Ok(values) };
        let outputs = self.state().outputs_at(task, None);
        let scope = self.state().scope(&outputs, None, Some(result(ended)));
        for output in &command.outputs {
            let text =
                self.run.conditions.text(&output.value, &scope).map_err(|error| unanswered(&output.value, &error))?;
            if text.len() > MAX_OUTPUT {
                let bytes = text.len() as u64;
                return Err(FailedReason::OutputTooLarge { output: output.name.to_string(), bytes });
            }
            values.insert(output.name.clone(), text);
        }
        Ok(values)
    }

    pub(in crate::run) fn main_reported(&mut self, task: TaskIndex, report: Report, adopted: bool) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt;
        let purpose = Purpose::Main;
        self.withdraw_ask(task);
        match report {
            Report::Ended(ended) => {
                let verdict = self.judge(task, &ended, self.expectation(task).as_ref());
                match verdict.and_then(|()| self.outputs(task, &ended)) {
                    Ok(outputs) => {
                        self.engine(RecordKind::StepSucceeded {
                            path,
                            purpose,
                            attempt,
                            took_ms: ended.took_ms,
                            exit: ended.exit,
                            outputs,
                            stdout: ended.stdout.info,
                            stderr: ended.stderr.info,
                            adopted,
                        });
                        self.succeeded(task);
                    }
                    Err(reason) => {
                        self.engine(RecordKind::StepFailed {
                            path,
                            purpose,
                            attempt,
                            took_ms: Some(ended.took_ms),
                            exit: Some(ended.exit),
                            reason,
                            stdout: Some(ended.stdout.info),
                            stderr: Some(ended.stderr.info),
                            adopted,
                        });
                        self.failed(task);
                    }
                }
            }
            Report::NotStarted(reason) => {
                self.not_started(task, reason);
            }
            Report::Cancelled(report) => {
                let timeout = self.state().graph().command(task).and_then(|c| c.timeout_ms);
                let is_read = self.state().graph().effect(task) == EffectClass::Read;
                if is_read && self.state().aborted().is_none() {
                    let after_ms = match self.state().graph().work(task) {
                        Work::Probe(probe) => probe.timeout_ms,
                        _ => timeout.unwrap_or(0),
                    };
                    let reason = FailedReason::TimedOut { after_ms };
                    let (took_ms, exit, stdout, stderr) = (None, None, None, None);
                    self.engine(RecordKind::StepFailed {
                        path,
                        purpose,
                        attempt,
                        took_ms,
                        exit,
                        reason,
                        stdout,
                        stderr,
                        adopted,
                    });
                } else {
                    self.engine(RecordKind::StepCancelled { path, purpose, attempt, report });
                }
                self.failed(task);
            }
            Report::Unknown(reason) => self.unknown(task, reason),
        }
    }

    /// An attempt never ran: what was only lost on its way is sent again, a few times.
    pub(in crate::run) fn not_started(&mut self, task: TaskIndex, reason: NotStartedReason) {
        let path = self.state().graph().path(task).clone();
        let (purpose, attempt) = (Purpose::Main, self.state().task(task).attempt);
        self.engine(RecordKind::StepNotStarted { path, purpose, attempt, reason });
        self.check_lost_starts(task);
        if matches!(self.state().task(task).state, TaskState::Failed(_)) {
            self.failed(task);
        }
    }

    /// Sent often enough: a person must say whether there is a point in one more start.
    pub(in crate::run) fn check_lost_starts(&mut self, task: TaskIndex) {
        let (times, attempt) = (self.state().task(task).lost_starts, self.state().task(task).attempt);
        let is_lost_again = self.state().task(task).state == TaskState::Todo && times >= MOST_LOST_STARTS;
        if is_lost_again && !self.run.is_broken(Sabotage::SendsForEver) {
            let path = self.state().graph().path(task).clone();
            let failed = Some(FailedReason::NotStarted(NotStartedReason::NeverArrived { times }));
            self.engine(RecordKind::StepSettled { path, attempt, failed, by: "the engine".to_owned() });
        }
    }

    fn unknown(&mut self, task: TaskIndex, reason: UnknownReason) {
        let path = self.state().graph().path(task).clone();
        let attempt = self.state().task(task).attempt;
        if self.run.is_broken(Sabotage::UnknownTakenForFailed) {
            let reason = NotStartedReason::Unreachable { why: "lost".to_owned() };
            self.engine(RecordKind::StepNotStarted { path, purpose: Purpose::Main, attempt, reason });
            self.failed(task);
            return;
        }
        if self.state().graph().effect(task).changes() {
            if self.run.is_broken(Sabotage::UnknownRunAgain) {
                self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: false });
                self.intend(task, Purpose::Main);
                return;
            }
            self.ask_target(task, reason);
        } else {
            self.engine(RecordKind::StepUnknown { path, attempt, reason, asking: false });
            self.read_unknown(task);
        }
    }
}

pub(in crate::run) fn unanswered(condition: &Condition, error: &ConditionError) -> FailedReason {
    FailedReason::Condition { condition: condition.0.clone(), why: error.to_string() }
}
