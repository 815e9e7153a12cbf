//! Host keys: looking at the one a host shows, and taking it into the operator's file of known hosts, journalled.
//!
//! ssh fetches the key, with the operator's configuration and by way of his jump hosts, whose own keys are checked as
//! always; nobody is logged in. What this module deliberately does not do: decide that a key is the right one. Only
//! somebody who knows can, by the name they type or the fingerprint they bring.

mod error;
mod journal;
mod key;
mod known;
mod look;
mod trust;

pub use error::HostsError;
pub use journal::{HostRecordKind, journal_path};
pub use key::HostKey;
pub use known::Known;
pub use look::{Look, look};
pub use trust::{Proof, trust};

#[cfg(test)]
mod tests;
