//! Effects → the world. Each becomes a task that runs to its verdict and sends it to the inbox.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use banister_core::run::{
    Durability, Effect, EffectKey, ExecuteRequest, Input, NotStartedReason, Report, Run, TargetAnswer, UnknownReason,
};
use banister_core::runbook::HostName;
use tokio::runtime::Handle;

use super::cleaning::Cleaning;
use super::executors::{Executors, executors, ledger_of, witnesses};
use super::timers::Timers;
use super::ways::Ways;
use super::{Event, Feed, Inbox};
use crate::ledger::JournalHead;
use crate::output::OutputStore;
use crate::secrets::Secrets;
use crate::transport::{Asked, Context, Executor, Finished, Met, OutputSink, Shown, StoredOutput};

/// What every task needs.
#[derive(Clone)]
struct Shared {
    inbox: Inbox,
    feed: Feed,
    outputs: OutputStore,
    secrets: Arc<Secrets>,
}

/// Sends effects out.
pub(super) struct Dispatcher {
    handle: Handle,
    hosts: Executors,
    timers: Timers,
    shared: Shared,
    cleaning: Cleaning,
    /// Changing commands whose output still lies on their host.
    sent: BTreeMap<EffectKey, Box<ExecuteRequest>>,
}

impl Dispatcher {
    pub(super) fn new(
        run: &Run,
        named: (&str, &str),
        ways: Ways,
        timers: Timers,
        (inbox, feed): (Inbox, Feed),
        (outputs, secrets): (OutputStore, Arc<Secrets>),
    ) -> Self {
        Self {
            handle: Handle::current(),
            hosts: executors(run, named, &ways),
            timers,
            shared: Shared { inbox, feed, outputs, secrets },
            cleaning: Cleaning::new(Handle::current()),
            sent: BTreeMap::new(),
        }
    }

    /// Releases the effects of a batch made at `now`, nanoseconds of the boot clock.
    pub(super) fn dispatch(&mut self, effects: Vec<Effect>, now: u64, head: &JournalHead) {
        for effect in effects {
            match effect {
                Effect::ArmTimer { timer, after_ns } => self.timers.arm(now.saturating_add(after_ns), timer),
                Effect::Preflight { host, accounts, ledger, epoch, over } => {
                    self.preflight(host, accounts, ledger, epoch, over);
                }
                Effect::Execute(request) => self.execute(request, head.clone()),
                Effect::AskTarget(request) => self.ask(request),
                Effect::Cancel(request) => self.cancel(request),
            }
        }
    }

    fn executor(&self, host: &HostName) -> Result<Arc<Executor>, String> {
        self.hosts.get(host).cloned().unwrap_or_else(|| Err(format!("the plan has no host {host}")))
    }

    fn preflight(&self, host: HostName, accounts: Vec<String>, ledger: bool, epoch: u64, over: Option<String>) {
        let (executor, inbox) = (self.executor(&host), self.shared.inbox.clone());
        self.handle.spawn(async move {
            let result = match executor {
                Ok(executor) => {
                    let meet = async move { executor.meet(&accounts, ledger, epoch, over.as_deref()).await };
                    whole(meet).await.unwrap_or_else(Err)
                }
                Err(why) => Err(why),
            };
            // An engine that has ended needs no answer.
            let input = match result {
                Ok(Met::Ready(identity)) => Input::Preflighted { host, result: Ok(identity) },
                Ok(Met::Locked(by)) => Input::Locked { host, by },
                Err(why) => Input::Preflighted { host, result: Err(why) },
            };
            let _ = inbox.send(input).await;
        });
    }

    fn execute(&mut self, request: Box<ExecuteRequest>, head: JournalHead) {
        let (executor, shared) = (self.executor(&request.key.host), self.shared.clone());
        self.remember(&request);
        self.handle.spawn(async move {
            let key = request.key.clone();
            let finished = match executor {
                Ok(executor) => {
                    let secrets: Arc<Secrets> = shared.secrets.clone();
                    let context = Context { secrets, sink: shared.sink(&request), head: Some(head) };
                    let run = async move { executor.execute(&request, context).await };
                    whole(run).await.unwrap_or_else(|why| Report::Unknown(UnknownReason::Lost { why }).into())
                }
                Err(why) => Report::NotStarted(NotStartedReason::Unreachable { why }).into(),
            };
            shared.report(key, finished).await;
        });
    }

