//! Home: what waits for somebody, what runs, what can be run, what ran.
//!
//! ```text
//!   HomeScreen ──▶ Job ──▶ worker (thread): lists, compiles, probes
//!        ▲                     │
//!        └──── HomeNews ◀──────┘
//!   List ─▶ Form ─▶ PlanPage ─▶ Chosen::Start ─▶ as `banister run`
//!        └▶ Resume ───────────▶ Chosen::Resume ─▶ as `banister resume`
//! ```
//!
//! What it deliberately does not do: it runs nothing itself. It ends with what was chosen, and whoever shows it does
//! that exactly as the command line would.

mod action;
mod confirm;
mod drilled;
mod field;
mod form;
mod incident;
mod job;
mod list;
mod listing;
mod news;
mod paint;
mod palette;
mod plain;
mod plan_page;
mod resume;
mod screen;
mod scroll;
mod title;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use drilled::Drilled;
pub(crate) use job::Job;
pub(crate) use listing::{Book, Listing};
pub(crate) use news::{Described, HomeNews, Opened, Planned, Trouble};
pub(crate) use plain::PlainHome;
pub(crate) use screen::{Chosen, HomeScreen};
pub(crate) use worker::work;
