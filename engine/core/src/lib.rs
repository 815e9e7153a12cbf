//! The pure core of Banister: what a runbook says, what a run may do next, and what anybody may see of it.
//!
//! Stages, each importing only what stands left of it (a test keeps the direction):
//!
//! `source` ← `runbook` ← `plan` ← `run` ← `view` ← `timeline`; `world` stands on `run` and `view`,
//! `drill` on `run`.
//!
//! What this crate deliberately does not do: it opens no file and no socket, reads no clock, draws no random
//! number, starts no thread, and iterates over nothing whose order differs between processes. Time, ids and
//! randomness are arguments. That is what lets a crash, a rehearsal and two thousand simulated nights be the
//! same code.

pub mod drill;
pub mod plan;
pub mod run;
pub mod runbook;
pub mod source;
pub mod timeline;
pub mod view;
pub mod world;