    fn ask(&mut self, request: Box<ExecuteRequest>) {
        let (executor, shared) = (self.executor(&request.key.host), self.shared.clone());
        self.remember(&request);
        self.handle.spawn(async move {
            let key = request.key.clone();
            let sink = shared.sink(&request);
            let asked = match executor {
                Ok(executor) => whole(async move { executor.ask(&request, sink).await }).await,
                Err(why) => Err(why),
            };
            let unanswered = |why| TargetAnswer::Unknown(UnknownReason::Unanswered { why });
            match asked {
                Ok(Asked::Settled(answer, _)) => shared.answer(key, answer).await,
                Ok(Asked::Running(attached)) => {
                    shared.answer(key.clone(), TargetAnswer::Running).await;
                    let finished = whole(attached.finish()).await;
                    let lost = |why| Report::Unknown(UnknownReason::Lost { why }).into();
                    shared.report(key, finished.unwrap_or_else(lost)).await;
                }
                Err(why) => shared.answer(key, unanswered(why)).await,
            }
        });
    }

    fn cancel(&self, request: Box<ExecuteRequest>) {
        let Ok(executor) = self.executor(&request.key.host) else { return };
        let feed = self.shared.feed.clone();
        self.handle.spawn(async move {
            let key = request.key.clone();
            // The attempt's own report says how it ended; only what could not be stopped is news here.
            let result = whole(async move { executor.cancel(&request).await }).await;
            if let Err(why) | Ok(Err(why)) = result {
                feed.tell(&Event::Notice(format!("{} on {} was not stopped: {why}", key.path, key.host)));
            }
        });
    }

    fn remember(&mut self, request: &ExecuteRequest) {
        if request.effect.changes() {
            self.sent.insert(request.key.clone(), Box::new(request.clone()));
        }
    }

    /// Nothing of a command is left on its host but its entry.
    pub(super) fn forget(&mut self, key: &EffectKey) {
        self.sent.remove(key);
    }

    /// Removes what a command printed from its host: its record is on the disk, and so is the output.
    pub(super) fn clean(&mut self, key: &EffectKey) {
        let Some(request) = self.sent.remove(key) else { return };
        let Ok(executor) = self.executor(&key.host) else { return };
        self.cleaning.settled(executor, request);
    }

    /// Says on every host that the run is over.
    pub(super) fn finish(&self, run: &Run) {
        let epoch = run.state().epoch();
        for (name, executor) in &self.hosts {
            if let (Ok(executor), Some(_)) = (executor, ledger_of(run, name)) {
                self.cleaning.finish(executor.clone(), epoch);
            }
        }
    }

    /// The latest journal head that each touched host was sent.
    pub(super) async fn witnesses(&self, run: &Run) -> Vec<(HostName, Result<Option<JournalHead>, String>)> {
        witnesses(run, &self.hosts).await
    }

    /// What is still being tidied up.
    pub(super) fn into_cleaning(self) -> Cleaning {
        self.cleaning
    }
}

impl Shared {
    fn sink(&self, request: &ExecuteRequest) -> Box<dyn OutputSink> {
        let durability = if request.effect.changes() { Durability::Synced } else { Durability::Written };
        let telling = Telling { feed: self.feed.clone(), key: Arc::new(request.key.clone()) };
        let show = move |shown: Shown<'_>| telling.tell(shown);
        Box::new(StoredOutput::new(self.outputs.writer(&request.key), durability, Box::new(show)))
    }

    async fn report(&self, key: EffectKey, Finished { report, at }: Finished) {
        // An engine that has ended needs no answer: the ledger keeps it for the next.
        let _ = self.inbox.send(Input::Reported { key, report, at }).await;
    }

    async fn answer(&self, key: EffectKey, answer: TargetAnswer) {
        let _ = self.inbox.send(Input::TargetAnswered { key, answer }).await;
    }
}

/// Tells viewers of one command's output while it runs.
struct Telling {
    feed: Feed,
    key: Arc<EffectKey>,
}

impl Telling {
    fn tell(&self, shown: Shown<'_>) {
        let Self { feed, key } = self;
        match shown {
            Shown::Chunk(stream, bytes) => {
                feed.beat(key, bytes);
                if feed.wants(key) {
                    feed.tell(&Event::Output { key: key.clone(), stream, bytes: bytes.into() });
                }
            }
            Shown::Alive => feed.tell(&Event::Alive { key: key.clone(), at: Instant::now() }),
            Shown::NotKept(error) => feed.tell(&Event::Notice(error.to_string())),
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.feed.forget(&self.key);
    }
}

/// Runs a future to its end on a task of its own: a fault in it must become an answer, or the run waits for ever.
pub(super) async fn whole<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    tokio::spawn(future).await.map_err(|fault| format!("a fault of banister: {fault}"))
}
