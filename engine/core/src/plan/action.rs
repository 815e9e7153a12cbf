//! What a step does.

use serde::{Deserialize, Serialize};

use super::{Command, Condition, HostIndex, Step, StepIndex, Template};
use crate::runbook::{EffectClass, GateTimeout, OnFailure, OnTimeout, OutputName, StepId};

/// What a step does, one of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `run`, `exec`, `probe`: one command on each host.
    Command(Box<CommandStep>),
    /// `gate`: a probe polled until it holds.
    Gate(Box<Gate>),
    /// `pause`: a person continues.
    Pause {
        /// What the person reads.
        text: Template,
    },
    /// `approve`: people agree to later steps.
    Approve(Box<Approve>),
    /// `manual`: a person does it, a verify checks it.
    Manual(Box<Manual>),
    /// `roll`: host after host, batch after batch.
    Roll(Box<Roll>),
    /// `wait`: a fixed time.
    Wait {
        /// Milliseconds.
        ms: u64,
    },
    /// `note`: a line in the timeline.
    Note {
        /// The line.
        text: Template,
    },
}

/// A reading command and what must come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is run.
    pub command: Command,
    /// What must hold; `None`: exit status 0.
    pub expect: Option<Condition>,
    /// Milliseconds until it is killed and counts as failed.
    pub timeout_ms: u64,
}

/// Decides whether a step really did what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// A machine looks.
    Probe(Probe),
    /// Only a person can tell.
    Person,
}

/// One command on one host, with everything around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandStep {
    /// What running it again would mean.
    pub effect: EffectClass,
    /// What is run.
    pub command: Command,
    /// What must hold for success; `None`: exit status 0.
    pub expect: Option<Condition>,
    /// Values later steps may use.
    pub outputs: Vec<Output>,
    /// Milliseconds it may take; always set where it changes things.
    pub timeout_ms: Option<u64>,
    /// Milliseconds the author expects.
    pub usual_ms: Option<u64>,
    /// Automatic repeats.
    pub retry: Retry,
    /// What a passed timeout does; reading steps are always killed.
    pub on_timeout: OnTimeout,
    /// What a final failure does.
    pub on_failure: OnFailure,
    /// Runs after a success and after an unknown.
    pub verify: Option<Verify>,
    /// Shows what a `destroy` will take; its digest is bound to the approval.
    pub preview: Option<Probe>,
    /// Compensates this step, in this order.
    pub undo: Vec<Step>,
}

/// A named value of a finished step, at most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its name.
    pub name: OutputName,
    /// How it is computed from `result`.
    pub value: Condition,
}

/// Automatic repeats. `once` and `destroy` repeat only after *not started*; nothing repeats after *unknown*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Attempts in all, at least 1.
    pub attempts: u32,
    /// Milliseconds between two attempts.
    pub delay_ms: u64,
}

/// A condition that a machine polls until it held N times in a row on every host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// What is asked each time.
    pub command: Command,
    /// Milliseconds one probe may take; longer is a bad sample.
    pub probe_timeout_ms: u64,
    /// What must hold; `None`: exit status 0.
    pub until: Option<Condition>,
    /// Milliseconds from one sample's start to the next.
    pub every_ms: u64,
    /// Consecutive good samples needed, at least 1.
    pub samples: u32,
    /// Milliseconds until the gate gives up.
    pub timeout_ms: u64,
    /// What giving up does.
    pub on_timeout: GateTimeout,
    /// Where it is asked; `None` in a roll: the batch's remaining hosts.
    pub hosts: Option<Vec<HostIndex>>,
}

/// People agree to steps that come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approve {
    /// The top-level steps it allows.
    pub allows: Vec<StepIndex>,
    /// Steps whose output the approver is shown.
    pub show: Vec<StepIndex>,
    /// How many people must agree.
    pub by: u32,
    /// Unix groups or users they must belong to; empty: anybody.
    pub of: Vec<String>,
    /// The starter does not count.
    pub not_starter: bool,
    /// A fact the approver must have read elsewhere.
    pub fact: Option<Fact>,
}

/// A question whose answer the machine knows and the approver must produce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What is asked.
    pub question: Template,
    /// What the answer must be, as text.
    pub answer: Condition,
}

/// A person does it; a verify checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// What the person is told.
    pub text: Template,
    /// How it is checked; asked on the step's hosts, or by the person.
    pub verify: Verify,
}

/// Steps for host after host, in batches, under a budget, with a gate between the batches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    /// Computed once from the resolved hosts; an exclusion never pulls a later host forward.
    pub batches: Vec<Vec<HostIndex>>,
    /// Hosts that may fail over all batches; unreachable counts.
    pub budget: u32,
    /// What is done on each host; `needs` name positions in this list.
    pub steps: Vec<Step>,
    /// What must hold after each batch.
    pub gate: Option<Gate>,
}

impl Roll {
    /// The inner step of a name.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == *id)
    }
}
