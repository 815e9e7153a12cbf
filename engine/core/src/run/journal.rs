//! What the core asks of a journal.

use super::Record;

/// How far a batch must have come before its effects are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Handed to the operating system: the batch releases nothing but reads, timers or notices.
    Written,
    /// On the disk: the batch releases a change, honours an approval or ends the run.
    Synced,
}

/// Keeps records. One call is one batch: all of it or, after an error, nothing that may be relied on.
pub trait Journal {
    /// Why it could not.
    type Error;

    /// Appends one batch.
    ///
    /// # Errors
    /// After any error the caller drops its `Run` and resumes from what can be read.
    fn append(&mut self, batch: &[Record], durability: Durability) -> Result<(), Self::Error>;
}
