//! The journal of a run as a file: append, sync, read, recover a torn end, verify.
//!
//! A line is `BODY TAB HASH LF`. BODY is one record as JSON in ASCII; HASH is the lower-case hex SHA-256 over the
//! previous line's HASH (64 zeros before the first), one LF, and BODY. The hash covers exact bytes, so nobody has to
//! agree on a canonical JSON. Nothing is ever truncated or rewritten: the file works under `chattr +a`.
//!
//! What this module deliberately does not do: it gives no meaning to records (the core folds them), it does not retry
//! a failed write or sync, and it cannot notice that whole lines are missing from the end; only a witness can.

mod bodies;
mod error;
mod file;
mod follow;
mod line;
mod read;
mod resume;
mod verify;
mod writer;

pub(crate) use bodies::Bodies;
pub use error::JournalError;
pub use file::{DiskFile, JournalFile, Limits, Place};
pub use follow::{Followed, Follower};
pub use line::{FORMAT, LineHash};
pub(crate) use read::end_of;
pub use read::{JournalRead, RunEnd, Tail, UnreadableRecord, read};
pub use verify::{Verification, verify};
pub use writer::FileJournal;

#[cfg(test)]
mod tests;
