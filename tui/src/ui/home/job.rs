//! What home wants done off the drawing thread.

use std::path::PathBuf;

use banister_runtime::state::RunId;

/// One piece of work. Numbers tell late answers from those that are waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Look what there is.
    List,
    /// Read a runbook and the inventory, for its form.
    Open(PathBuf),
    /// Compile it, then probe it.
    Plan {
        /// The number.
        asked: u64,
        /// The runbook.
        file: PathBuf,
        /// `-p`.
        params: Vec<(String, String)>,
    },
    /// Nobody waits for a probe any more.
    Drop,
    /// Say how an interrupted run stands.
    Describe(RunId),
}
