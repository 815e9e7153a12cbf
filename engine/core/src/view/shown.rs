//! What a display keeps of each record, beside the state: who said it, when, why, and what an attempt ended with. How it
//! is asked for is in `run_view.rs`.

use super::RunView;
use super::instance::{Attempt, Ended, LastSample};
use super::remark::Remark;
use super::wait::{Said, Wait};
use crate::plan::StepPath;
use crate::run::{
    Actor, AskId, FailedReason, Purpose, Record, RecordKind, SkipReason, Stamp, State, TaskState, Word, Work, describe,
    describe_unknown,
};
use crate::runbook::HostName;

impl RunView {
    /// The display's part of one record. The state has taken it, so its step exists; what is missing is passed over.
    pub(super) fn show(&mut self, record: &Record) {
        let stamp = State::stamp(record);
        if self.began.is_none() {
            self.began = Some(record.recorded);
        }
        if matches!(
            record.kind,
            RecordKind::RunContinued {}
                | RecordKind::RunResumed { .. }
                | RecordKind::StepSucceeded { .. }
                | RecordKind::StepFailed { .. }
                | RecordKind::StepNotStarted { .. }
        ) {
            self.lacks = None;
        }
        match &record.kind {
            RecordKind::RunPlanned { .. } => self.foreseen = self.state.foreseen(),
            RecordKind::RunResumed { .. } => self.ended = None,
            RecordKind::RunDrained { .. } | RecordKind::RunFinished { .. } => self.ended = Some(record.recorded),
            RecordKind::RunHeld {} => {
                if matches!(record.actor, Actor::Engine {}) {
                    self.lacks = self.last_note.take().map(|why| (why, record.at));
                }
            }
            RecordKind::RunStopped { path } => self.stopped_by = Some(path.clone()),
            RecordKind::NoteAdded { text } => {
                // Of a run that starts nothing it is no step's note: something else has come to wait.
                let is_still = self.state.is_held() || self.state.aborted().is_some();
                if is_still && matches!(record.actor, Actor::Engine {}) {
                    // The later one names all that wait now; the first has waited longest.
                    let since = self.lacks.as_ref().map_or(record.at, |(_, since)| *since);
                    self.lacks = Some((text.clone(), since));
                }
                self.last_note = Some(text.clone());
                self.remark(record, text, false);
            }
            RecordKind::DecisionMade { text } => self.remark(record, text, true),
            RecordKind::AskOpened { .. }
            | RecordKind::AskAnswered { .. }
            | RecordKind::AskUnavailable { .. }
            | RecordKind::AskWithdrawn { .. } => self.show_ask(record, &stamp),
            // Before the first step only hosts that were not met can wait for something.
            RecordKind::HostPreflighted { .. } | RecordKind::HostRefused { .. } => {
                if self.lacks.is_some() && self.has_met_all() {
                    self.lacks = None;
                }
            }
            RecordKind::HostExcluded { host, reason, .. } => self.show_excluded(host, reason, &stamp),
            _ => self.show_step(record, &stamp),
        }
    }

    fn has_met_all(&self) -> bool {
        let hosts = self.plan().hosts.iter().filter_map(|host| self.state.graph().find_host(&host.name));
        hosts.map(|host| self.state.host(host)).all(|host| host.identity.is_some() || host.refused.is_some())
    }

    fn remark(&mut self, record: &Record, text: &str, decision: bool) {
        if !self.keeps_remarks {
            return;
        }
        self.remarks.push(Remark {
            at: record.at,
            recorded: record.recorded,
            by: record.actor.clone(),
            decision,
            text: text.to_owned(),
        });
    }

    fn show_ask(&mut self, record: &Record, stamp: &Stamp) {
        match &record.kind {
            RecordKind::AskOpened { ask, kind, .. } => {
                if let Some(task) = self.state.graph().find(&ask.path) {
                    self.instances[task.0 as usize].began.get_or_insert_with(|| stamp.clone());
                }
                self.open_waits.insert(ask.clone(), self.waits.len());
                self.waits.push(Wait {
                    ask: ask.clone(),
                    kind: *kind,
                    since: stamp.clone(),
                    until: None,
                    said: Vec::new(),
                    unavailable: None,
                });
            }
            RecordKind::AskAnswered { ask, word, reason, evidence, .. } => {
                if let Some(wait) = self.open_waits.get(ask).and_then(|at| self.waits.get_mut(*at)) {
                    wait.said.push(Said {
                        at: record.at,
                        by: record.actor.clone(),
                        word: *word,
                        because: reason.clone().or_else(|| evidence.clone()),
                    });
                    // An approval stays open until it is granted: enough have agreed, or the glass was broken.
                    if !matches!(word, Word::Approve | Word::BreakGlass) {
                        self.close_wait(ask, stamp);
                    }
                }
            }
            RecordKind::AskUnavailable { ask, reason } => {
                if let Some(wait) = self.open_waits.get(ask).and_then(|at| self.waits.get_mut(*at)) {
                    wait.unavailable = Some(*reason);
                }
            }
            RecordKind::AskWithdrawn { ask } => self.close_wait(ask, stamp),
            _ => {}
        }
    }

