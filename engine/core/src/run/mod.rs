//! The state machine of one run.
//!
//! Inputs come in, records come out, effects are released when the records are durable. See `machine.rs`.

mod actor;
mod effect;
mod exit_code;
mod input;
mod journal;
mod now;
mod outcome;
mod record;

pub use actor::Actor;
pub use effect::{
    Effect, EffectKey, ExecuteRequest, Purpose, ResolvedCommand, ResolvedKind, ResolvedStdin, ResolvedValue, Timer,
};
pub use exit_code::ExitCode;
pub use input::{Answer, Command, HostIdentity, Input, RunningAtAbort, StartInfo, TargetAnswer, Word};
pub use journal::{Durability, Journal};
pub use now::{BootId, Now};
pub use outcome::{
    CancelReport, Captured, CapturedText, Ended, Exit, FailedReason, NotStartedReason, Outcome, Report, StreamInfo,
    UnknownReason,
};
pub use record::{AskId, AskKind, AskUnavailableReason, DrainReason, Record, RecordKind, SkipReason, VoidReason};
