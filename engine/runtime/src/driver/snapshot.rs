//! How a run stands, for those who come in the middle.

use std::collections::BTreeMap;

use banister_core::plan::Plan;
use banister_core::run::{AskId, AskKind, AskUnavailableReason, ExitCode, Phase, Run, RunningAtAbort, Word};
use serde::{Deserialize, Serialize};

/// The committed state of a run in one message. Every list follows the plan's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The run's id.
    pub run: String,
    /// Its runbook.
    pub runbook: String,
    /// Where it runs.
    pub environment: String,
    /// The plan's hash.
    pub plan_hash: String,
    /// Number of the last record this shows.
    pub seq: u64,
    /// Whether steps may start: `empty`, `checking`, `started` or `finished`.
    pub phase: String,
    /// A person holds it.
    pub held: bool,
    /// The engine ends when what runs has ended.
    pub draining: bool,
    /// A person ended it, and what becomes of what is running.
    pub aborted: Option<RunningAtAbort>,
    /// What it ended with, or its engine did.
    pub exit: Option<ExitCode>,
    /// Instances by the word of their state.
    pub totals: BTreeMap<String, u32>,
    /// Every instance.
    pub steps: Vec<StepSnapshot>,
    /// The open asks.
    pub asks: Vec<AskSnapshot>,
}

/// How one instance stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSnapshot {
    /// Its path.
    pub path: String,
    /// The word of its state.
    pub state: String,
    /// Its last attempt; 0 before the first.
    pub attempt: u32,
}

/// An open ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskSnapshot {
    /// Which.
    pub ask: AskId,
    /// What kind.
    pub kind: AskKind,
    /// What is asked.
    pub question: String,
    /// What may be said.
    pub words: Vec<Word>,
    /// What must be typed to confirm.
    pub typed: Option<String>,
    /// The question whose answer an approver must know.
    pub fact: Option<String>,
    /// What to tell the operator.
    pub if_it_fails: String,
    /// Why it could not be put.
    pub unavailable: Option<AskUnavailableReason>,
}

impl Snapshot {
    pub(super) fn of(run: &Run) -> Self {
        let (state, plan): (_, &Plan) = (run.state(), run.plan());
        let graph = state.graph();
        let mut totals = BTreeMap::new();
        let steps = graph
            .tasks()
            .map(|task| {
                let word = state.task(task).state.word();
                *totals.entry(word.to_owned()).or_default() += 1;
                let attempt = state.task(task).attempt;
                StepSnapshot { path: graph.path(task).to_string(), state: word.to_owned(), attempt }
            })
            .collect();
        let asks = state.asks().map(|ask| AskSnapshot {
            ask: ask.id.clone(),
            kind: ask.kind,
            question: ask.question.clone(),
            words: ask.words.clone(),
            typed: ask.typed.clone(),
            fact: ask.fact.clone(),
            if_it_fails: if_it_fails(run, &ask.id),
            unavailable: ask.unavailable,
        });
        Self {
            run: state.info().map(|info| info.run.clone()).unwrap_or_default(),
            runbook: plan.runbook.clone(),
            environment: plan.environment.clone(),
            plan_hash: state.plan_hash().to_owned(),
            seq: state.seq(),
            phase: match state.phase() {
                Phase::Empty => "empty",
                Phase::Checking => "checking",
                Phase::Started => "started",
                Phase::Finished => "finished",
            }
            .to_owned(),
            held: state.is_held(),
            draining: state.draining().is_some(),
            aborted: state.aborted(),
            exit: state.finished().or(state.drained()),
            totals,
            asks: asks.collect(),
            steps,
        }
    }
}

/// The sentence for the operator that is nearest to an ask: its step's, else the runbook's.
pub(super) fn if_it_fails(run: &Run, ask: &AskId) -> String {
    let graph = run.state().graph();
    let step = graph.find(&ask.path).and_then(|task| graph.step(task));
    step.map_or_else(|| run.plan().if_it_fails.clone(), |step| step.if_it_fails.clone())
}