    fn close_wait(&mut self, ask: &AskId, stamp: &Stamp) {
        if let Some(at) = self.open_waits.remove(ask)
            && let Some(wait) = self.waits.get_mut(at)
        {
            wait.until = Some(stamp.clone());
        }
    }

    fn show_excluded(&mut self, host: &HostName, reason: &str, stamp: &Stamp) {
        let Some(host) = self.state.graph().find_host(host) else { return };
        for task in self.state.graph().on_host[host.0 as usize].clone() {
            if self.state.task(task).state == TaskState::Excluded {
                let instance = &mut self.instances[task.0 as usize];
                instance.why = Some(reason.to_owned());
                instance.ended.get_or_insert_with(|| stamp.clone());
            }
        }
        // Asks about what was left out were closed with it.
        let open: Vec<AskId> = self.open_waits.keys().filter(|id| self.state.ask(id).is_none()).cloned().collect();
        for ask in open {
            self.close_wait(&ask, stamp);
        }
    }

    fn show_step(&mut self, record: &Record, stamp: &Stamp) {
        let Some(path) = path_of(&record.kind) else { return };
        let Some(task) = self.state.graph().find(path) else { return };
        let needed = match self.state.graph().work(task) {
            Work::Gate(gate) => gate.samples,
            _ => 0,
        };
        let changes = self.state.graph().effect(task).changes();
        let host = self.state.graph().node(task).host;
        let instance = &mut self.instances[task.0 as usize];
        let ended = Ended { at: record.at, ..Ended::default() };
        match &record.kind {
            RecordKind::StepIntended { purpose, attempt, .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                if *purpose == Purpose::Main {
                    (instance.ended, instance.by, instance.why) = (None, None, None);
                    if changes {
                        self.touched.extend(host);
                    }
                }
                instance.attempts.push(Attempt {
                    purpose: *purpose,
                    attempt: *attempt,
                    began: record.at,
                    ended: None,
                    word: "RUN".to_owned(),
                    why: None,
                    took_ms: None,
                    status: None,
                    stdout_bytes: 0,
                    stderr_bytes: 0,
                    adopted: false,
                });
            }
            RecordKind::StepSucceeded { purpose, attempt, took_ms, exit, stdout, stderr, adopted, .. } => {
                let streams = [Some(stdout), Some(stderr)];
                let (took_ms, exit) = (Some(*took_ms), Some(*exit));
                let end = Ended { word: "ok", took_ms, exit, streams, adopted: *adopted, ..ended };
                instance.settle(*purpose, *attempt, end);
                // A preview is not what the step is about.
                if *purpose != Purpose::Preview {
                    instance.over(stamp, None);
                }
            }
            RecordKind::StepFailed { purpose, attempt, took_ms, exit, reason, stdout, stderr, adopted, .. } => {
                let why = Some(describe(reason));
                let streams = [stdout.as_ref(), stderr.as_ref()];
                let end = Ended {
                    word: "FAIL",
                    why: why.clone(),
                    took_ms: *took_ms,
                    exit: *exit,
                    streams,
                    adopted: *adopted,
                    ..ended
                };
                instance.settle(*purpose, *attempt, end);
                instance.over(stamp, why);
            }
            RecordKind::StepNotStarted { purpose, attempt, reason, .. } => {
                let why = Some(describe(&FailedReason::NotStarted(reason.clone())));
                instance.settle(*purpose, *attempt, Ended { word: "FAIL", why: why.clone(), ..ended });
                instance.over(stamp, why);
            }
            RecordKind::StepCancelled { purpose, attempt, report, .. } => {
                let why = Some(describe(&FailedReason::Cancelled(report.clone())));
                instance.settle(*purpose, *attempt, Ended { word: "FAIL", why: why.clone(), ..ended });
                instance.over(stamp, why);
            }
            RecordKind::StepUnknown { attempt, reason, .. } => {
                let why = Some(describe_unknown(reason));
                instance.settle(Purpose::Main, *attempt, Ended { word: "UNKN", why: why.clone(), ..ended });
                instance.why = why;
            }
            RecordKind::StepReattached { attempt, .. } => {
                instance.settle(Purpose::Main, *attempt, Ended { word: "RUN", ..ended });
                (instance.why, instance.ended) = (None, None);
            }
            RecordKind::StepSettled { attempt, failed, by, .. } => {
                let why = failed.as_ref().map(describe);
                let word = if failed.is_some() { "FAIL" } else { "ok" };
                instance.settle(Purpose::Main, *attempt, Ended { word, why: why.clone(), ..ended });
                instance.by = Some(by.clone());
                instance.over(stamp, why);
            }
            RecordKind::StepSkipped { reason, .. } => {
                instance.by = matches!(reason, SkipReason::Person { .. }).then(|| record.actor.to_string());
                instance.over(stamp, Some(reason.why().to_owned()));
            }
            RecordKind::StepDoneByHand { evidence, .. } => {
                instance.by = Some(record.actor.to_string());
                instance.over(stamp, Some(evidence.clone()));
            }
            RecordKind::StepCompleted { .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                if let Actor::Person { .. } = record.actor {
                    instance.by = Some(record.actor.to_string());
                }
                instance.over(stamp, None);
            }
            RecordKind::UndoFinished { succeeded, .. } => {
                let why = if *succeeded { "undone" } else { "its undo failed" };
                instance.over(stamp, Some(why.to_owned()));
            }
            RecordKind::StepWaiting { .. } | RecordKind::GateOpened { .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                (instance.ended, instance.why) = (None, None);
            }
            // Who is asked again reads why: that stands until it is granted.
            RecordKind::ApprovalBegan { .. } => {
                instance.began.get_or_insert_with(|| stamp.clone());
                instance.ended = None;
            }
            RecordKind::ApprovalVoided { reason, .. } => {
                (instance.began, instance.ended) = (None, None);
                instance.why = Some(format!("approved before, which no longer counts: {reason}"));
            }
            RecordKind::GateSampled { sample, good, streak, bad, bad_hosts, .. } => {
                instance.sample = Some(LastSample {
                    sample: *sample,
                    good: *good,
                    streak: *streak,
                    needed,
                    bad: bad.clone(),
                    bad_hosts: *bad_hosts,
                });
            }
            RecordKind::GateHeld { .. } => instance.over(stamp, None),
            RecordKind::ApprovalGranted { .. } => {
                instance.over(stamp, None);
                let by: Vec<AskId> = self.open_waits.keys().filter(|id| id.path == *path).cloned().collect();
                for ask in by {
                    self.close_wait(&ask, stamp);
                }
            }
            RecordKind::GateTimedOut { last, .. } => {
                instance.over(stamp, Some(format!("did not hold in time; last: {last}")));
            }
            RecordKind::GateOverridden { reason, .. } => {
                instance.by = Some(record.actor.to_string());
                instance.over(stamp, Some(format!("overridden: {reason}")));
            }
            _ => {}
        }
    }
}

