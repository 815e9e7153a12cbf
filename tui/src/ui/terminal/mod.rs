//! The terminal itself: its modes, its keys, its signals.
//!
//! What it deliberately does not do: it knows no screen. It gives the terminal back exactly as it was, on every way out.

mod keys;
mod modes;
mod signals;

pub(super) use keys::read_keys;
pub(super) use modes::Modes;
pub(super) use signals::watch;
