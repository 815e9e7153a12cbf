//! Drills as somebody wrote them down: a runbook, hosts to break, what breaks them, and what must be true at the end.
//!
//! [`Drill`] is the file, [`Evidence`] is what was seen of one drill, and [`judge`] says which [`Check`]s hold. Nothing
//! of one particular drill is in any of them: whatever is special about it stands in its file.
//!
//! What it deliberately does not do: it makes no host, breaks none and looks at none. Checks that need a host to be
//! looked at are answered by whoever has one.

mod act;
mod check;
mod evidence;
mod judge;
mod model;
mod moment;
mod parse;
#[cfg(test)]
mod tests;
mod windows;

pub use act::{Act, ActKind, When};
pub use check::{Check, CheckKind};
pub use evidence::{Evidence, Sample, Verdict};
pub use judge::judge;
pub use model::{Client, ClientKind, Drill, Fault, SetUp, SetUpKind};
pub use moment::Moment;
