//! Evaluating conditions: CEL over a [`Scope`] that only borrows what the run already holds.
//!
//! It does not check what a condition may name (the compiler has done that), keeps no value between two
//! evaluations, and knows nothing of the run that asks.

mod conditions;
mod error;
mod names;
mod scope;
mod walk;

pub(crate) use conditions::seconds;
pub use conditions::{ConditionValue, Conditions, MAX_CONDITION};
pub use error::ConditionError;
pub use scope::{Outputs, Scope, StepResult, StreamText};

#[cfg(test)]
mod tests;
