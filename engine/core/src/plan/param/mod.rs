//! Parameters: what a runbook declares, and the values that `-p NAME=VALUE` gives them.
//!
//! It reads no environment, no file and no prompt: of a secret it keeps only where its value is to be read.

mod bind;
mod declared;
mod one;
mod parse;
mod value;

pub use bind::bind;
pub use declared::check_declarations;
pub use one::{as_typed, value_of};
pub use value::{ParamValue, SecretReference};

#[cfg(test)]
mod tests;
