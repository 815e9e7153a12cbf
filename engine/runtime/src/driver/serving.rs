//! An engine whose socket is there, from its first input to its last.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use banister_core::run::ExitCode;
use banister_core::source::Diagnostic;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::dispatch::Dispatcher;
use super::engine::{Ended, Engine};
use super::round::{Loop, Verdict};
use super::signals::watch_signals;
use super::tap::Tap;
use super::timers::Timers;
use super::ways::Ways;
use super::witness::ask_witnesses;
use super::{DriverError, Event, Feed, Interrupts};
use crate::agent::{Agent, Lent};
use crate::control::{self, Served, Socket};
use crate::output::OutputStore;
use crate::ssh::Masters;
use crate::state::{RunDir, RunLock};

/// How long tidying up on hosts may take after the end; what is left is removed by a later contact. Longer than a loaded
/// machine stands still: a host that was not told of the end stays this run's.
const TIDY_TIME: Duration = Duration::from_secs(10);

/// How long a front end may take from the engine's greeting to its place. Milliseconds, unless it was killed or the machine
/// is loaded.
const FRONT_COMES: Duration = Duration::from_secs(5);

/// What the process exits with when its engine left and commands may still run.
const LEFT: ExitCode = ExitCode(50);

/// An engine that serves its socket, has asked the witnesses, and has not started anything yet.
pub struct Serving {
    lock: RunLock,
    work: Loop,
    socket: Socket,
    start: watch::Sender<bool>,
    signals: JoinHandle<()>,
    interrupts: Interrupts,
    leave: CancellationToken,
    masters: Option<Arc<Masters>>,
    feed: Feed,
    has_front: bool,
}

impl Engine {
    /// Makes the socket, watches signals and asks the hosts what they have seen of the run. Needs a tokio runtime with
    /// all drivers, on more than one thread.
    ///
    /// # Errors
    /// A [`DriverError`]; nothing was started.
    pub async fn serve(self) -> Result<Serving, DriverError> {
        let machine = |what| move |source: io::Error| DriverError::Machine { what, source };
        let (inbox, messages) = self.inbox;
        let id = self.lock.run().id().to_string();
        let timers = Timers::start(inbox.clone());
        let outputs = OutputStore::new(self.lock.run().out_path(), self.secrets.redactions());
        let signals = watch_signals(
            self.leave.clone(),
            self.interrupts.clone(),
            (inbox.clone(), self.operator.clone(), self.station.clone()),
        )
        .map_err(machine("watch signals"))?;
        let (start, started) = watch::channel(false);
        let lent = Lent::default();
        lent.drives(self.run.state().pen());
        self.feed.written(self.run.state());
        let socket = control::serve(Served {
            run: self.lock.run().clone(),
            plan: self.run.plan().clone(),
            operator: self.operator.clone(),
            foreground: self.station.is_foreground(),
            can_ask: self.station.can_ask(),
            inbox: inbox.clone(),
            feed: self.feed.clone(),
            lent: lent.clone(),
            started,
        })
        .map_err(machine("make the control socket"))?;
        let secrets = Arc::new(self.secrets);
        let place = rustix::system::uname().nodename().to_string_lossy().into_owned();
        // One word for each: it stands in a line of the hosts' ledgers.
        let holder = format!("{}@{place}", self.operator).replace(char::is_whitespace, "_");
        let waits = self.station.can_ask().then(|| inbox.clone());
        let agent = Agent::of_environment(lent.clone(), waits);
        let ways = Ways::open(&self.run.plan().hosts, &id, &self.ssh, &self.feed, Some(agent));
        let masters = ways.masters();
        let dispatcher =
            Dispatcher::new(&self.run, (&id, &holder), ways, timers, (inbox, self.feed.clone()), (outputs, secrets));
        let journal = self.lock.run().journal_path();
        if let Err(error) = ask_witnesses(&self.run, &dispatcher, &journal, &self.feed).await {
            signals.abort();
            if let Some(masters) = masters {
                masters.close().await;
            }
            return Err(error);
        }
        let work = Loop {
            run: self.run,
            journal: Tap::new(self.journal),
            clock: self.clock,
            inbox: messages,
            desk: Desk::new(self.answers, self.operator, self.people, (self.station, self.feed.clone())),
            dispatcher,
            feed: self.feed.clone(),
            lent,
            next: VecDeque::from([self.first]),
            running: BTreeSet::new(),
            settled: Vec::new(),
            told_degraded: false,
        };
        let (lock, feed, interrupts, leave) = (self.lock, self.feed, self.interrupts, self.leave);
        Ok(Serving { lock, work, socket, start, signals, interrupts, leave, masters, feed, has_front: false })
    }
}

