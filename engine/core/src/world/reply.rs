//! What a simulated host does with one command.

use crate::plan::Plan;
use crate::run::{Captured, CapturedText, Ended, Exit, Report, StreamInfo};

/// Bytes of a stream that conditions may read, as on a real host.
const MAX_CAPTURED: usize = 64 * 1024;

/// How a command ends that ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// Its exit status, 0 to 255.
    pub status: i32,
    /// Everything it writes to standard output.
    pub stdout: String,
    /// Everything it writes to standard error.
    pub stderr: String,
}

impl Ending {
    /// The report of an executor that saw it end.
    #[must_use]
    pub fn report(&self, took_ms: u64) -> Report {
        Report::Ended(Box::new(Ended {
            exit: Exit::Code(self.status),
            took_ms,
            stdout: captured(&self.stdout),
            stderr: captured(&self.stderr),
        }))
    }
}

fn captured(text: &str) -> Captured {
    let is_cut = text.len() > MAX_CAPTURED;
    let read = if is_cut { CapturedText::Cut } else { CapturedText::Text(text.trim_end_matches('\n').to_owned()) };
    let sha256 = Plan::file_digest(text.as_bytes());
    Captured { text: read, info: StreamInfo { bytes: text.len() as u64, sha256, redactions: 0, cut: false } }
}

/// What really became of a command whose connection was lost, as its host will say when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// `done`: it had ended when the connection was lost.
    Done(Ending),
    /// `running`: it runs on, the connection was lost half way.
    Running(Ending),
    /// `never`: it was not started, and never will be.
    NeverStarted,
    /// `lost`: the host does not know either.
    NoStatus,
}

/// What becomes of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyKind {
    /// It runs and ends.
    Ended(Ending),
    /// The host cannot be reached, nothing is sent.
    Unreachable {
        /// In the transport's words.
        why: String,
    },
    /// The connection is lost under it.
    Unknown {
        /// What is seen of that.
        why: String,
        /// What the host will say.
        truth: Truth,
    },
}

/// What becomes of one command, and how long that takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What becomes of it.
    pub kind: ReplyKind,
    /// Milliseconds it takes; `None`: what the plan calls usual.
    pub took_ms: Option<u64>,
}

impl Default for Reply {
    /// What nothing is said about goes well.
    fn default() -> Self {
        Self { kind: ReplyKind::Ended(Ending::default()), took_ms: None }
    }
}
