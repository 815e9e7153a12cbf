//! Runbook + inventory + parameters → [`Plan`]: immutable, resolved, checked; the graph a run walks.

mod action;
mod command;
mod model;
mod param;
mod step_path;
mod template;

pub use action::{
    Action, Approve, CommandStep, Fact, Gate, GateTimeout, Manual, OnFailure, OnTimeout, Output, Probe, Retry, Roll,
    Verify,
};
pub use command::{Command, CommandKind, EnvEntry, EnvValue, Shell, Stdin};
pub use model::{EffectClass, Host, HostIndex, Plan, Precondition, Step, StepIndex, Transport};
pub use param::{ParamValue, SecretReference};
pub use step_path::{PathError, Segment, StepPath};
pub use template::{Condition, Hole, HoleSource, Piece, Quoting, Template};
