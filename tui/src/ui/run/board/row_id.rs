//! Names a row of the screen, whatever else comes and goes above it.

use banister_core::plan::StepPath;

/// A row under which a cursor can stand and which can be folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowId {
    /// The preconditions.
    Preconditions,
    /// A batch of a roll, or a step that is none.
    Group {
        /// Position of the top-level step.
        top: usize,
        /// From 1; 0 for a step that is no roll.
        batch: u32,
    },
    /// A line: a step on all its hosts.
    Line {
        /// Position of the top-level step; `None` for a precondition.
        top: Option<usize>,
        /// As above.
        batch: u32,
        /// Its name within.
        name: String,
    },
    /// An instance on its host.
    Instance(StepPath),
    /// A host.
    Host(String),
    /// Hosts of one state.
    State(&'static str),
}
