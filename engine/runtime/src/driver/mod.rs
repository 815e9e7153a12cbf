//! Drives a run: inputs in, records to the journal, effects out.
//!
//! ```text
//!   executors ─ reports, answers ──┐
//!   timers ─ their moments ────────┤            ┌─────────── thread "run" ────────────┐
//!   control socket ─ people ───────┼─▶ Inbox ─▶ │ select ─▶ batch ─▶ commit ─▶ dispatch│─▶ tasks
//!   signals ───────────────────────┘            └──────────────────┬──────────────────┘
//!                                                                  └─▶ Feed ─▶ control socket ─▶ front ends
//! ```
//!
//! One ordered channel, so that what a test saw is what a night sees; everything that waits in it becomes durable with
//! one sync. The plan's rules are the core's: what this module deliberately does not do is decide anything. It does
//! not retry, does not judge an outcome, and does not answer for a person.
//!
//! A run is made as it is resumed: `begin` writes plan and start down, and from there both go the same way.

mod begin;
mod cleaning;
mod clock;
mod desk;
mod dispatch;
mod engine;
mod error;
mod executors;
mod facts;
mod feed;
mod inbox;
mod let_go;
mod people;
mod probe;
mod pulse;
mod remark;
mod round;
mod serving;
mod signals;
mod skew;
mod station;
mod tap;
mod testimony;
mod timers;
mod visit;
mod wanted;
mod ways;
mod witness;

pub use begin::{Options, SecretsFrom, prepare};
pub use clock::Clock;
pub use engine::{Ended, Engine};
pub use error::DriverError;
pub use facts::Origin;
pub use feed::{Event, Feed, Subscription};
pub use inbox::{Gone, Inbox, Refusal};
pub use let_go::{LetGo, let_go};
pub use people::{operator, person};
pub use probe::{Probed, probe};
pub(crate) use pulse::Pulse;
pub use remark::remark;
pub use serving::Serving;
pub use signals::Interrupts;
pub use skew::skews;
pub use station::{Interrupted, Station, Terminal};
pub use testimony::{Testimony, testimonies};
pub use visit::Visit;
pub use wanted::Wanted;

/// What a visit finds.
pub use crate::ledger::LedgerEntry;

#[cfg(test)]
pub(crate) mod tests;
