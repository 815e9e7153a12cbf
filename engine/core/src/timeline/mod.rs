//! The story of a run, made from its records: who did what, when, how long it took, and for whom it waited.
//!
//! ```text
//!  Record ──▶ Teller (a RunView and rows) ──▶ Timeline ──▶ markdown (markdown.rs)
//!                                        fold.rs: many rows alike become one
//! ```
//!
//! Nobody has to type anything for it to be complete. Every row has a [`Source`], so that rows of other runs and of
//! outside events can stand beside these.
//!
//! What it deliberately does not do: it judges nobody (no mean, no score), guesses no cause, and reads no clock: a run
//! that is not over ends, for it, with its last record.

mod changes;
mod fold;
mod markdown;
mod model;
mod teller;
#[cfg(test)]
mod tests;
mod totals;

pub use markdown::to_markdown;
pub use model::{Change, Gap, Header, Row, RowKind, Source, Timeline, Totals, Waited};
pub use teller::{Teller, tell};
