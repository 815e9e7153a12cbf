//! `plan --probe`: as far as a run goes before it may change anything, and no step further.
//!
//! It is the same core over a journal in memory, so that what it says is what a run would say. What is not done: the
//! ledger of a host is neither made nor tried, no run is left behind, and no command of a step is sent.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::{Durability, Effect, EffectKey, ExitCode, Input, Journal, Phase, Record, RecordKind, Run};

use super::dispatch::Dispatcher;
use super::people::operator;
use super::timers::Timers;
use super::ways::Ways;
use super::{Clock, DriverError, Event, Feed, Inbox, Origin, Wanted};
use crate::ledger::JournalHead;
use crate::output::{OutputName, OutputStore, StreamKind};
use crate::secrets::Secrets;
use crate::ssh::SshSettings;
use crate::state::RunId;

/// Bytes of a check's output that are shown.
const SHOWN: usize = 300;

/// What was seen in all.
#[derive(Debug)]
pub struct Probed {
    /// What such a run would have ended with; `None`: its steps could start.
    pub refused: Option<ExitCode>,
    /// What the operator should know besides.
    pub notices: Vec<String>,
}

/// What checks wrote.
struct Wrote<'a> {
    outputs: &'a OutputStore,
    run: &'a str,
}

impl Wrote<'_> {
    /// The last line of the check that a record is about, redacted: on standard error, else on standard output.
    fn last_line(&self, record: &Record) -> Option<String> {
        let (path, purpose, attempt) = match &record.kind {
            RecordKind::StepSucceeded { path, purpose, attempt, .. }
            | RecordKind::StepFailed { path, purpose, attempt, .. } => (path, *purpose, *attempt),
            _ => return None,
        };
        let (run, host) = (self.run.to_owned(), path.host()?.clone());
        let key = EffectKey { run, path: path.clone(), host, purpose, attempt };
        [StreamKind::Stderr, StreamKind::Stdout].into_iter().find_map(|stream| {
            let bytes = std::fs::read(self.outputs.dir().join(OutputName::new(&key).stream(stream))).ok()?;
            let text = String::from_utf8_lossy(&bytes);
            let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
            Some(line.chars().take(SHOWN).collect())
        })
    }
}

/// Connects to every host of a plan, runs its preflights and its preconditions, and stops there. `secrets` are those of
/// the plan: a precondition may read one. `seen` is told of every record as it comes, and of the last line of a check.
///
/// # Errors
/// A [`DriverError`]; nothing was learned.
pub async fn probe(
    plan: Plan,
    origin: &Origin,
    ssh: &SshSettings,
    secrets: Secrets,
    seen: &mut (dyn FnMut(&Record, Option<String>) + Send),
) -> Result<Probed, DriverError> {
    let machine = |what: &'static str| move |source| DriverError::Machine { what, source };
    let clock = Clock::new().map_err(machine("read this boot's id"))?;
    let scratch = Scratch::new().map_err(machine("make a directory for temporary files"))?;
    let id = RunId::random();
    let hash = plan.hash();
    let info = origin.info(&id, String::new(), ssh);
    let plan = Arc::new(plan);
    let replay = |source| DriverError::Replay { run: id.to_string(), source };
    let mut run = Run::resume(Arc::clone(&plan), &hash, &[]).map_err(replay)?;
    let feed = Feed::default();
    let told = feed.subscribe(Wanted::None {});
    let ways = Ways::open(&plan.hosts, id.as_str(), ssh, &feed, None);
    let masters = ways.masters();
    let (inbox, mut messages) = Inbox::new();
    let timers = Timers::start(inbox.clone());
    let outputs = OutputStore::new(scratch.0.clone(), secrets.redactions());
    let kept = (outputs.clone(), Arc::new(secrets));
    let mut dispatcher = Dispatcher::new(&run, (id.as_str(), ""), ways, timers, (inbox, feed), kept);
    let mut journal = Memory(Vec::new());
    let mut told_of = 0;
    let mut next = Some(Input::Start { actor: operator(), info: Box::new(info) });
    while let Some(input) = next {
        let now = clock.now();
        let elapsed = now.elapsed;
        let mut batch = run.batch(now);
        // Late or twice: as in a run, it changes nothing.
        drop(batch.decide(input));
        let Ok(effects) = batch.commit(&mut journal);
        let wrote = Wrote { outputs: &outputs, run: id.as_str() };
        for record in journal.0.get(told_of..).unwrap_or_default() {
            // The batch that ends the checks intends the first steps too; that is no news.
            if matches!(record.kind, RecordKind::RunStarted {}) {
                break;
            }
            seen(record, wrote.last_line(record));
        }
        told_of = journal.0.len();
        if run.state().phase() != Phase::Checking {
            break;
        }
        let head = JournalHead { seq: run.state().seq(), hash: String::new() };
        dispatcher.dispatch(effects.into_iter().filter_map(harmless).collect(), elapsed, &head);
        next = messages.recv().await.map(|message| *message.input);
    }
    drop(dispatcher);
    if let Some(masters) = masters {
        masters.close().await;
    }
    let notice = |event| match event {
        Event::Notice(text) => Some(text),
        _ => None,
    };
    let notices = std::iter::from_fn(|| told.try_next()).filter_map(notice).collect();
    let refused = run.state().finished();
    Ok(Probed { refused, notices })
}

/// An effect as a probe lets it happen: nothing is made on a host, and only what reads is sent.
fn harmless(effect: Effect) -> Option<Effect> {
    match effect {
        Effect::Preflight { host, accounts, epoch, .. } => {
            Some(Effect::Preflight { host, accounts, ledger: false, epoch, over: None })
        }
        Effect::Execute(request) if request.effect.changes() => None,
        Effect::Execute(_) | Effect::ArmTimer { .. } => Some(effect),
        Effect::AskTarget(_) | Effect::Cancel(_) => None,
    }
}

/// A journal that nobody will read again.
struct Memory(Vec<Record>);

impl Journal for Memory {
    type Error = std::convert::Infallible;

    fn append(&mut self, batch: &[Record], _: Durability) -> Result<(), Self::Error> {
        self.0.extend_from_slice(batch);
        Ok(())
    }
}

/// A directory that only we can use, and that goes with its owner.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("banister-{}", RunId::random()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays of temporary files is a matter of the machine's own tidying.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
