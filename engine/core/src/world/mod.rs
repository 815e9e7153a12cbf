//! Simulated worlds with a virtual clock: the random nights that test the run.
//!
//! A night is a random plan on hosts with ledgers, answered late, twice, out of order or not at all, with people who
//! say what they like and an engine that dies at any record. An oracle that shares no code with the run watches.
//!
//! What it deliberately does not do: it knows no rule of a run. A rule that stood in both would be tested against
//! itself.

#[cfg(test)]
mod nights;
#[cfg(test)]
mod random;
