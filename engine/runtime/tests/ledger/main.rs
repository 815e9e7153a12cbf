//! The ledger on this machine, under every shell it must run under.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod cancel;
mod claim;
#[path = "../common/ended.rs"]
mod ended;
mod entries;
mod host;
mod lock;
mod output;
mod place;
mod process;
mod states;