/// The instance a record is about.
pub(crate) fn path_of(kind: &RecordKind) -> Option<&StepPath> {
    match kind {
        RecordKind::RunStopped { path }
        | RecordKind::StepIntended { path, .. }
        | RecordKind::StepSucceeded { path, .. }
        | RecordKind::StepFailed { path, .. }
        | RecordKind::StepNotStarted { path, .. }
        | RecordKind::StepCancelled { path, .. }
        | RecordKind::StepUnknown { path, .. }
        | RecordKind::StepReattached { path, .. }
        | RecordKind::StepSettled { path, .. }
        | RecordKind::StepRetryScheduled { path, .. }
        | RecordKind::StepSkipped { path, .. }
        | RecordKind::StepDoneByHand { path, .. }
        | RecordKind::StepCompleted { path }
        | RecordKind::StepWaiting { path, .. }
        | RecordKind::UndoStarted { path }
        | RecordKind::UndoFinished { path, .. }
        | RecordKind::GateOpened { path, .. }
        | RecordKind::GateSampled { path, .. }
        | RecordKind::GateHeld { path }
        | RecordKind::GateTimedOut { path, .. }
        | RecordKind::GateOverridden { path, .. }
        | RecordKind::ApprovalBegan { path }
        | RecordKind::BreakglassUsed { path, .. }
        | RecordKind::ApprovalGranted { path, .. }
        | RecordKind::ApprovalVoided { path, .. }
        | RecordKind::OutcomeLate { path, .. } => Some(path),
        RecordKind::AskOpened { ask, .. }
        | RecordKind::AskAnswered { ask, .. }
        | RecordKind::AskUnavailable { ask, .. }
        | RecordKind::AskWithdrawn { ask } => Some(&ask.path),
        _ => None,
    }
}
