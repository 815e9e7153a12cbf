//! Why the state directory or a run in it cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use super::Holder;

/// What went wrong in the state directory, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is no place for it.
    #[error(
        "no place for the state directory: neither XDG_STATE_HOME nor HOME is set; give --state-dir DIR or set BANISTER_STATE_DIR"
    )]
    NoPlace,
    /// A file operation failed.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// In a few words.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// It is there and must not be used as it is.
    #[error("{path} {why}; {remedy}")]
    Unfit {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The text cannot name a run.
    #[error("`{0}` does not name a run: give `last`, or a run's id or its beginning (digits and a to f)")]
    NotARun(String),
    /// No run has this name.
    #[error("no run begins with `{text}` in {dir}; `banister runs` lists them")]
    NoSuchRun {
        /// What was asked for.
        text: String,
        /// Where runs are kept.
        dir: PathBuf,
    },
    /// There is no run at all.
    #[error("there is no run in {0} yet")]
    NoRuns(PathBuf),
    /// More than one run has this beginning.
    #[error("`{text}` is the beginning of {} runs: {}; give more of it", .candidates.len(), .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// The ids.
        candidates: Vec<String>,
    },
    /// Another engine runs it.
    #[error("run {run} is held by another engine{}; attach to it with `banister attach {run}`", who(.holder.as_ref()))]
    Held {
        /// The run's id.
        run: String,
        /// Who, if it could be read.
        holder: Option<Holder>,
    },
    /// Its engine died before anything was written down that could be run.
    #[error(
        "run {0} was never begun: its engine died before the plan was kept, nothing was run; run the runbook again"
    )]
    NeverBegun(String),
    /// The plan beside the journal is not one.
    #[error("{path} is not a plan of this version: {why}; resume the run with the version that began it")]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl StateError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

fn who(holder: Option<&Holder>) -> String {
    holder
        .map_or_else(String::new, |h| format!(": process {} since {}", h.pid, h.since.format("%Y-%m-%d %H:%M:%S UTC")))
}
