//! What can have happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::input::{HostIdentity, LockHolder};
use super::{
    AskId, AskKind, AskUnavailableReason, CancelReport, DrainReason, Exit, ExitCode, FailedReason, NotStartedReason,
    Purpose, RunningAtAbort, SkipReason, StartInfo, StreamInfo, UnknownReason, VoidReason, Word,
};
use crate::plan::StepPath;
use crate::runbook::{HostName, OutputName, StepId};

/// What happened. Past tense; each name on the wire is its `serde` name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordKind {
    /// The first record of every run: what runs, and where.
    #[serde(rename = "run.planned")]
    RunPlanned {
        /// The plan's shape.
        format: u32,
        /// The core's rules.
        semantics: u32,
        /// The plan's hash, which approvals are bound to.
        plan_hash: String,
        /// Runbook's name.
        runbook: String,
        /// Environment word.
        environment: String,
        /// What only the runtime knows.
        info: Box<StartInfo>,
    },
    /// The engine came back.
    #[serde(rename = "run.resumed")]
    RunResumed {
        /// This engine's epoch; ledgers refuse lower ones.
        epoch: u64,
        /// Milliseconds since the record before; by wall clock across a reboot.
        gap_ms: u64,
        /// The machine was booted in between: deadlines fell back to wall time.
        rebooted: bool,
        /// The gap was so long that preconditions and the last gate of every open branch are looked at again.
        rechecked: bool,
        /// These gates.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        again: Vec<StepPath>,
    },
    /// A host can be used.
    #[serde(rename = "host.preflighted")]
    HostPreflighted {
        /// The host.
        host: HostName,
        /// Who it is.
        identity: HostIdentity,
    },
    /// A host cannot be used.
    #[serde(rename = "host.refused")]
    HostRefused {
        /// The host.
        host: HostName,
        /// Why, in one sentence.
        why: String,
    },
    /// Another run has a host.
    #[serde(rename = "lock.refused")]
    LockRefused {
        /// The host.
        host: HostName,
        /// Who has it.
        by: LockHolder,
    },
    /// A person takes a host over from the run that has it. Synced before the host is told.
    #[serde(rename = "lock.taken_over")]
    LockTakenOver {
        /// The host.
        host: HostName,
        /// Who had it.
        from: LockHolder,
        /// Their reason.
        reason: String,
    },
    /// Every precondition held and every host can be used: steps may start.
    #[serde(rename = "run.started")]
    RunStarted {},
    /// A person holds the run.
    #[serde(rename = "run.held")]
    RunHeld {},
    /// The run goes on.
    #[serde(rename = "run.continued")]
    RunContinued {},
    /// A person ended the run.
    #[serde(rename = "run.aborted")]
    RunAborted {
        /// What becomes of what is running.
        running: RunningAtAbort,
    },
    /// Nothing new starts, the run will end (`on_failure: stop`, a refusal).
    #[serde(rename = "run.stopped")]
    RunStopped {
        /// The step that stopped it.
        path: StepPath,
    },
    /// Nothing new starts, the engine will end.
    #[serde(rename = "run.draining")]
    RunDraining {
        /// Why.
        reason: DrainReason,
    },
    /// The engine ended; the run can be resumed.
    #[serde(rename = "run.drained")]
    RunDrained {
        /// What the process exits with.
        exit: ExitCode,
    },
    /// The run is over. Nothing follows but notes and corrections.
    #[serde(rename = "run.finished")]
    RunFinished {
        /// What the process exits with.
        exit: ExitCode,
    },
    /// A command is about to be sent. Synced before it is, unless it only reads.
    #[serde(rename = "step.intended")]
    StepIntended {
        /// The instance.
        path: StepPath,
        /// Where.
        host: HostName,
        /// Which of the step's commands.
        purpose: Purpose,
        /// Which attempt.
        attempt: u32,
        /// Digest of the command as sent.
        digest: String,
        /// What filled its holes, by the hole's name.
        values: BTreeMap<String, String>,
    },
    /// An attempt did what it should.
    #[serde(rename = "step.succeeded")]
    StepSucceeded {
        /// The instance.
        path: StepPath,
        /// Which of the step's commands.
        purpose: Purpose,
        /// Which attempt.
        attempt: u32,
        /// Milliseconds.
        took_ms: u64,
        /// How it ended.
        exit: Exit,
        /// Values for later steps.
        outputs: BTreeMap<OutputName, String>,
        /// Its standard output.
        stdout: StreamInfo,
        /// Its standard error.
        stderr: StreamInfo,
        /// It was learned from the host after the connection or the engine was lost.
        adopted: bool,
    },
    /// An attempt ended and did not do what it should.
    #[serde(rename = "step.failed")]
    StepFailed {
        /// The instance.
        path: StepPath,
        /// Which of the step's commands.
        purpose: Purpose,
        /// Which attempt.
        attempt: u32,
        /// Milliseconds; `None` where it never ended.
        took_ms: Option<u64>,
        /// How it ended; `None` where it never ended.
        exit: Option<Exit>,
        /// Why.
        reason: FailedReason,
        /// Its standard output.
        stdout: Option<StreamInfo>,
        /// Its standard error.
        stderr: Option<StreamInfo>,
        /// It was learned from the host after the connection or the engine was lost.
        adopted: bool,
    },
    /// An attempt never ran and never will.
    #[serde(rename = "step.not_started")]
    StepNotStarted {
        /// The instance.
        path: StepPath,
        /// Which of the step's commands.
        purpose: Purpose,
        /// Which attempt.
        attempt: u32,
        /// Why.
        reason: NotStartedReason,
    },
    /// An attempt was stopped, and the host confirmed it.
    #[serde(rename = "step.cancelled")]
    StepCancelled {
        /// The instance.
        path: StepPath,
        /// Which of the step's commands.
        purpose: Purpose,
        /// Which attempt.
        attempt: u32,
        /// What still lives.
        report: CancelReport,
    },
    /// Nobody knows what became of an attempt.
    #[serde(rename = "step.unknown")]
    StepUnknown {
        /// The instance.
        path: StepPath,
        /// Which attempt.
        attempt: u32,
        /// Why.
        reason: UnknownReason,
        /// Whether the host is asked next; otherwise a verify or a person decides.
        asking: bool,
    },
    /// The host says that an attempt in doubt still runs.
    #[serde(rename = "step.reattached")]
    StepReattached {
        /// The instance.
        path: StepPath,
        /// Which attempt.
        attempt: u32,
    },
    /// An attempt in doubt was settled.
    #[serde(rename = "step.settled")]
    StepSettled {
        /// The instance.
        path: StepPath,
        /// Which attempt.
        attempt: u32,
        /// `None`: into success. Otherwise why it failed.
        failed: Option<FailedReason>,
        /// By what: a verify, or a person with a reason.
        by: String,
    },
    /// The next automatic attempt has been put down for later.
    #[serde(rename = "step.retry_scheduled")]
    StepRetryScheduled {
        /// The instance.
        path: StepPath,
        /// The attempt to come.
        attempt: u32,
        /// Milliseconds from now.
        delay_ms: u64,
    },
    /// A step was left out.
    #[serde(rename = "step.skipped")]
    StepSkipped {
        /// The instance.
        path: StepPath,
        /// Why.
        reason: SkipReason,
    },
    /// A person did it.
    #[serde(rename = "step.done_by_hand")]
    StepDoneByHand {
        /// The instance.
        path: StepPath,
        /// What shows it.
        evidence: String,
    },
    /// A step without a command is over: a note was written, a wait passed, a person continued.
    #[serde(rename = "step.completed")]
    StepCompleted {
        /// The instance.
        path: StepPath,
    },
    /// A step began that has no command of its own: a wait, a gate is `gate.opened`, an ask is `ask.opened`.
    #[serde(rename = "step.waiting")]
    StepWaiting {
        /// The instance.
        path: StepPath,
        /// Milliseconds.
        ms: u64,
    },
    /// A step's undo began.
    #[serde(rename = "undo.started")]
    UndoStarted {
        /// The instance that is undone.
        path: StepPath,
    },
    /// A step's undo is over.
    #[serde(rename = "undo.finished")]
    UndoFinished {
        /// The instance that was undone.
        path: StepPath,
        /// Whether all of it worked; otherwise the instance is stuck.
        succeeded: bool,
    },
    /// A host is left out of the run from here on.
    #[serde(rename = "host.excluded")]
    HostExcluded {
        /// The roll it was left out in; `None` where it was no roll.
        roll: Option<StepId>,
        /// The host.
        host: HostName,
        /// Why: a person's reason, or the failure the budget absorbed.
        reason: String,
    },
    /// A host failed and counts.
    #[serde(rename = "budget.spent")]
    BudgetSpent {
        /// The roll.
        roll: StepId,
        /// The host.
        host: HostName,
        /// Hosts that count now.
        spent: u32,
        /// Hosts that may.
        budget: u32,
    },
    /// A host that counted no longer does: a retry worked, or it was done by hand.
    #[serde(rename = "budget.refunded")]
    BudgetRefunded {
        /// The roll.
        roll: StepId,
        /// The host.
        host: HostName,
        /// Hosts that count now.
        spent: u32,
    },
    /// A gate began to look.
    #[serde(rename = "gate.opened")]
    GateOpened {
        /// The gate.
        path: StepPath,
        /// Where it looks.
        hosts: Vec<HostName>,
    },
    /// A gate looked once.
    #[serde(rename = "gate.sampled")]
    GateSampled {
        /// The gate.
        path: StepPath,
        /// Which sample, from 1.
        sample: u32,
        /// Whether it was good on every host.
        good: bool,
        /// Good ones in a row now.
        streak: u32,
        /// The hosts where it was not, and why; at most ten.
        bad: Vec<(HostName, String)>,
        /// Hosts where it was not, in all.
        bad_hosts: u32,
        /// Whether every host was unreachable.
        unreachable: bool,
    },
    /// A gate held.
    #[serde(rename = "gate.held")]
    GateHeld {
        /// The gate.
        path: StepPath,
    },
    /// A gate did not hold in time.
    #[serde(rename = "gate.timed_out")]
    GateTimedOut {
        /// The gate.
        path: StepPath,
        /// The last error or bad sample.
        last: String,
        /// The hosts where the last sample was not good: what `exclude` leaves out.
        bad: Vec<HostName>,
        /// No sample reached a host in the whole time: the outcome is unknown.
        unreachable: bool,
    },
    /// A person went on although a gate did not hold.
    #[serde(rename = "gate.overridden")]
    GateOverridden {
        /// The gate.
        path: StepPath,
        /// Their reason.
        reason: String,
    },
    /// A person must answer.
    #[serde(rename = "ask.opened")]
    AskOpened {
        /// Which ask.
        ask: AskId,
        /// What kind.
        kind: AskKind,
        /// What is asked.
        question: String,
        /// What may be said.
        words: Vec<Word>,
        /// What must be typed to confirm, where something must.
        typed: Option<String>,
        /// The question whose answer the approver must know.
        fact: Option<String>,
    },
    /// A person answered.
    #[serde(rename = "ask.answered")]
    AskAnswered {
        /// Which ask.
        ask: AskId,
        /// What was said.
        word: Word,
        /// Why.
        reason: Option<String>,
        /// What was seen.
        evidence: Option<String>,
        /// The hash an approval is bound to: plan and previews.
        bound_to: Option<String>,
        /// `wait`: how much longer, milliseconds.
        wait_ms: Option<u64>,
    },
    /// An ask could not be put; it stays open for a later engine.
    #[serde(rename = "ask.unavailable")]
    AskUnavailable {
        /// Which ask.
        ask: AskId,
        /// Why.
        reason: AskUnavailableReason,
    },
    /// An ask closed by itself: what it was about ended meanwhile.
    #[serde(rename = "ask.withdrawn")]
    AskWithdrawn {
        /// Which ask.
        ask: AskId,
    },
    /// An `approve` step began: what it allows is previewed, then it asks.
    #[serde(rename = "approval.began")]
    ApprovalBegan {
        /// The `approve` step.
        path: StepPath,
    },
    /// Enough people agreed.
    #[serde(rename = "approval.granted")]
    ApprovalGranted {
        /// The `approve` step.
        path: StepPath,
        /// The hash it is bound to: plan and previews.
        bound_to: String,
    },
    /// A person granted alone what others should have: it stands first in every report.
    #[serde(rename = "breakglass.used")]
    BreakglassUsed {
        /// The `approve` step.
        path: StepPath,
        /// Why it could not wait.
        reason: String,
        /// The hash it is bound to: plan and previews.
        bound_to: String,
    },
    /// An approval no longer counts; it is asked for again.
    #[serde(rename = "approval.voided")]
    ApprovalVoided {
        /// The `approve` step.
        path: StepPath,
        /// Why.
        reason: VoidReason,
    },
    /// An outcome that contradicts what was settled came late. It changes nothing and asks for attention.
    #[serde(rename = "outcome.late")]
    OutcomeLate {
        /// The instance.
        path: StepPath,
        /// Which attempt.
        attempt: u32,
        /// What it said.
        said: String,
    },
    /// A line a person wrote.
    #[serde(rename = "note.added")]
    NoteAdded {
        /// The line.
        text: String,
    },
    /// A decision a person wrote down.
    #[serde(rename = "decision.made")]
    DecisionMade {
        /// What was decided.
        text: String,
    },
    /// Somebody took the right to drive.
    #[serde(rename = "pen.taken")]
    PenTaken {},
    /// The engine found a torn end of the file and went on behind it.
    #[serde(rename = "tail.recovered")]
    TailRecovered {
        /// Byte offset where the torn part begins.
        at: u64,
        /// Its bytes.
        len: u64,
        /// SHA-256 over them, lower-case hex.
        sha256: String,
    },
}
