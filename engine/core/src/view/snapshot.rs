//! A view as JSON: what the control socket sends and `--format json` prints.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::remark::Remark;
use super::rows::{AskRow, NextRow, RollRow, RunningRow, StepRow, WaitRow};
use super::run_view::RunView;

/// Everything a display needs of a run at one record, in one versioned shape. New fields may be added; a field that
/// changes its meaning raises `v`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Number of this shape: 1.
    pub v: u32,
    /// The last record that is in it.
    pub seq: u64,
    /// The run's id.
    pub run: String,
    /// Runbook's name.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// Environment word.
    pub environment: String,
    /// Incident.
    pub incident: Option<String>,
    /// The plan's hash.
    pub plan_hash: String,
    /// A drill or rehearsal.
    pub drill: bool,
    /// Who started it.
    pub starter: Option<String>,
    /// Who drives.
    pub pen: Option<String>,
    /// First record.
    pub began: Option<DateTime<Utc>>,
    /// Last record.
    pub last: Option<DateTime<Utc>>,
    /// Over, or drained.
    pub ended: Option<DateTime<Utc>>,
    /// A person holds it.
    pub held: bool,
    /// What it ended with.
    pub exit: Option<u8>,
    /// What that means.
    pub exit_means: Option<String>,
    /// What runs.
    pub now: Vec<RunningRow>,
    /// What comes next.
    pub next: Option<NextRow>,
    /// The next place that needs a person.
    pub next_ask: Option<NextRow>,
    /// The author's sentence for where the run is.
    pub if_it_fails: String,
    /// Open asks.
    pub asks: Vec<AskRow>,
    /// Every instance.
    pub steps: Vec<StepRow>,
    /// Rolls with their hosts.
    pub rolls: Vec<RollRow>,
    /// Hosts that something changing was intended on.
    pub touched: usize,
    /// Hosts in all.
    pub hosts: usize,
    /// Waits for people.
    pub waits: Vec<WaitRow>,
    /// Notes and decisions.
    pub remarks: Vec<Remark>,
    /// Why it shows no later records, if one did not fit.
    pub poison: Option<String>,
}

impl Snapshot {
    /// Number of the shape this binary writes.
    pub const VERSION: u32 = 1;
}

impl RunView {
    /// The view in its versioned shape.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (touched, hosts) = self.touched();
        let plan = self.plan();
        let name = |actor: Option<&crate::run::Actor>| actor.map(ToString::to_string);
        Snapshot {
            v: Snapshot::VERSION,
            seq: self.state().seq(),
            run: self.run_id().to_owned(),
            runbook: plan.runbook.clone(),
            title: plan.title.clone(),
            environment: plan.environment.clone(),
            incident: self.incident().map(str::to_owned),
            plan_hash: self.state().plan_hash().to_owned(),
            drill: self.state().info().is_some_and(|info| info.drill),
            starter: name(self.state().starter()),
            pen: name(self.state().pen()),
            began: self.began(),
            last: self.state().last().map(|s| s.wall),
            ended: self.ended(),
            held: self.state().is_held(),
            exit: self.exit().map(|exit| exit.0),
            exit_means: self.exit().map(|exit| exit.meaning().to_owned()),
            now: self.now().collect(),
            next: self.next(),
            next_ask: self.next_ask(),
            if_it_fails: self.if_it_fails().to_owned(),
            asks: self.asks().collect(),
            steps: self.steps().collect(),
            rolls: self.rolls().collect(),
            touched,
            hosts,
            waits: self.wait_rows().collect(),
            remarks: self.remarks().to_vec(),
            poison: self.poison().map(ToString::to_string),
        }
    }
}
