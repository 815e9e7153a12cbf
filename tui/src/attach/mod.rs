//! Front ends: what a person sees of a run, and how he speaks to it, over the run's own socket.
//!
//! ```text
//!   socket ─▶ hearer (thread) ─▶ Front: lines, or events ─▶ standard error, standard output
//!     ▲            └─ answers ─┐        └─ news ─▶ Dialog (thread) ─▶ terminal
//!     └── Wire ◀───────────────┴───────────────────────┘
//!     └────────── signals (thread)
//! ```
//!
//! It is the same whether the engine is a process of its own, somebody else's, or part of this program
//! (`--foreground`). What it deliberately does not do: it never keeps a run from going on. A front end that hangs, is
//! stopped or killed costs itself something, and the run nothing.

mod board;
mod connect;
mod door;
mod farewell;
mod front;
mod gone;
mod lines;
mod screen;
mod signals;
mod wire;

use banister_core::run::ExitCode;
use banister_runtime::driver::{Interrupted, Interrupts};
use banister_runtime::state::RunDir;
use tokio::sync::mpsc::UnboundedReceiver;

pub(crate) use board::Board;
pub(crate) use door::Door;
pub(crate) use wire::Wire;

use crate::ask::Tty;
use crate::cli::RunOutput;
use crate::failure::Failure;
use crate::ui::Theme;

/// What a front end is to the run.
pub(crate) enum Role {
    /// The engine is part of this program, and takes its signals.
    Foreground {
        /// The way out of the engine.
        interrupts: Interrupts,
        /// The first interrupt at the terminal.
        asked: UnboundedReceiver<Interrupted>,
    },
    /// The engine was started for whoever called this program.
    Starter,
    /// The run was there before.
    Visitor,
}

/// Which records are shown; all of them are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Those after this one.
    After(u64),
    /// Those that happen from now on; how it stands now is said first.
    FromNow,
}

/// How a run is attached to.
pub(crate) struct How {
    /// What this front end is to the run.
    pub(crate) role: Role,
    /// Only look.
    pub(crate) watch: bool,
    /// What goes to standard output.
    pub(crate) output: RunOutput,
    /// Where a person can be asked.
    pub(crate) tty: Option<Tty>,
    /// Which records are shown.
    pub(crate) shown: Shown,
    /// A drill says itself where its journal lies and how to go on.
    pub(crate) is_drill: bool,
    /// A full screen, and how it looks.
    pub(crate) screen: Option<Theme>,
}

/// Attaches to a run that has an engine, until the run, the engine or the person ends it. Gives what the run ended
/// with, 50 for who detached, 51 for an engine that was killed.
pub(crate) fn attach(run: &RunDir, how: How) -> Result<ExitCode, Failure> {
    // The one place where another front end than plain lines is chosen.
    match how.screen {
        Some(theme) => screen::full(run, how, theme),
        None => front::plain(run, how),
    }
}
