//! What the operator set up beforehand: the configuration file, where state lies, where runbooks are found by name.
//!
//! A flag wins over the environment, the environment over the configuration file. Nothing is ever read from the
//! current directory as configuration: whoever can put a file there must not be able to change what a run does.
//! (A runbook's NAME does fall back to `./runbooks`; the file that was found is always said.)

mod config;
mod guard;
mod name;
mod place;
mod source;

pub use config::{Config, ConfigError};
pub use guard::GuardError;
pub use name::{FindError, find_runbook};
pub use place::{NoHomeError, Places, ssh_dir};
pub use source::{ReadError, read_source};
