//! The ledger on this machine, under every shell it must run under.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod host;
mod states;
