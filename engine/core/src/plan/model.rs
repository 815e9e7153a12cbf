//! The plan itself: what a run is bound to from its first record to its last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Action, Condition, ParamValue, Probe, Template};
use crate::runbook::{HostAddress, HostName, LoginName, ParamName, StepId};

/// Position of a step in the list that holds it. Never printed, never journalled: records speak of [`super::StepPath`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepIndex(pub u32);

/// Position of a host in [`Plan::hosts`]. Never printed, never journalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostIndex(pub u32);

/// How a host is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// This machine.
    Local,
    /// The operator's own ssh.
    Ssh,
}

/// One host as the plan froze it: later changes of the inventory do not reach the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name in the inventory.
    pub name: HostName,
    /// How it is reached.
    pub transport: Transport,
    /// Where it is reached; the name itself if the inventory gives no address.
    pub address: HostAddress,
    /// Port, if the inventory gives one.
    pub port: Option<u16>,
    /// Login account, if the inventory gives one.
    pub user: Option<LoginName>,
    /// Groups it belongs to, sorted.
    pub groups: Vec<String>,
    /// Its variables, each a scalar as text.
    pub vars: BTreeMap<String, String>,
    /// Where its executor stands; `local` unless the inventory says otherwise.
    pub site: String,
    /// Directory of its ledger.
    pub ledger_dir: String,
}

/// A check that must hold before the first step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    /// Its name.
    pub id: StepId,
    /// What people read.
    pub title: Template,
    /// Where it is asked.
    pub hosts: Vec<HostIndex>,
    /// What is asked, and what must come back.
    pub probe: Probe,
}

/// One step of the graph, stored once however many hosts it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub id: StepId,
    /// What people read.
    pub title: Template,
    /// What to tell the operator if it fails; the runbook's sentence where the step has none of its own.
    pub if_it_fails: String,
    /// The steps of the same list it waits for, sorted, without repeats.
    pub needs: Vec<StepIndex>,
    /// Runs only if this holds; otherwise `skip`.
    pub when: Option<Condition>,
    /// Where it runs. Empty: it has no host (`pause`, `approve`, `note`, `wait`, `manual`). In a roll: empty, the roll says where.
    pub hosts: Vec<HostIndex>,
    /// Why a change may run on all its hosts at once.
    pub all_at_once: Option<String>,
    /// What it does.
    pub action: Action,
}

/// Everything a run needs to know, resolved and checked. Immutable: a changed runbook is another plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Number of this shape.
    pub format: u32,
    /// Number of the core's rules it was made for.
    pub semantics: u32,
    /// Name of the runbook.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// Its sentence for the operator.
    pub if_it_fails: String,
    /// The inventory's environment word.
    pub environment: String,
    /// Parameters as bound; secrets as references only.
    pub params: BTreeMap<ParamName, ParamValue>,
    /// Every host the run may touch, in the inventory's order.
    pub hosts: Vec<Host>,
    /// Checked first, all of them.
    pub preconditions: Vec<Precondition>,
    /// The graph; `needs` of a step name positions in this list.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Number of the plan's shape this binary writes.
    pub const FORMAT: u32 = 1;
    /// Number of the core's rules this binary runs.
    pub const SEMANTICS: u32 = 1;

    /// The host at an index of this plan.
    ///
    /// # Panics
    /// On an index of another plan.
    #[must_use]
    pub fn host(&self, index: HostIndex) -> &Host {
        &self.hosts[index.0 as usize]
    }
}
