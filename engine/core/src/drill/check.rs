//! What must be true at the end of a drill, and how it is found out.

use super::moment::Moment;
use crate::runbook::{HostName, StepId};
use crate::source::Span;

/// One thing that must be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What people read. Of a check on each host the line begins with the host's name.
    pub name: String,
    /// How it is found out.
    pub kind: CheckKind,
    /// Where it stands in its file.
    pub span: Span,
}

/// How a check is found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckKind {
    /// `exit`: what the last engine ended with.
    Exit(u8),
    /// `client` and `says`: what a client saw last of each host.
    Says {
        /// The client.
        client: String,
        /// Of these hosts.
        hosts: Vec<HostName>,
        /// What it must have seen.
        text: String,
    },
    /// `client` and `refused_at_once`: how many hosts refused it at the same time, at most.
    RefusedAtOnce {
        /// The client.
        client: String,
        /// Hosts.
        most: usize,
    },
    /// `client` and `refused_only_in`: a host refused it only while one of these steps was under way there.
    RefusedOnlyIn {
        /// The client.
        client: String,
        /// The steps.
        steps: Vec<StepId>,
    },
    /// `run`: a script on each of these hosts.
    Run {
        /// The hosts.
        hosts: Vec<HostName>,
        /// The script; it must end with 0.
        script: String,
        /// What it must print.
        says: Option<String>,
    },
    /// `record`: records in the journal.
    Record {
        /// Which.
        moment: Moment,
        /// How many there must be; `None`: at least one.
        times: Option<usize>,
        /// Milliseconds after the fault's first act within which the first must come.
        within_ms: Option<u64>,
    },
    /// `plan: same`: the run is of the plan that was shown, however often it was resumed.
    PlanSame,
    /// `journal: witnessed`: it verifies, and every host it touched has seen its end.
    JournalWitnessed,
    /// `left: nothing`: no process, mount or namespace of the lab.
    LeftNothing,
}

impl CheckKind {
    /// Whether its answer lies in the journal alone.
    #[must_use]
    pub fn needs_only_the_journal(&self) -> bool {
        matches!(self, Self::Exit(_) | Self::Record { within_ms: None, .. } | Self::PlanSame)
    }

    /// Whether it looks at what is left when everything else is over.
    #[must_use]
    pub fn is_about_the_end(&self) -> bool {
        matches!(self, Self::JournalWitnessed | Self::LeftNothing)
    }
}
