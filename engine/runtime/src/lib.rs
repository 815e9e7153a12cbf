//! Everything of Banister that touches the world.
//!
//! Each module owns one piece of it: files of a run (`state`, `journal`, `output`), values nobody may see
//! (`secrets`), what the operator set up beforehand (`settings`, `inventory`),
//! keys of hosts (`hosts`), what earlier runs took (`history`), the way to a host (`transport`), what makes a command
//! happen there at most once (`ledger`), the loop around the core (`driver`), the way in for other processes (`control`),
//! keys that are elsewhere (`agent`), a process of its own for an engine (`daemon`). What this crate deliberately does not
//! do: it decides nothing. What a run may do next is the core's business; these modules keep, send, read and report.

mod access;
mod accounts;
pub mod agent;
pub mod control;
pub mod daemon;
mod digest;
pub mod driver;
pub mod history;
pub mod hosts;
pub mod inventory;
pub mod journal;
pub mod ledger;
mod locked;
pub mod output;
pub mod secrets;
pub mod settings;
pub mod ssh;
pub mod state;
pub mod transport;
