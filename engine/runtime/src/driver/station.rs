//! Where an engine runs, and who can be asked there.

use tokio::sync::mpsc;

/// The first interrupt of an engine in the foreground: the run is held, and a person says how it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

/// Where interrupts of an engine in the foreground go; a front end reads the other end on a thread of its own.
pub type Terminal = mpsc::UnboundedSender<Interrupted>;

/// Where an engine runs.
#[derive(Debug, Clone)]
pub enum Station {
    /// In the program that was called; it ends with it. With a terminal somebody can be asked.
    Foreground {
        /// Told when the operator interrupts.
        terminal: Option<Terminal>,
    },
    /// In a process of its own, which no terminal owns.
    Daemon {
        /// Asks wait for whoever attaches, for as long as it takes.
        can_ask: bool,
    },
}

impl Station {
    /// Whether an ask waits for people. If not, one without an answer given beforehand cannot be put.
    pub(super) fn can_ask(&self) -> bool {
        match self {
            Self::Foreground { terminal } => terminal.as_ref().is_some_and(|terminal| !terminal.is_closed()),
            Self::Daemon { can_ask } => *can_ask,
        }
    }

    pub(super) fn is_foreground(&self) -> bool {
        matches!(self, Self::Foreground { .. })
    }
}
