//! One engine of one run, from its first input to its last.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::Answers;
use banister_core::run::{Actor, ExitCode, Input, Record, Run};
use banister_core::source::Diagnostic;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::inbox::Message;
use super::signals::Interrupts;
use super::station::Station;
use super::{Clock, DriverError, Feed, Inbox};
use crate::journal::FileJournal;
use crate::secrets::Secrets;
use crate::ssh::SshSettings;
use crate::state::{RunDir, RunLock};

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
    pub(super) station: Station,
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
        Ok(self.serve().await?.run().await)
    }

    /// The path of the journal.
    #[must_use]
    pub fn journal_path(&self) -> PathBuf {
        self.lock.run().journal_path()
    }
}
