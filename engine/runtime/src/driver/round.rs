//! The loop: select → batch → commit → dispatch. It owns no rule of its own.
//!
//! It runs on a thread of its own, because a commit waits for the disk and nothing else may wait with it: commands are
//! drained, viewers served and signals taken while a sync takes its time.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use banister_core::run::{
    Answer, DrainReason, Effect, EffectKey, ExitCode, Input, Rejected, Report, Run, TargetAnswer,
};
use tokio::sync::{mpsc, oneshot};

use super::desk::Desk;
use super::dispatch::Dispatcher;
use super::inbox::{Message, Refusal};
use super::tap::Tap;
use super::{Clock, Event, Feed};
use crate::agent::Lent;

/// Messages that become durable together, at most. More would only make the first of them wait longer.
const MOST: usize = 512;

/// Everything the loop works with.
pub(super) struct Loop {
    pub(super) run: Run,
    pub(super) journal: Tap,
    pub(super) clock: Clock,
    pub(super) inbox: mpsc::Receiver<Message>,
    pub(super) desk: Desk,
    pub(super) dispatcher: Dispatcher,
    pub(super) feed: Feed,
    /// Knows who drives: whose agent is used.
    pub(super) lent: Lent,
    /// What follows from the last commit and comes before anything else.
    pub(super) next: VecDeque<Input>,
    /// Commands that run, by this engine's doing or attached to again.
    pub(super) running: BTreeSet<EffectKey>,
    /// Commands that printed something and whose outcome is written and not yet synced.
    pub(super) settled: Vec<EffectKey>,
    pub(super) told_degraded: bool,
}

/// Why the loop ended.
pub(super) enum Verdict {
    /// The run is over, or drained.
    Ended(ExitCode),
    /// The journal could not be written.
    Journal(String),
    /// A record of our own did not fit.
    Fault,
}

/// What an input leaves behind when it was taken.
#[derive(Default)]
struct Trace {
    ended: Option<EffectKey>,
    /// Its output is here, and lies on its host as well.
    printed: bool,
    attached: Option<EffectKey>,
    prepared: Option<Box<Answer>>,
}

impl Trace {
    fn of(input: &Input) -> Self {
        let mut trace = Self::default();
        match input {
            Input::Reported { key, report, .. } => {
                trace.ended = Some(key.clone());
                trace.printed = has_printed(report);
            }
            Input::TargetAnswered { key, answer: TargetAnswer::Running } => trace.attached = Some(key.clone()),
            Input::TargetAnswered { key, answer: TargetAnswer::Ended(report) } => {
                trace.ended = Some(key.clone());
                trace.printed = has_printed(report);
            }
            Input::Answered { answer, .. } if answer.prepared => trace.prepared = Some(Box::new(answer.clone())),
            _ => {}
        }
        trace
    }
}

/// Whether a command's output was fetched, and there was any: where there was none, nothing is left to remove.
fn has_printed(report: &Report) -> bool {
    matches!(report, Report::Ended(ended) if ended.stdout.info.bytes + ended.stderr.info.bytes > 0)
}

type Reply = oneshot::Sender<Result<u64, Refusal>>;

impl Loop {
    /// Runs to the end.
    pub(super) fn run(&mut self) -> Verdict {
        loop {
            if let Some(verdict) = self.round() {
                return verdict;
            }
        }
    }

