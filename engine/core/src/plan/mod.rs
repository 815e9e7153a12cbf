//! Runbook + inventory + parameters → [`Plan`]: immutable, resolved, checked; the graph a run walks.

mod action;
mod command;
mod condition;
mod model;
mod param;
mod render;
mod step_path;
mod template;

pub use action::{
    Action, Approve, CommandStep, Fact, Gate, GateTimeout, Manual, OnFailure, OnTimeout, Output, Probe, Retry, Roll,
    Verify,
};
pub use command::{Command, CommandKind, EnvEntry, EnvValue, Shell, Stdin};
pub use condition::{
    ConditionError, ConditionValue, Conditions, MAX_CONDITION, Outputs, Scope, StepResult, StreamText,
};
pub use model::{EffectClass, Host, HostIndex, Plan, Precondition, Step, StepIndex, Transport};
pub use param::{ParamValue, SecretReference};
pub use render::{Bindings, HoleError};
pub use step_path::{PathError, Segment, StepPath};
pub use template::{Condition, Hole, HoleSource, Piece, Quoting, Template};
