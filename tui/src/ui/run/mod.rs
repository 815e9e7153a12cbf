//! The screen of one run.
//!
//! ```text
//!   Message ─▶ RunScreen::update ─┬─ an overlay is open: its keys (overlay/)
//!                                 ├─ a key: keymap ─▶ Action ─▶ act (act.rs)
//!                                 └─ from the run: RunModel::hear ─▶ RunView::apply
//!   RunModel, Place ─▶ view/ ─▶ frame
//! ```

mod able;
mod act;
mod action;
mod board;
mod calls;
mod copying;
mod keymap;
mod looking;
mod model;
mod moving;
mod opening;
mod outputs;
mod overlay;
mod paging;
mod place;
mod screen;
mod story;
mod tail;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use action::Action;
pub(crate) use board::{Board, RowId};
pub(crate) use keymap::{KEYMAP, action, key_of};
pub(crate) use model::{Link, Pane, RunModel};
pub(crate) use outputs::{Outputs, Stream, StreamKey};
pub(crate) use place::{Page, Place};
pub(crate) use screen::RunScreen;
pub(crate) use story::Story;
pub(crate) use tail::{Tail, Told};
