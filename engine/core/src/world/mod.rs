//! Simulated worlds with a virtual clock: rehearsals, and the random nights that test the run.
//!
//! A rehearsal plays one plan through against a [`World`] that somebody wrote down: how each command ends, what really
//! happened where that is not known, who answers what. It drives the same [`Run`](crate::run::Run) as a real engine.
//!
//! A night is a random plan on hosts with ledgers, answered late, twice, out of order or not at all, with people who
//! say what they like and an engine that dies at any record. An oracle that shares no code with the run watches.
//!
//! What it deliberately does not do: it knows no rule of a run. A rule that stood in both would be tested against
//! itself.

mod file;
mod hosts;
#[cfg(test)]
mod nights;
mod parse;
#[cfg(test)]
mod random;
mod rehearse;
mod reply;
mod shapes;
#[cfg(test)]
mod tests;

pub use file::{Entry, ListWord, Look, Table, World};
pub use rehearse::{Rehearsal, RehearsalError, rehearse};
pub use reply::{Ending, Reply, ReplyKind, Truth};
pub use shapes::WORLD;
