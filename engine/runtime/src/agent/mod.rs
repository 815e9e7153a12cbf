//! The ssh agent of a run: of the person who drives it, wherever they are attached.
//!
//! ```text
//!   ssh ──▶ DIR/agent ──▶ Relay ──▶ a loan: a connection of the pen-holder's front end ──▶ their $SSH_AUTH_SOCK
//!                           └─────▶ else the $SSH_AUTH_SOCK that the engine was started with
//! ```
//!
//! A run outlives the terminal it was started in, and the agent of that terminal with it. So every ssh of an engine is
//! given a socket of the engine's own, and who answers there is looked up when it asks. The front end of whoever has the
//! pen keeps one idle connection to the control socket for it ([`Lender`]); when an ssh asks, the engine says `use` on
//! it and from then on both only copy bytes, and the front end lends another.
//!
//! What it deliberately does not do: it knows nothing of what is said to an agent, keeps no key, and lends nobody's agent
//! but that of the person who drives. An `IdentityAgent` of the operator's configuration is used as it is.

mod lender;
mod lent;
mod relay;

pub use lender::Lender;
pub(crate) use lent::{Lent, Loan};
pub(crate) use relay::{Agent, Relay};

/// What brings a run an agent, and what is said then.
pub(crate) fn lending(then: &str) -> String {
    format!("attach with one that has its key (`ssh-add`), take the pen, and {then}")
}

#[cfg(test)]
mod tests;
