//! What `banister runs` shows of a run.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use banister_core::run::{Awaited, ExitCode, Record, RecordKind};
use chrono::{DateTime, Utc};

use super::lock::{holder_of, is_held};
use super::{Holder, RunDir, RunId};
use crate::journal::RunEnd;
use crate::journal::end_of;

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// An engine holds it.
    Running(Option<Holder>),
    /// No engine holds it and no end is recorded: its engine died.
    Interrupted,
    /// Its engine ended in good order; it can be resumed.
    Drained(ExitCode),
    /// It is over.
    Finished(ExitCode),
    /// Its engine died before the first record: nothing was started.
    NeverStarted,
    /// It cannot be read, and why.
    Unreadable(String),
}

impl RunState {
    /// Somebody has to look at it.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted | Self::Unreadable(_))
    }
}

/// One line of the list of runs. Read from the first and the last records only; it verifies nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// When it began; `None` before the first record.
    pub began: Option<DateTime<Utc>>,
    /// Its runbook's name.
    pub runbook: Option<String>,
    /// Its environment word.
    pub environment: Option<String>,
    /// Who began it.
    pub by: Option<String>,
    /// How it stands.
    pub state: RunState,
    /// What it waits for a person for, what has waited longest first. Only an engine can say it, and only
    /// [`survey`](crate::control::survey) asks: `None` where none did.
    pub awaited: Option<Vec<Awaited>>,
}

impl RunSummary {
    /// Looks at one run.
    #[must_use]
    pub fn of(run: &RunDir) -> Self {
        let mut summary = Self {
            id: run.id().clone(),
            began: None,
            runbook: None,
            environment: None,
            by: None,
            state: RunState::NeverStarted,
            awaited: None,
        };
        let journal = run.journal_path();
        let first = first_record(&journal);
        if let Ok(Some(Record { recorded, actor, kind: RecordKind::RunPlanned { runbook, environment, .. }, .. })) =
            &first
        {
            summary.began = Some(*recorded);
            summary.runbook = Some(runbook.clone());
            summary.environment = Some(environment.clone());
            summary.by = Some(actor.to_string());
        }
        summary.state = match (is_held(run.path()), first) {
            (Ok(true), _) => RunState::Running(holder_of(run)),
            (Err(e), _) | (_, Err(e)) => RunState::Unreadable(e.to_string()),
            (Ok(false), Ok(None)) => RunState::NeverStarted,
            (Ok(false), Ok(Some(_))) => match last_end(&journal) {
                Ok(RunEnd::Open) => RunState::Interrupted,
                Ok(RunEnd::Drained(exit)) => RunState::Drained(exit),
                Ok(RunEnd::Finished(exit)) => RunState::Finished(exit),
                Err(e) => RunState::Unreadable(e.to_string()),
            },
        };
        summary
    }

    /// Its engine says that it waits for a person.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.awaited.as_ref().is_some_and(|awaited| !awaited.is_empty())
    }

    /// What nobody may overlook, then what waits for a person, then what goes on, then what is past; of each kind the
    /// youngest first.
    pub(crate) fn sort(list: &mut [Self]) {
        let rank = |run: &Self| match run.state {
            RunState::Interrupted | RunState::Unreadable(_) => 0,
            RunState::Running(_) if run.waits() => 1,
            RunState::Running(_) => 2,
            RunState::Drained(_) | RunState::Finished(_) | RunState::NeverStarted => 3,
        };
        list.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| b.began.cmp(&a.began)));
    }
}

fn first_record(path: &Path) -> io::Result<Option<Record>> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    Ok(record_of(&line))
}

fn record_of(line: &[u8]) -> Option<Record> {
    let body = line.split(|b| *b == b'\t').next()?;
    serde_json::from_slice(body).ok()
}

/// The last record that says something about the end, looked for from behind.
fn last_end(path: &Path) -> io::Result<RunEnd> {
    const BLOCK: u64 = 64 * 1024;
    let mut file = File::open(path)?;
    let mut at = file.metadata()?.len();
    let mut after: Vec<u8> = Vec::new();
    while at > 0 {
        let from = at.saturating_sub(BLOCK);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&mut file).take(at - from).read_to_end(&mut block)?;
        block.append(&mut after);
        at = from;
        // The first line of the block may begin before it.
        let cut = if at == 0 { 0 } else { block.iter().position(|b| *b == b'\n').map_or(block.len(), |lf| lf + 1) };
        let lines = block.get(cut..).unwrap_or_default();
        if let Some(end) = lines.rsplit(|b| *b == b'\n').filter_map(record_of).find_map(|r| end_of(&r.kind)) {
            return Ok(end);
        }
        block.truncate(cut);
        after = block;
    }
    Ok(RunEnd::Open)
}