impl Serving {
    /// The run's directory.
    #[must_use]
    pub fn dir(&self) -> &RunDir {
        self.lock.run()
    }

    /// The last record of earlier engines.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.work.run.state().seq()
    }

    /// A front end is on its way: one that comes a moment after the end is still told how it was.
    #[must_use]
    pub fn with_front(mut self) -> Self {
        self.has_front = true;
        self
    }

    /// The operator's interrupts.
    #[must_use]
    pub fn interrupts(&self) -> Interrupts {
        self.interrupts.clone()
    }

    /// Starts, or goes on, and runs to the end of the run, of the engine, or to a second signal. Everybody who is
    /// attached is told how it ended.
    pub async fn run(self) -> Ended {
        let (sender, ended) = oneshot::channel();
        let work = self.work;
        let thread = std::thread::Builder::new().name("run".to_owned()).spawn(move || {
            let mut work = work;
            let verdict = work.run();
            // Nobody listens any more once the operator has left.
            let _ = sender.send((verdict, work));
        });
        if let Err(error) = thread {
            return fault(format!("cannot start a thread: {error}"));
        }
        self.start.send_replace(true);
        let ended = tokio::select! {
            ended = ended => ended.ok(),
            () = self.leave.cancelled() => {
                self.signals.abort();
                self.feed.tell(&Event::Ended(LEFT));
                self.socket.close().await;
                return Ended { exit: LEFT, trouble: None, resumable: true, warnings: Vec::new() };
            }
        };
        // From here on a signal ends the process at once: everything that counts is on the disk.
        self.signals.abort();
        let Some((verdict, work)) = ended else {
            return fault("the engine's thread ended by a fault of banister; resume the run".to_owned());
        };
        let (exit, trouble) = match verdict {
            Verdict::Ended(exit) => (exit, None),
            Verdict::Journal(why) => (ExitCode::JOURNAL_UNWRITABLE, Some(why)),
            Verdict::Fault => {
                let why = "a record of banister's own did not fit; this is a fault of banister, resume the run";
                (ExitCode::BUG, Some(why.to_owned()))
            }
        };
        let resumable = work.run.state().finished().is_none();
        let warnings = end_work(work, self.masters, resumable).await;
        let notices = trouble.iter().cloned().chain(warnings.iter().map(|warning| warning.message.clone()));
        notices.for_each(|text| self.feed.tell(&Event::Notice(text)));
        if self.has_front {
            // It may have been killed on its way.
            let _ = tokio::time::timeout(FRONT_COMES, self.feed.met()).await;
        }
        // Whoever hears the end may start the next engine at once.
        let mut socket = self.socket;
        socket.withdraw();
        drop(self.lock);
        self.feed.tell(&Event::Ended(exit));
        socket.close().await;
        Ended { exit, trouble, resumable, warnings }
    }
}

/// Tidies up on hosts; gives the warnings about answers that no ask took.
async fn end_work(work: Loop, masters: Option<Arc<Masters>>, resumable: bool) -> Vec<Diagnostic> {
    let Loop { run, desk, dispatcher, .. } = work;
    if !resumable {
        dispatcher.finish(&run);
    }
    let warnings = desk.into_answers().warnings();
    // Late is not wrong: the next contact tidies up what is left.
    let _ = tokio::time::timeout(TIDY_TIME, dispatcher.into_cleaning().end()).await;
    if let Some(masters) = masters {
        masters.close().await;
    }
    warnings
}

fn fault(trouble: String) -> Ended {
    Ended { exit: ExitCode::BUG, trouble: Some(trouble), resumable: true, warnings: Vec::new() }
}
