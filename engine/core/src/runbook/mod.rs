//! YAML → [`Runbook`](syntax::Runbook): the spanned syntax tree of one file. It may still refer to things that do not exist.

mod decode;
mod name;
pub mod shape;
pub mod syntax;
pub mod tree;
mod words;

pub use decode::parse_runbook;
pub use name::{HostAddress, HostName, LoginName, NameError, OutputName, ParamName, StepId};
pub use words::{EffectClass, GateTimeout, OnFailure, OnTimeout, ParamType, Shell};