    fn round(&mut self) -> Option<Verdict> {
        let messages = self.select();
        let now = self.clock.now();
        let elapsed = now.elapsed;
        let (mut taken, mut refused) = (Vec::<Reply>::new(), Vec::<(Reply, Rejected)>::new());
        let mut unfit: Vec<(Box<Answer>, String)> = Vec::new();
        let mut fault = false;
        let mut batch = self.run.batch(now);
        for message in messages {
            let Message { input, reply } = message;
            let trace = Trace::of(&input);
            if let Some(key) = &trace.ended {
                self.running.remove(key);
            }
            match batch.decide(*input) {
                Ok(()) => {
                    self.running.extend(trace.attached);
                    match trace.ended {
                        Some(key) if trace.printed => self.settled.push(key),
                        Some(key) => self.dispatcher.forget(&key),
                        None => {}
                    }
                    taken.extend(reply);
                }
                Err(rejected) => {
                    tracing::debug!(%rejected, "input not taken");
                    fault |= rejected == Rejected::Poisoned;
                    unfit.extend(trace.prepared.map(|answer| (answer, rejected.to_string())));
                    refused.extend(reply.map(|reply| (reply, rejected)));
                }
            }
        }
        let committed = batch.commit(&mut self.journal);
        // A sender that went away needs no answer.
        for (reply, rejected) in refused {
            let _ = reply.send(Err(Refusal::Rejected(rejected)));
        }
        match committed {
            Ok(effects) => {
                let seq = self.run.state().seq();
                // Before anybody is told: whoever comes in between reads it in the journal.
                self.feed.written(self.run.state());
                self.lent.drives(self.run.state().pen());
                taken.into_iter().for_each(|reply| drop(reply.send(Ok(seq))));
                self.after_commit(effects, elapsed);
            }
            Err(error) => {
                let why = error.to_string();
                taken.into_iter().for_each(|reply| drop(reply.send(Err(Refusal::NotWritten(why.clone())))));
                self.drain_unjournalled(&why);
                return Some(Verdict::Journal(why));
            }
        }
        if fault {
            self.drain_unjournalled("a record did not fit; this is a fault of banister");
            return Some(Verdict::Fault);
        }
        for (answer, why) in unfit {
            self.next.extend(self.desk.rejected(&self.run, &answer, &why));
        }
        self.next.extend(self.desk.look(&self.run));
        let state = self.run.state();
        state.finished().or(state.drained()).map(Verdict::Ended)
    }

    /// Everything that waits, in its order; waits for the first.
    fn select(&mut self) -> Vec<Message> {
        let mut messages: Vec<Message> =
            self.next.drain(..).map(|input| Message { input: Box::new(input), reply: None }).collect();
        if messages.is_empty() {
            // The dispatcher holds a sender, so there is always one to come.
            messages.extend(self.inbox.blocking_recv());
        }
        while messages.len() < MOST
            && let Ok(message) = self.inbox.try_recv()
        {
            messages.push(message);
        }
        messages
    }

    fn after_commit(&mut self, effects: Vec<Effect>, elapsed: u64) {
        let (records, synced) = self.journal.take();
        if self.feed.has_viewers() {
            records.into_iter().for_each(|record| self.feed.tell(&Event::Record(Arc::new(record))));
        }
        for effect in &effects {
            if let Effect::Execute(request) = effect {
                self.running.insert(request.key.clone());
            }
        }
        self.dispatcher.dispatch(effects, elapsed, &self.journal.head());
        if synced {
            self.settled.drain(..).for_each(|key| self.dispatcher.clean(&key));
        }
        if let Some(why) = self.journal.degraded()
            && !self.told_degraded
        {
            self.told_degraded = true;
            self.feed.tell(&Event::Notice(format!(
                "the disk of the journal is full ({why}); nothing new starts, the run is drained"
            )));
            self.next.push_back(Input::Drain { reason: DrainReason::Journal });
        }
    }

    /// Nothing can be written any more: what runs is waited for, so that it is drained and its outcome lies in the
    /// ledger for the next engine; nothing new starts.
    fn drain_unjournalled(&mut self, why: &str) {
        let many = self.running.len();
        self.feed.tell(&Event::Notice(format!("{why}; commands that still run and are waited for: {many}")));
        while !self.running.is_empty()
            && let Some(message) = self.inbox.blocking_recv()
        {
            let Message { input, reply } = message;
            if let Some(key) = Trace::of(&input).ended {
                self.running.remove(&key);
            }
            reply.map(|reply| reply.send(Err(Refusal::NotWritten(why.to_owned()))));
        }
    }
}
