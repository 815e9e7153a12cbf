//! YAML → [`Runbook`]: the spanned syntax tree of one file. It may still refer to things that do not exist.

mod name;

pub use name::{HostName, NameError, OutputName, ParamName, StepId};
