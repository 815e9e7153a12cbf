//! Plays the record of a run again: at its own pace, or faster, on the screen it had or as plain lines.
//!
//! ```text
//!   journal, stored output ─▶ Script ─▶ perform (thread) ─▶ Played ─▶ Replayed (the run's screen, in the run's time)
//!                                          ▲  Pace ◀────────────────────┘ `,` and `.`
//! ```
//!
//! What it deliberately does not do: it speaks to nobody. A replay can change nothing.

mod pace;
mod perform;
mod screen;
mod script;

pub(crate) use pace::Pace;
pub(crate) use perform::{Played, perform};
pub(crate) use screen::Replayed;
pub(crate) use script::{Act, Script};
