//! An engine in a process of its own: a run outlives the terminal it was started in.
//!
//! ```text
//!   banister run ──spawn──▶ banister engine --run ID --state-dir DIR
//!        │  standard input:   one HandOver line, then closed
//!        │  standard output:  one Greeting line, then closed
//!        │  standard error:   RUN/engine.log
//!        └────── attaches to RUN/control like every other front end
//! ```
//!
//! The front writes plan and start down and reads the secrets, so that what is wrong is said before anything is made;
//! the engine then takes the run up as `resume` does. Secrets go through the pipe, never through arguments or the
//! environment. No shell is started.
//!
//! What it deliberately does not do: watch the engine. The socket says when it is gone, the lock on the run's directory
//! says whether one lives, and nothing starts an engine again but a person.

mod enter;
mod error;
mod examine;
mod greeting;
mod hand_over;
mod start;

pub use enter::{enter, receive};
pub use error::DaemonError;
pub use examine::examine;
pub use greeting::Greeting;
pub use hand_over::HandOver;
pub use start::{Program, start};

#[cfg(test)]
mod tests;
