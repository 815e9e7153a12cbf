//! Executes effects on one host.

use std::collections::BTreeMap;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use banister_core::run::{
    CancelReport, EffectKey, Ended, ExecuteRequest, Exit, HostIdentity, LockHolder, NotStartedReason, Report,
    TargetAnswer, UnknownReason,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::follow::Follow;
use super::observe::{observe, until};
use super::talk::{Broken, Talk, Verdict, talk};
use super::{OutputSink, Transport, account};
use crate::agent::lending;
use crate::ledger::{Answer, Clocks, JournalHead, LedgerEntry, LedgerPlace, SecretSource, Verb};
use crate::locked::locked;

/// What goes with a request and is no part of it.
pub struct Context {
    /// Values of secrets.
    pub secrets: Arc<dyn SecretSource>,
    /// Where the output goes.
    pub sink: Box<dyn OutputSink>,
    /// The journal's end, for the host to witness.
    pub head: Option<JournalHead>,
}

/// How an attempt ended, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How.
    pub report: Report,
    /// When, if the host knows better than now.
    pub at: Option<DateTime<Utc>>,
}

impl From<Report> for Finished {
    fn from(report: Report) -> Self {
        Self { report, at: None }
    }
}

/// What looking at a host gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// It can be used.
    Ready(HostIdentity),
    /// Another run has it.
    Locked(LockHolder),
}

/// What a host said about an attempt in doubt.
#[derive(Debug)]
pub enum Asked {
    /// It is settled, or nobody knows; when it ended, if the host knows.
    Settled(TargetAnswer, Option<DateTime<Utc>>),
    /// It runs: the answer is `TargetAnswer::Running`, and its end comes from here.
    Running(Box<Attached>),
}

/// A command that runs, attached to again.
pub struct Attached {
    executor: Arc<Executor>,
    request: ExecuteRequest,
    sink: Box<dyn OutputSink>,
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attached({})", self.request.key)
    }
}

impl Attached {
    /// Waits for the end.
    pub async fn finish(self: Box<Self>) -> Finished {
        let running = self.executor.register(&self.request.key);
        let mut sink = self.sink;
        let talk = self.executor.talk(&Verb::Attach(&self.request), Some(&mut *sink)).await;
        self.executor.conclude(&self.request, talk, sink, running, Way::Attach).await
    }
}

/// How far a cancel has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is none.
    No,
    /// It is under way.
    Asked,
    /// It is over; `None`: it stopped nothing.
    Settled(Option<CancelReport>),
}

/// Executes the effects of one run on one host. Tries once, judges nothing.
#[derive(Debug)]
pub struct Executor {
    transport: Arc<dyn Transport>,
    place: Mutex<LedgerPlace>,
    /// The ledger's own directory, once a preflight has said it.
    dir: Mutex<Option<String>>,
    running: Mutex<BTreeMap<EffectKey, watch::Sender<Stop>>>,
}

/// Keeps an attempt among the running ones.
struct Running<'a> {
    executor: &'a Executor,
    key: EffectKey,
    stop: watch::Receiver<Stop>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        locked(&self.executor.running).remove(&self.key);
    }
}

/// How a running command was come by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It was started.
    Start,
    /// It was found running.
    Attach,
}

/// How long a short answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How long a wait that was given up may take to say what it waited for.
const REASON_TIME: Duration = Duration::from_secs(1);

fn silent(limit: Duration) -> String {
    format!("the host did not answer within {} s", limit.as_secs())
}

/// A shell's status: above 128 a signal, as every shell does it.
pub(super) fn exit_of(status: i32) -> Exit {
    match status {
        129..=192 => Exit::Signal(status - 128),
        _ => Exit::Code(status),
    }
}

