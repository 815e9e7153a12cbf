//! Runbook + inventory + parameters → [`Plan`]: immutable, resolved, checked; the graph a run walks.

mod action;
mod canonical;
mod command;
mod compile;
mod condition;
mod file;
mod hash;
mod inventory;
mod model;
mod names;
mod param;
mod print;
mod render;
mod script;
mod step_path;
mod template;
#[cfg(test)]
pub(crate) mod testing;

pub use action::{Action, Approve, CommandStep, Fact, Gate, Manual, Output, Probe, Retry, Roll, Verify};
pub use command::{Command, CommandKind, EnvEntry, EnvValue, Stdin};
pub use compile::{check, compile};
pub use condition::{
    ConditionChecker, ConditionError, ConditionUse, ConditionValue, Conditions, MAX_CONDITION, Outputs, Scope,
    StepResult, StreamText,
};
pub use file::PlanFileError;
pub use inventory::{INVENTORY, Inventory};
pub use model::{Host, HostIndex, Plan, Precondition, Step, StepIndex, Transport};
pub use names::{NameTable, OutputState, RESERVED, is_reserved};
pub use param::{ParamValue, SecretReference, as_typed, bind, check_declarations, value_of};
pub use print::{LaneRow, PlanFacts, PrintStyle, lanes, print_human, print_json, print_step};
pub use render::{Bindings, HoleError};
pub use script::{MAX_SCRIPT, Scripts};
pub use step_path::{PathError, Segment, StepPath};
pub use template::{
    Condition, Hole, HoleSource, Piece, Quoting, Template, TextOrSecret, param_text, parse_only_param, parse_template,
    parse_text_or_secret,
};

// The words of the language that a plan keeps as they are.
pub use crate::runbook::{EffectClass, GateTimeout, OnFailure, OnTimeout, Shell};
