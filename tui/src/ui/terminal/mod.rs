//! The terminal itself: its modes, its keys, its signals.
//!
//! What it deliberately does not do: it knows no screen. It gives the terminal back exactly as it was, on every way out.

mod before;
mod input;
mod keys;
mod modes;
mod signals;
mod sixteen;

use std::io::IsTerminal as _;

pub(crate) use before::Before;
pub(super) use keys::{Keys, read_keys};
pub(super) use modes::Modes;
pub(super) use signals::watch;
pub(super) use sixteen::sixteen;

/// Whether a full screen can be drawn here: standard output is a terminal, it is the one keys come from, and it is not
/// a dumb one.
pub(crate) fn can_draw() -> bool {
    let is_able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    is_able && std::io::stdout().is_terminal() && keys::open().is_ok()
}
