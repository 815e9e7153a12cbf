//! The tokio runtime of one command.

use tokio::runtime::{Builder, Runtime};

use crate::exit_code;
use crate::failure::Failure;

/// Makes it, with all drivers, on more than one thread.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let made = Builder::new_multi_thread().enable_all().build();
    made.map_err(|error| Failure::new(exit_code::IO, format!("cannot start a thread: {error}")))
}
