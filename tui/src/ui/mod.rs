//! The terminal UI.
//!
//! ```text
//!   keys ─────────┐                 ┌──────────── Program ───────────┐
//!   (thread)      ├─▶ Mailbox ─▶ play: update(message, now) ─▶ orders ─┼─▶ engine, clipboard, bell
//!   engine ───────┘                 └─ draw(frame, now) ─────────────┘
//!   (thread)
//! ```
//!
//! A [`Program`] is a model, an update and a view, and nothing else: it has no clock, no terminal and no socket, so that
//! a test plays it against a buffer and a recorded journal. [`play`] has all three. It draws at most ten times a second,
//! except for a key, which is answered at once.
//!
//! What it deliberately does not do: it decides nothing about a run. Every text of a host or a person passes
//! [`text::shown`], the one way to the screen.

mod chosen;
mod heard;
pub(crate) mod home;
mod key;
mod mailbox;
mod message;
mod order;
mod overlay;
mod play;
mod program;
pub(crate) mod run;
mod terminal;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod theme;

pub(crate) use chosen::chosen;
pub(crate) use heard::{Heard, Presence, Refused};
pub(crate) use key::Key;
pub(crate) use mailbox::{Mailbox, Post};
pub(crate) use message::Message;
pub(crate) use order::Order;
pub(crate) use overlay::{Overlay, Reaction};
pub(crate) use play::{Nowhere, Outlet, play};
pub(crate) use program::Program;
pub(crate) use terminal::{Before, can_draw};
pub(crate) use theme::Theme;