impl Executor {
    /// An executor of one run on one host.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, place: LedgerPlace) -> Arc<Self> {
        Arc::new(Self { transport, place: Mutex::new(place), dir: Mutex::default(), running: Mutex::default() })
    }

    /// Looks whether the host can be used, as the first engine of a run that takes no other's place; see [`Self::meet`].
    ///
    /// # Errors
    /// One sentence for the operator.
    pub async fn preflight(&self, accounts: &[String], ledger: bool) -> Result<HostIdentity, String> {
        match self.meet(accounts, ledger, 1, None).await? {
            Met::Ready(identity) => Ok(identity),
            Met::Locked(by) => Err(by.to_string()),
        }
    }

    /// Looks whether the host can be used. If a ledger is needed, makes it and takes the host for this run alone, from
    /// `over` if that run has it. From here on another ledger or machine there is refused.
    ///
    /// # Errors
    /// One sentence for the operator.
    pub async fn meet(&self, accounts: &[String], ledger: bool, epoch: u64, over: Option<&str>) -> Result<Met, String> {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let talk = self.answered(&Verb::Preflight { accounts, ledger, epoch, now: &now, over }, ANSWER_TIME).await;
        if let Some(broken) = talk.broken {
            // What waits for its hosts ends with them: there is nothing to attach to any more.
            return Err(broken.why("start again where an agent has its key, `ssh-add -l` shows it"));
        }
        let mut dir = None;
        let mut identity = HostIdentity { ledger: None, machine: String::new(), boot: String::new() };
        for answer in talk.answers {
            match answer {
                Answer::Refused(why) | Answer::Changed(why) => return Err(why),
                Answer::Locked(by) => return Ok(Met::Locked(by)),
                Answer::Account(text) => {
                    let (name, why) = text.split_once(' ').unwrap_or((&text, ""));
                    return Err(account::refusal(name, why));
                }
                Answer::Key(found) => dir = Some(found),
                Answer::Boot(id) => identity.boot = id,
                Answer::Machine(id) => identity.machine = id,
                Answer::Ready(id) => identity.ledger = id,
                _ => {}
            }
        }
        if identity.ledger.is_some() {
            let mut place = locked(&self.place);
            place.expect.clone_from(&identity.ledger);
            place.machine = Some(identity.machine.clone());
            *locked(&self.dir) = dir;
        }
        Ok(Met::Ready(identity))
    }

    /// Runs a command to its end. One that has waited for a way to the host for as long as it may, or was stopped
    /// meanwhile, never starts.
    pub async fn execute(&self, request: &ExecuteRequest, context: Context) -> Finished {
        let running = self.register(&request.key);
        let (over, mut stop) = (CancellationToken::new(), running.stop.clone());
        let patience = async {
            tokio::select! {
                () = until(request.start_within_ms.map(|ms| Instant::now() + Duration::from_millis(ms))) => {}
                _ = stop.wait_for(|stop| *stop != Stop::No) => {}
            }
            over.cancel();
            pending().await
        };
        tokio::select! {
            finished = self.start(request, context, running, &over) => finished,
            finished = patience => finished,
        }
    }

    async fn start(
        &self,
        request: &ExecuteRequest,
        context: Context,
        running: Running<'_>,
        over: &CancellationToken,
    ) -> Finished {
        if !request.effect.changes() {
            let place = self.place();
            return observe(&*self.transport, &place, request, context, running.stop.clone(), over).await;
        }
        let Context { secrets, mut sink, head } = context;
        let verb = Verb::Start { request, secrets: &*secrets, head: head.as_ref() };
        let dir = locked(&self.dir).clone();
        let talk = talk(&*self.transport, &self.place(), dir.as_deref(), &verb, Some(&mut *sink), Some(over)).await;
        self.conclude(request, talk, sink, running, Way::Start).await
    }

    /// Asks what became of a command. One that has not started never will.
    pub async fn ask(self: &Arc<Self>, request: &ExecuteRequest, sink: Box<dyn OutputSink>) -> Asked {
        if !request.effect.changes() {
            // It died with its connection; nothing holds what it printed.
            let why = "a reading command leaves no trace; run it again".to_owned();
            return Asked::Settled(TargetAnswer::Unknown(UnknownReason::Unanswered { why }), None);
        }
        let unanswered = |why: String| TargetAnswer::Unknown(UnknownReason::Unanswered { why });
        let (verdict, follow) = self.answered(&Verb::Ask(request), ANSWER_TIME).await.verdict();
        let answer = match verdict {
            Verdict::Running => {
                return Asked::Running(Box::new(Attached { executor: self.clone(), request: request.clone(), sink }));
            }
            Verdict::Done(status, clocks) => {
                let finished = self.ended(follow, sink, status, clocks).await;
                return match finished.report {
                    Report::Unknown(reason) => Asked::Settled(TargetAnswer::Unknown(reason), None),
                    report => Asked::Settled(TargetAnswer::Ended(report), finished.at),
                };
            }
            Verdict::Revoked => TargetAnswer::NeverStarted(NotStartedReason::Revoked {}),
            Verdict::Cancelled(report) => TargetAnswer::Ended(Report::Cancelled(report)),
            Verdict::Differs => TargetAnswer::Unknown(UnknownReason::DigestDiffers {}),
            Verdict::Lost(why) => TargetAnswer::Unknown(UnknownReason::NoStatus { why }),
            Verdict::Changed(why) => TargetAnswer::Unknown(UnknownReason::LedgerChanged { why }),
            Verdict::Claimed => unanswered("the command is claimed and its start is not decided".to_owned()),
            Verdict::Refused(why) | Verdict::Account(why) => unanswered(why),
            Verdict::Broken(broken) => unanswered(broken.why(&lending("ask again"))),
        };
        Asked::Settled(answer, None)
    }

    /// Stops a command and its whole tree. The running attempt then ends as `Cancelled`; one that this executor is not
    /// attached to says so when it is asked.
    ///
    /// # Errors
    /// One sentence, if nothing was stopped.
    pub async fn cancel(&self, request: &ExecuteRequest) -> Result<(), String> {
        self.stop(&request.key, Stop::Asked);
        if !request.effect.changes() {
            return Ok(());
        }
        let limit = ANSWER_TIME + Duration::from_millis(self.place().grace_ms);
        let verb = Verb::Cancel(request);
        let verdict = tokio::select! {
            // It has ended, or never began: there is nothing to stop, and perhaps no way to the host.
            () = self.gone(&request.key) => return Ok(()),
            talk = self.answered(&verb, limit) => talk.verdict().0,
        };
        let (report, result) = match verdict {
            Verdict::Cancelled(report) => (Some(report), Ok(())),
            // It ended by itself, or never began: its own report says how.
            Verdict::Done(..) | Verdict::Revoked => (None, Ok(())),
            Verdict::Account(why) => {
                (None, Err(account::refusal(request.command.account.as_deref().unwrap_or(""), &why)))
            }
            Verdict::Refused(why) | Verdict::Changed(why) | Verdict::Lost(why) => (None, Err(why)),
            Verdict::Differs => (None, Err("the ledger holds another command under this key".to_owned())),
            Verdict::Claimed | Verdict::Running => (None, Err("the command could not be stopped".to_owned())),
            Verdict::Broken(broken) => (None, Err(broken.why(&lending("stop it again")))),
        };
        self.stop(&request.key, Stop::Settled(report));
        result
    }

    /// Removes what changing commands printed there; to be called when their records are synced.
    ///
    /// # Errors
    /// One sentence; the output then stays until the run's entries are removed.
    pub async fn clean(&self, requests: &[&ExecuteRequest]) -> Result<(), String> {
        self.tell(&Verb::Clean(requests)).await.map(|_| ())
    }

    /// Says that the run is over; its entries are removed by the first contact 30 days later.
    ///
    /// # Errors
    /// One sentence; the entries then stay.
    pub async fn finish(&self, epoch: u64) -> Result<(), String> {
        self.tell(&Verb::Finish { epoch }).await.map(|_| ())
    }

    /// The latest journal head this host was sent; `None` if it was sent none.
    ///
    /// # Errors
    /// One sentence, if the host could not be asked.
    pub async fn witness(&self) -> Result<Option<JournalHead>, String> {
        let answers = self.tell(&Verb::Witness).await?;
        Ok(answers.into_iter().find_map(|a| match a {
            Answer::Witness(seq, hash) if seq > 0 => Some(JournalHead { seq, hash }),
            _ => None,
        }))
    }

    /// What runs have left on this host.
    ///
    /// # Errors
    /// One sentence, if the host could not be asked.
    pub async fn entries(&self) -> Result<Vec<LedgerEntry>, String> {
        let answers = self.tell(&Verb::List).await?;
        Ok(answers.into_iter().filter_map(|a| if let Answer::Entry(entry) = a { Some(entry) } else { None }).collect())
    }

    /// Removes what runs have left on this host, of runs that are not over only if `open`. Gives each run's id, with the
    /// reason where it was kept.
    ///
    /// # Errors
    /// One sentence, if the host could not be asked.
    pub async fn prune(&self, runs: &[String], open: bool) -> Result<Vec<(String, Option<String>)>, String> {
        let answers = self.tell(&Verb::Prune { runs, open }).await?;
        let told = |answer| match answer {
            Answer::Pruned(run) => Some((run, None)),
            Answer::Kept(run, why) => Some((run, Some(why))),
            _ => None,
        };
        Ok(answers.into_iter().filter_map(told).collect())
    }

    async fn talk(&self, verb: &Verb<'_>, sink: Option<&mut (dyn OutputSink + 'static)>) -> Talk {
        let dir = locked(&self.dir).clone();
        talk(&*self.transport, &self.place(), dir.as_deref(), verb, sink, None).await
    }

    /// Sends what has a short answer. What has no way to the host by the limit is never sent, and says what it waited for.
    pub(super) async fn answered(&self, verb: &Verb<'_>, limit: Duration) -> Talk {
        let (dir, place, over) = (locked(&self.dir).clone(), self.place(), CancellationToken::new());
        let patience = async {
            sleep(limit).await;
            over.cancel();
            // To say so.
            sleep(REASON_TIME).await;
        };
        tokio::select! {
            talk = talk(&*self.transport, &place, dir.as_deref(), verb, None, Some(&over)) => talk,
            () = patience => Talk::broken(Broken::Lost(silent(limit))),
        }
    }

    async fn tell(&self, verb: &Verb<'_>) -> Result<Vec<Answer>, String> {
        // It may tidy up behind every step: that a host waits for an agent is not said again for it.
        let Ok(talk) = timeout(ANSWER_TIME, self.talk(verb, None)).await else { return Err(silent(ANSWER_TIME)) };
        if let Some(broken) = talk.broken {
            return Err(broken.why(&lending("try again")));
        }
        for answer in &talk.answers {
            if let Answer::Refused(why) | Answer::Changed(why) = answer {
                return Err(why.clone());
            }
        }
        Ok(talk.answers)
    }

    fn place(&self) -> LedgerPlace {
        locked(&self.place).clone()
    }

    fn register(&self, key: &EffectKey) -> Running<'_> {
        let (sender, stop) = watch::channel(Stop::No);
        locked(&self.running).insert(key.clone(), sender);
        Running { executor: self, key: key.clone(), stop }
    }

    /// Waits until an attempt that runs here has ended; for ever if none does.
    async fn gone(&self, key: &EffectKey) {
        let running = locked(&self.running).get(key).map(watch::Sender::subscribe);
        let Some(mut running) = running else { return pending().await };
        while running.changed().await.is_ok() {}
    }

    fn stop(&self, key: &EffectKey, stop: Stop) {
        if let Some(sender) = locked(&self.running).get(key) {
            sender.send_replace(stop);
        }
    }

    /// Turns the end of a start or an attach into a report.
    async fn conclude(
        &self,
        request: &ExecuteRequest,
        talk: Talk,
        sink: Box<dyn OutputSink>,
        mut running: Running<'_>,
        way: Way,
    ) -> Finished {
        let (verdict, follow) = talk.verdict();
        if matches!(verdict, Verdict::Done(..) | Verdict::Lost(_) | Verdict::Broken(Broken::Lost(_)))
            && *running.stop.borrow() != Stop::No
            && let Ok(stop) = running.stop.wait_for(|s| matches!(s, Stop::Settled(_))).await
            && let Stop::Settled(Some(report)) = &*stop
        {
            return Report::Cancelled(report.clone()).into();
        }
        match verdict {
            Verdict::Done(status, clocks) => return self.ended(follow, sink, status, clocks).await,
            Verdict::Revoked => Report::NotStarted(NotStartedReason::Revoked {}),
            Verdict::Cancelled(report) => Report::Cancelled(report),
            Verdict::Differs => Report::Unknown(UnknownReason::DigestDiffers {}),
            Verdict::Lost(why) => Report::Unknown(UnknownReason::NoStatus { why }),
            Verdict::Claimed | Verdict::Running => {
                Report::Unknown(UnknownReason::Lost { why: "another start of this command came first".to_owned() })
            }
            // It runs; only the way to it is lost.
            Verdict::Refused(why) if way == Way::Attach => Report::Unknown(UnknownReason::Lost { why }),
            Verdict::Broken(broken @ (Broken::Unreachable(_) | Broken::NoAgent(_))) if way == Way::Attach => {
                Report::Unknown(UnknownReason::Lost { why: broken.why(&lending("ask again")) })
            }
            // Also of a start: what another ledger does not know may still have happened.
            Verdict::Changed(why) => Report::Unknown(UnknownReason::LedgerChanged { why }),
            Verdict::Refused(why) => Report::NotStarted(NotStartedReason::Refused { why }),
            Verdict::Account(why) => {
                let name = request.command.account.as_deref().unwrap_or("");
                Report::NotStarted(NotStartedReason::Account { why: account::refusal(name, &why) })
            }
            Verdict::Broken(Broken::Unsendable(e)) => Report::NotStarted(e.into()),
            Verdict::Broken(Broken::Unreachable(why)) => Report::NotStarted(NotStartedReason::Unreachable { why }),
            Verdict::Broken(broken @ Broken::NoAgent(_)) => {
                Report::NotStarted(NotStartedReason::NoAgent { why: broken.why(&lending("retry")) })
            }
            Verdict::Broken(Broken::Lost(why)) => Report::Unknown(UnknownReason::Lost { why }),
        }
        .into()
    }

    /// Fetches what is left of the output of a command that ended.
    async fn ended(&self, mut follow: Follow, mut sink: Box<dyn OutputSink>, status: i32, clocks: Clocks) -> Finished {
        if let Err(e) = follow.pull(&*self.transport, &mut *sink).await {
            // Conditions must not be evaluated on a part, and the next question can fetch it all.
            let why = format!("it ended, and its output could not be fetched: {e}");
            return Report::Unknown(UnknownReason::Lost { why }).into();
        }
        let (stdout, stderr) = sink.finish();
        let ended = Ended { exit: exit_of(status), took_ms: clocks.took_ms, stdout, stderr };
        let ago = i64::try_from(clocks.ago_ms).ok().and_then(TimeDelta::try_milliseconds);
        let at = ago.filter(|ago| !ago.is_zero()).and_then(|ago| Utc::now().checked_sub_signed(ago));
        Finished { report: Report::Ended(Box::new(ended)), at }
    }
}
