//! What any display may know of a run, and the plain lines.
//!
//! ```text
//!  Record ──▶ RunView::apply ──▶ rows (rows.rs) ──▶ terminal UI, Snapshot (JSON)
//!                            └──▶ Plain::lines (plain/) ──▶ text lines
//!             Event::of ─────────────────────────────────▶ NDJSON
//! ```
//!
//! [`RunView`] embeds the state that the machine itself uses, so a screen can never disagree with what the engine
//! does; beside it stands only what no rule needs: who, when, which errors, which remarks.
//!
//! What it deliberately does not do: it takes no decision, reads no clock (a display brings its own) and no output
//! file, and knows no terminal.

mod event;
mod instance;
mod left;
mod phrase;
mod plain;
mod remark;
mod rows;
mod run_view;
mod shown;
mod snapshot;
mod steps;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod usual;
mod wait;
mod whereabouts;

pub use event::{Event, OutputData, OutputEvent};
pub use instance::{Attempt, LastSample};
pub use left::Left;
pub use phrase::{duration, names};
pub use plain::{Plain, output_line};
pub use remark::Remark;
pub use rows::{AskRow, HostRow, NextRow, RollRow, RunningRow, StepRow, WaitRow};
pub use run_view::{RunStatus, RunView};
pub(crate) use shown::path_of;
pub use snapshot::Snapshot;
pub use usual::{Usual, UsualRange};
pub(crate) use wait::between_ms;
pub use wait::{Said, Wait};
