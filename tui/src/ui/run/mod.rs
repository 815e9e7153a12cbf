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
mod calls;
mod keymap;
mod model;
mod moving;
mod opening;
mod outputs;
mod overlay;
mod place;
mod screen;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use action::Action;
pub(crate) use keymap::{KEYMAP, action, key_of};
pub(crate) use model::{Link, Pane, RunModel, Said};
pub(crate) use outputs::{Outputs, Stream, StreamKey};
pub(crate) use place::{Page, Place};
pub(crate) use screen::RunScreen;
