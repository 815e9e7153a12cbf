//! What displays show, row by row. One set of types for the terminal UI, the control socket and `--format json`.
//!
//! Every text field that may come from a host or a person is as it came: a display passes it through `visible`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::instance::{Attempt, LastSample};
use crate::plan::{EffectClass, StepPath};
use crate::run::{AskId, AskKind, AskUnavailableReason, Word};
use crate::runbook::{HostName, StepId};

/// One instance of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its stable name.
    pub path: StepPath,
    /// What people read; a value still to come stands as `<steps.x.y>`.
    pub title: String,
    /// What it does: `command`, `probe`, `gate`, `pause`, `approve`, `manual`, `wait`, `note`.
    pub kind: String,
    /// Where.
    pub host: Option<HostName>,
    /// Batch of its roll, from 1.
    pub batch: Option<u32>,
    /// The state word.
    pub word: String,
    /// Why it is so: the failure, the doubt, the reason of a skip or exclusion, why it will never be reached.
    pub why: Option<String>,
    /// Who settled it, where it was a person or a verify.
    pub by: Option<String>,
    /// What running it again would mean.
    pub effect: EffectClass,
    /// First begun.
    pub began: Option<DateTime<Utc>>,
    /// Over.
    pub ended: Option<DateTime<Utc>>,
    /// Milliseconds its last command took.
    pub took_ms: Option<u64>,
    /// Milliseconds the author expects.
    pub usual_ms: Option<u64>,
    /// Milliseconds it may take.
    pub limit_ms: Option<u64>,
    /// Every attempt, oldest first.
    pub attempts: Vec<Attempt>,
    /// What its gate saw last.
    pub sample: Option<LastSample>,
    /// Its open ask.
    pub ask: Option<AskId>,
    /// A contradicting outcome came late: somebody should look.
    pub late: bool,
    /// The plan alone says that it will be skipped when it is reached: nobody need wait for it.
    pub will_skip: bool,
}

/// One host of a roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRow {
    /// Its name.
    pub name: HostName,
    /// Batch, from 1.
    pub batch: u32,
    /// The state word of the step that matters most on it.
    pub word: String,
    /// Why.
    pub why: Option<String>,
    /// Something that changes it has been intended there.
    pub touched: bool,
    /// Milliseconds its commands took in all.
    pub took_ms: u64,
    /// It counts against the budget.
    pub counted: bool,
}

/// A roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollRow {
    /// The step.
    pub step: StepId,
    /// What people read.
    pub title: String,
    /// Batches in all.
    pub batches: u32,
    /// The batch under way, from 1; `None` before it begins and when all are done.
    pub batch: Option<u32>,
    /// Hosts that failed and count.
    pub spent: u32,
    /// Hosts that may.
    pub budget: u32,
    /// Its hosts, in the order they are rolled.
    pub hosts: Vec<HostRow>,
}

/// Something that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningRow {
    /// The instance.
    pub path: StepPath,
    /// What people read.
    pub title: String,
    /// Where.
    pub host: Option<HostName>,
    /// What of it runs: `runs`, `previews`, `verifies`, `waits to retry`, `waits`, `polls`, `is asked about`, `is undone`.
    pub what: String,
    /// Since when, wall clock.
    pub since: DateTime<Utc>,
    /// Since when, nanoseconds of the boot clock.
    pub since_elapsed: u64,
    /// Which boot that clock belongs to.
    pub boot: String,
    /// Milliseconds the author expects.
    pub usual_ms: Option<u64>,
    /// Milliseconds it may take.
    pub limit_ms: Option<u64>,
    /// Which attempt.
    pub attempt: u32,
}

impl RunningRow {
    /// Milliseconds it has run at a moment, by the boot clock where that can be compared.
    #[must_use]
    pub fn elapsed_ms(&self, now: &crate::run::Now) -> u64 {
        if self.boot == now.boot.0 {
            return now.elapsed.saturating_sub(self.since_elapsed) / 1_000_000;
        }
        u64::try_from(now.wall.signed_duration_since(self.since).num_milliseconds()).unwrap_or(0)
    }
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRow {
    /// The instance.
    pub path: StepPath,
    /// What people read.
    pub title: String,
    /// Where.
    pub host: Option<HostName>,
    /// Batch of its roll, from 1.
    pub batch: Option<u32>,
    /// Whom it needs, where it needs a person.
    pub needs: Option<String>,
}

/// An open ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskRow {
    /// Which.
    pub id: AskId,
    /// What kind.
    pub kind: AskKind,
    /// What is asked.
    pub question: String,
    /// What may be said, in the order of the numbered choices.
    pub words: Vec<Word>,
    /// What must be typed to confirm.
    pub typed: Option<String>,
    /// The question whose answer an approver must know.
    pub fact: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why it could not be put.
    pub unavailable: Option<AskUnavailableReason>,
    /// The author's sentence for this place.
    pub if_it_fails: String,
}

/// One wait for people, open or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitRow {
    /// Which ask.
    pub ask: AskId,
    /// What kind.
    pub kind: AskKind,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
    /// Milliseconds, once it is over.
    pub waited_ms: Option<u64>,
    /// Who answered last.
    pub by: Option<String>,
    /// What was said last.
    pub word: Option<Word>,
}
