//! The state machine of one run.
//!
//! Inputs come in, records come out, effects are released when the records are durable:
//!
//! ```text
//!  Input ──▶ Batch::decide ──▶ Record ──▶ State::apply          (batch.rs, decide/, apply.rs)
//!                                 │
//!            Batch::commit ──▶ Journal::append ──▶ [Effect]     (journal.rs, effect.rs)
//!
//!  Graph: the plan spread out into instances, fixed             (graph.rs)
//!  State: the fold of the records; Task: one instance           (state.rs, task.rs, progress.rs)
//! ```
//!
//! An instance: `todo` → *intended* → `RUN` → its verdict → verify → `ok`; or `FAIL` → retry, budget, undo or an ask;
//! or `UNKN` → the host is asked → a verify → a person. `decide/` has one file for each of these.
//!
//! What it deliberately does not do: it does not run, wait, read or write anything, and it keeps nothing that another
//! engine would need and could not fold from the records.

#[cfg(test)]
mod accidents;
mod actor;
mod answer_shapes;
mod answers;
mod apply;
mod ask_id;
mod awaited;
mod batch;
#[cfg(test)]
mod checks;
mod decide;
mod effect;
mod exit_code;
mod foreseen;
#[cfg(test)]
mod found;
mod graph;
mod input;
mod journal;
mod needs;
mod now;
mod outcome;
mod progress;
#[cfg(test)]
mod properties;
mod question;
mod reason;
mod record;
mod record_kind;
mod record_names;
mod rejected;
mod replay;
mod resolve;
mod rights;
mod sabotage;
mod stale;
mod state;
#[cfg(test)]
mod table;
mod task;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod word;

pub use actor::Actor;
pub(crate) use answer_shapes::ANSWER;
pub use answer_shapes::ANSWERS;
pub use answers::{Answers, PreparedAnswer, Voices};
pub use ask_id::{AskId, AskKind, AskUnavailableReason};
pub use awaited::{Awaited, AwaitedKind, Hold};
pub use batch::{Batch, Run};
pub use decide::name_to_type;
pub(crate) use decide::{describe, describe_unknown};
pub use effect::{Effect, EffectKey, ExecuteRequest, Purpose, ResolvedCommand, ResolvedKind, ResolvedValue, Timer};
pub use exit_code::ExitCode;
pub(crate) use foreseen::Foreseen;
pub use graph::Graph;
pub(crate) use graph::{Role, Work};
pub use input::{Answer, Command, HostIdentity, Input, LockHolder, RunningAtAbort, StartInfo, TargetAnswer, Word};
pub use journal::{Durability, Journal};
pub use needs::Needs;
pub use now::{BootId, Now};
pub use outcome::{
    CancelReport, Captured, CapturedText, Ended, Exit, FailedReason, NotStartedReason, Report, StreamInfo,
    UnknownReason,
};
pub use reason::{DrainReason, SkipReason, VoidReason};
pub use record::Record;
pub use record_kind::RecordKind;
pub use rejected::Rejected;
pub use replay::ReplayError;
pub use sabotage::Sabotage;
pub use state::{Approval, Ask, HostState, Phase, RollProgress, State};
pub use task::{Doubt, Stamp, Task, TaskIndex, TaskState, VerifyAfter};
