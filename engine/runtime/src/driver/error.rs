//! Why a run could not be begun or resumed.

use std::io;

use banister_core::run::{ExitCode, Rejected, ReplayError};

use crate::journal::JournalError;
use crate::secrets::SecretError;
use crate::state::StateError;

/// What kept an engine from starting. Nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The state directory, the run's directory or its lock.
    #[error(transparent)]
    State(#[from] StateError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The records do not fold.
    #[error("run {run} cannot be resumed: {source}")]
    Replay {
        /// The run.
        run: String,
        /// Why.
        source: ReplayError,
    },
    /// A secret has no value.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// `plan.json` is not the file that was written at the start.
    #[error(
        "the plan of run {run} was changed: its SHA-256 is {found}, the first record says {recorded}; the run cannot be resumed, find out who or what changed it"
    )]
    PlanChanged {
        /// The run.
        run: String,
        /// The file's digest.
        found: String,
        /// The first record's.
        recorded: String,
    },
    /// An answer was given for another plan.
    #[error("the answer for `{step}` is for plan {given}, this plan is {plan}; nothing was run")]
    AnswerForOtherPlan {
        /// Which answer.
        step: String,
        /// Its hash.
        given: String,
        /// This plan's.
        plan: String,
    },
    /// A drill's flags for a run that is none.
    #[error("run {run} is no drill, and nobody may answer in it for somebody else")]
    NotADrill {
        /// The run.
        run: String,
    },
    /// It is over.
    #[error("run {run} is over, it ended with exit code {exit}; `banister timeline {run}` shows it")]
    Over {
        /// The run.
        run: String,
        /// What it ended with.
        exit: ExitCode,
    },
    /// A touched host has seen a record that the journal does not hold.
    #[error(
        "host {host} has seen a record {seen} of run {run} that its journal, which ends at {last}, does not hold: records are lost, or another engine went on elsewhere; the run cannot be resumed from this journal"
    )]
    Witness {
        /// The run.
        run: String,
        /// The host.
        host: String,
        /// The record it has seen.
        seen: u64,
        /// The journal's last.
        last: u64,
    },
    /// It does not take a remark.
    #[error("run {run} takes no remark: {why}")]
    Remark {
        /// The run.
        run: String,
        /// Why.
        why: Rejected,
    },
    /// The engine's own machine lacks something.
    #[error("cannot {what}: {source}")]
    Machine {
        /// In a few words.
        what: &'static str,
        /// In the system's words.
        source: io::Error,
    },
}

impl DriverError {
    /// What the process ends with, where the run's own table says; otherwise the front end's decides.
    #[must_use]
    pub fn exit_code(&self) -> Option<ExitCode> {
        match self {
            Self::Journal(error) => Some(error.exit_code()),
            Self::Replay { .. } | Self::PlanChanged { .. } | Self::Witness { .. } => Some(ExitCode::JOURNAL_BROKEN),
            Self::AnswerForOtherPlan { .. } => Some(ExitCode::REFUSED),
            Self::State(_)
            | Self::Secret(_)
            | Self::NotADrill { .. }
            | Self::Over { .. }
            | Self::Remark { .. }
            | Self::Machine { .. } => None,
        }
    }
}
