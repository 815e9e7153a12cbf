//! Everything that happened, in the order of its time.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::{EffectKey, ExitCode, Record, RecordKind};
use banister_runtime::journal::Follower;
use banister_runtime::output::{Chunk, StoredStream, StreamKind};
use banister_runtime::state::{RunDir, RunState, RunSummary};
use chrono::{DateTime, TimeDelta, Utc};

use crate::failure::Failure;

/// Bytes of one piece of output that are played: a screen keeps no more.
const MOST: u64 = 256 * 1024;

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A record.
    Record(Box<Record>),
    /// A command printed something; where it is stored.
    Output { key: Arc<EffectKey>, chunk: Chunk },
}

/// A run, to be played.
pub(crate) struct Script {
    pub(crate) run: String,
    pub(crate) plan: Arc<Plan>,
    /// Times and what happened then; times never go back.
    pub(crate) acts: Vec<(DateTime<Utc>, Act)>,
    /// What it ended with; `None` where its end is not recorded.
    pub(crate) exit: Option<ExitCode>,
    out: PathBuf,
}

impl Script {
    /// Reads a run. `at_once`: it will be shown as it ended, so that only the end of each output is wanted.
    pub(crate) fn read(run: &RunDir, at_once: bool) -> Result<Self, Failure> {
        let plan = Arc::new(run.read_plan()?.0);
        let mut follower = Follower::open(&run.journal_path())?;
        let (mut acts, mut last) = (Vec::new(), DateTime::<Utc>::MIN_UTC);
        let (mut outputs, out) = (Vec::new(), run.out_path());
        while let Some(followed) = follower.next()? {
            let record = followed.record;
            // The wall's clock may have been set back meanwhile; the story was not.
            last = last.max(record.at);
            if let RecordKind::StepIntended { path, host, purpose, attempt, .. } = &record.kind {
                let (id, path, host) = (run.id().to_string(), path.clone(), host.clone());
                let key = EffectKey { run: id, path, host, purpose: *purpose, attempt: *attempt };
                outputs.extend(printed(&out, key, last, at_once));
            }
            acts.push((last, Act::Record(Box::new(record))));
        }
        acts.extend(outputs);
        // Stable: of one moment the record comes first.
        acts.sort_by_key(|(at, _)| *at);
        Ok(Self { run: run.id().to_string(), plan, acts, exit: exit(run), out })
    }

    /// What an act printed.
    pub(crate) fn bytes(&self, key: &EffectKey, chunk: &Chunk) -> Vec<u8> {
        let read = || -> Option<Vec<u8>> {
            let mut stored = StoredStream::open(&self.out, key, chunk.stream).ok()??;
            stored.seek(SeekFrom::Start(chunk.offset)).ok()?;
            let mut bytes = Vec::new();
            stored.take(chunk.length.min(MOST)).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        };
        // What is no longer kept is not shown; the record says how much there was.
        read().unwrap_or_default()
    }
}

fn exit(run: &RunDir) -> Option<ExitCode> {
    match RunSummary::of(run).state {
        RunState::Finished(exit) | RunState::Drained(exit) => Some(exit),
        _ => None,
    }
}

/// What a command that began at a moment printed, and when.
fn printed(out: &Path, key: EffectKey, began: DateTime<Utc>, at_once: bool) -> Vec<(DateTime<Utc>, Act)> {
    // A command whose output cannot be read is played without it.
    let mut chunks = Chunk::read_all(out, &key).unwrap_or_default();
    if at_once {
        let ends = [StreamKind::Stdout, StreamKind::Stderr].map(|stream| {
            let last = chunks.iter().rfind(|chunk| chunk.stream == stream)?;
            let end = last.offset + last.length;
            let offset = end.saturating_sub(MOST);
            Some(Chunk { offset, length: end - offset, ..*last })
        });
        chunks = ends.into_iter().flatten().collect();
    }
    let key = Arc::new(key);
    let at = |chunk: &Chunk| began + TimeDelta::from_std(chunk.elapsed).unwrap_or_default();
    chunks.into_iter().map(|chunk| (at(&chunk), Act::Output { key: key.clone(), chunk })).collect()
}
