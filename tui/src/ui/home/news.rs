//! What comes back.

use std::path::PathBuf;
use std::sync::Arc;

use banister_core::plan::Inventory;
use banister_core::run::ExitCode;
use banister_core::runbook::syntax::ParamDecl;
use banister_runtime::state::RunId;

use super::{Drilled, Listing};
use crate::checks::Check;

/// One thing that somebody found out for home.
#[derive(Debug, Clone)]
pub(crate) enum HomeNews {
    /// What there is.
    Listed(Box<Listing>),
    /// A runbook was read.
    Opened(Result<Box<Opened>, Trouble>),
    /// It was compiled.
    Planned {
        /// The job's number.
        asked: u64,
        /// The plan, or what is wrong.
        planned: Result<Box<Planned>, Trouble>,
    },
    /// A host or a precondition was looked at.
    Checked {
        /// The job's number.
        asked: u64,
        /// What was seen.
        check: Check,
    },
    /// Everything was looked at.
    Probed {
        /// The job's number.
        asked: u64,
        /// What a run would end with, if it could not start; or why nothing could be seen.
        refused: Result<Option<ExitCode>, Trouble>,
    },
    /// How an interrupted run stands.
    Described(Result<Box<Described>, Trouble>),
}

/// Why something could not be done: lines, as a command would say them. Each may be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble(pub(crate) Vec<String>);

/// A runbook that was read.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// Its file.
    pub(crate) file: PathBuf,
    /// Its name.
    pub(crate) name: String,
    /// Its title; its name if it has none.
    pub(crate) title: String,
    /// Its sentence.
    pub(crate) if_it_fails: String,
    /// What it asks for.
    pub(crate) params: Vec<ParamDecl>,
    /// Where it may run.
    pub(crate) inventory: Arc<Inventory>,
}

/// A plan that would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) title: String,
    pub(crate) environment: String,
    pub(crate) hash: String,
    pub(crate) hosts: usize,
    /// All of it, as `plan` prints it.
    pub(crate) lines: Vec<String>,
    /// Warnings of the compiler.
    pub(crate) warnings: Vec<String>,
    /// The last drill of its runbook.
    pub(crate) drilled: Option<Drilled>,
}

/// How an interrupted run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) run: RunId,
    pub(crate) title: String,
    pub(crate) environment: String,
    /// What ran, what waits, what was touched.
    pub(crate) lines: Vec<String>,
}
