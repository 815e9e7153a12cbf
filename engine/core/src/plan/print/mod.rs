//! What will happen, before it happens: a plan as text, as JSON, and as a picture of its graph.
//!
//! Everything that a person or a host wrote passes [`visible`](crate::source::visible) on its way into the text. It
//! colours nothing and knows no terminal.

mod facts;
mod human;
mod json;
mod lanes;
mod words;

pub use facts::PlanFacts;
pub use human::{print_human, print_step};
pub use json::print_json;
pub use lanes::{LaneRow, lanes};

/// How a plan is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrintStyle {
    /// Only ASCII: for terminals and pagers that know nothing else.
    pub ascii: bool,
}

#[cfg(test)]
mod tests;
