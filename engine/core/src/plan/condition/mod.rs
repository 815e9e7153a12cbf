//! Checking and evaluating conditions: CEL over a [`Scope`] that only borrows what the run already holds.
//!
//! It keeps no value between two evaluations and knows nothing of the run that asks. What a condition may name is
//! checked once, when the runbook is compiled, and not again.

mod check;
mod conditions;
mod error;
mod names;
mod scope;
mod walk;

pub use check::{ConditionChecker, ConditionUse};
pub use conditions::{ConditionValue, Conditions, MAX_CONDITION};
pub(crate) use conditions::{matches, seconds};
pub use error::ConditionError;
pub use scope::{Outputs, Scope, StepResult, StreamText};

#[cfg(test)]
mod tests;
