//! One engine of one run, from its first input to its last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use banister_core::plan::Plan;
use banister_core::run::Answers;
use banister_core::run::{Actor, ExitCode, Input, Record, Run};
use banister_core::source::Diagnostic;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, Terminal};
use super::dispatch::Dispatcher;
use super::inbox::Message;
use super::round::{Loop, Verdict};
use super::signals::{Interrupts, watch_signals};
use super::tap::Tap;
use super::timers::Timers;
use super::ways::Ways;
use super::witness::ask_witnesses;
use super::{Clock, DriverError, Feed, Inbox};
use crate::control::{self, Served};
use crate::journal::FileJournal;
use crate::output::OutputStore;
use crate::secrets::Secrets;
use crate::ssh::SshSettings;
use crate::state::{RunDir, RunLock};

/// How long tidying up on hosts may take after the end; what is left is removed by a later contact.
const TIDY_TIME: Duration = Duration::from_secs(5);

/// An engine that has everything it needs and has not started anything yet. It holds the run's lock.
pub struct Engine {
    pub(super) lock: RunLock,
    pub(super) run: Run,
    pub(super) journal: FileJournal,
    pub(super) clock: Clock,
    pub(super) secrets: Secrets,
    pub(super) first: Input,
    pub(super) operator: Actor,
    pub(super) answers: Answers,
    pub(super) terminal: Option<Terminal>,
    pub(super) people: BTreeMap<String, Vec<String>>,
    pub(super) ssh: SshSettings,
    pub(super) inbox: (Inbox, mpsc::Receiver<Message>),
    pub(super) feed: Feed,
    pub(super) before: Vec<Record>,
    pub(super) leave: CancellationToken,
    pub(super) interrupts: Interrupts,
}

/// How an engine ended.
#[derive(Debug)]
pub struct Ended {
    /// What the process exits with.
    pub exit: ExitCode,
    /// Why it ended so, if the records cannot say it.
    pub trouble: Option<String>,
    /// Whether a later engine may go on.
    pub resumable: bool,
    /// Warnings: answers given beforehand that no ask took.
    pub warnings: Vec<Diagnostic>,
}

/// What the process exits with when its engine left and commands may still run.
const LEFT: ExitCode = ExitCode(50);

impl Engine {
    /// The run's directory.
    #[must_use]
    pub fn dir(&self) -> &RunDir {
        self.lock.run()
    }

    /// What it runs.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        self.run.plan()
    }

    /// Records of earlier engines.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.before
    }

    /// Who runs it.
    #[must_use]
    pub fn operator(&self) -> &Actor {
        &self.operator
    }

    /// Where inputs go.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        self.inbox.0.clone()
    }

    /// What viewers are told.
    #[must_use]
    pub fn feed(&self) -> Feed {
        self.feed.clone()
    }

    /// The operator's interrupts.
    #[must_use]
    pub fn interrupts(&self) -> Interrupts {
        self.interrupts.clone()
    }

    /// Starts, or goes on, and runs to the end of the run, of the engine, or to a second signal. Needs a tokio runtime
    /// with all drivers, on more than one thread.
    ///
    /// # Errors
    /// A [`DriverError`] before anything was started.
    pub async fn drive(self) -> Result<Ended, DriverError> {
        let machine = |what| move |source: io::Error| DriverError::Machine { what, source };
        let (inbox, messages) = self.inbox;
        let id = self.lock.run().id().to_string();
        let timers = Timers::start(inbox.clone());
        let outputs = OutputStore::new(self.lock.run().out_path(), self.secrets.redactions());
        let signals = watch_signals(
            self.leave.clone(),
            self.interrupts.clone(),
            (inbox.clone(), self.operator.clone(), self.terminal.clone()),
        )
        .map_err(machine("watch signals"))?;
        let (start, started) = watch::channel(false);
        self.feed.written(self.run.state().seq());
        let socket = control::serve(Served {
            run: self.lock.run().clone(),
            plan: self.run.plan().clone(),
            operator: self.operator.clone(),
            foreground: true,
            can_ask: self.terminal.is_some(),
            inbox: inbox.clone(),
            feed: self.feed.clone(),
            started,
        })
        .map_err(machine("make the control socket"))?;
        let secrets = Arc::new(self.secrets);
        let place = rustix::system::uname().nodename().to_string_lossy().into_owned();
        // One word for each: it stands in a line of the hosts' ledgers.
        let holder = format!("{}@{place}", self.operator).replace(char::is_whitespace, "_");
        let ways = Ways::open(&self.run.plan().hosts, &id, &self.ssh, &self.feed);
        let masters = ways.masters();
        let dispatcher =
            Dispatcher::new(&self.run, (&id, &holder), ways, timers, (inbox, self.feed.clone()), (outputs, secrets));
        let journal = self.lock.run().journal_path();
        if let Err(error) = ask_witnesses(&self.run, &dispatcher, &journal, &self.feed).await {
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
            desk: Desk::new(self.answers, self.operator, self.people, self.terminal),
            dispatcher,
            feed: self.feed.clone(),
            next: VecDeque::from([self.first]),
            running: BTreeSet::new(),
            settled: Vec::new(),
            told_degraded: false,
        };
        start.send_replace(true);
        let (sender, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("run".to_owned())
            .spawn(move || {
                let mut work = work;
                let verdict = work.run();
                // Nobody listens any more once the operator has left.
                let _ = sender.send((verdict, work));
            })
            .map_err(machine("start a thread"))?;
        let ended = tokio::select! {
            ended = ended => ended.ok(),
            () = self.leave.cancelled() => {
                signals.abort();
                self.feed.tell(&super::Event::Ended(LEFT));
                return Ok(Ended { exit: LEFT, trouble: None, resumable: true, warnings: Vec::new() });
            }
        };
        // From here on a signal ends the process at once: everything that counts is on the disk.
        signals.abort();
        let Some((verdict, work)) = ended else {
            let trouble = Some("the engine's thread ended by a fault of banister; resume the run".to_owned());
            return Ok(Ended { exit: ExitCode::BUG, trouble, resumable: true, warnings: Vec::new() });
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
        if !resumable {
            work.dispatcher.finish(&work.run);
        }
        let warnings = work.desk.into_answers().warnings();
        let cleaning = work.dispatcher.into_cleaning();
        // Late is not wrong: the next contact tidies up what is left.
        let _ = tokio::time::timeout(TIDY_TIME, cleaning.end()).await;
        if let Some(masters) = masters {
            masters.close().await;
        }
        self.feed.tell(&super::Event::Ended(exit));
        socket.close().await;
        drop(self.lock);
        Ok(Ended { exit, trouble, resumable, warnings })
    }

    /// The path of the journal.
    #[must_use]
    pub fn journal_path(&self) -> PathBuf {
        self.lock.run().journal_path()
    }
}
