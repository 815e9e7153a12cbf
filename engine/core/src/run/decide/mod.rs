//! What follows from each input, one file a subject. Every rule about a run stands here; the driver holds none.

mod advance;
mod answer;
mod approve;
mod ask;
mod ask_target;
mod command;
mod gate;
mod intend;
mod lock;
mod report;
mod resume;
mod start;
mod timer;
mod undo;
mod verdict;

pub use ask::name_to_type;
pub(crate) use verdict::{describe, describe_unknown};
