//! What lies over a run's screen: dialogs, the palette, the help.
//!
//! ```text
//!   Action ─▶ opening.rs ─▶ an overlay ─ keys ─▶ Field, Scroll ─┬─ typed phrase + enter ─▶ Order::Send
//!                                                               └─ esc: decided later, one level back
//! ```
//!
//! Every dialog that changes something says what it will do, and why nothing can be said from here where that is so.
//! Enter alone never confirms: a phrase is typed, `go` or the target's name. What was pasted confirms nothing.
//!
//! What it deliberately does not do: it decides nothing. The engine judges each answer by the same rules as one from
//! the command line; a dialog shows a refusal with everything typed still there.

mod abort;
mod ask;
mod asks;
mod confirm;
mod field;
mod help;
mod interrupt;
mod list;
mod note;
mod palette;
mod paper;
mod posted;
mod sheet;
#[cfg(test)]
mod tests;

pub(super) use abort::AbortDialog;
pub(super) use ask::{AskDialog, READ};
pub(super) use asks::AskList;
pub(super) use confirm::{Confirm, Deed};
pub(super) use help::Help;
pub(super) use interrupt::Interrupt;
pub(super) use list::{Listing, ListingKind};
pub(super) use note::NoteDialog;
pub(super) use palette::Palette;
