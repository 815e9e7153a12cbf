//! The state directory: where runs are kept, one directory each.
//!
//! ```text
//! STATE/runs/<id>/   0700  one engine at a time holds a lock on it
//!     plan.json      0600  what runs
//!     start.json     0600  what the first record will say, for an engine that dies before it writes one
//!     journal.jsonl  0600  what happened
//!     out/           0700  what steps printed
//!     holder.json    0600  who holds the lock, for the message
//!     ballast        0600  room kept for the records of a drain; only while an engine runs
//! STATE/drills/<name>-<id>/  0700  a state directory of its own for each drill
//!     drill.json           how its checks ended
//! ```
//!
//! In a directory that an administrator made for a group (`install -d -m 2770 -g GROUP DIR`) directories are 2770 and files
//! 0660, and the members list, follow, verify and resume each other's runs; a drill is its maker's alone. Nothing is ever open to everybody.
//!
//! What this module deliberately does not do: it deletes nothing, repairs no mode and takes over no directory. What
//! is not as it made it, is refused with the way to mend it.

mod dir;
mod drill_note;
mod error;
mod examine;
mod guard;
mod list;
mod lock;
mod run_dir;
mod run_id;
mod start;

pub use dir::StateDir;
pub use drill_note::DrillNote;
pub use error::StateError;
pub use examine::Examined;
pub use list::{RunState, RunSummary};
pub use lock::{Holder, RunLock};
pub use run_dir::RunDir;
pub use run_id::{RunId, RunRef};
pub use start::Start;

#[cfg(test)]
mod tests;
