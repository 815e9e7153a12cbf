//! What becomes of a host: met, refused, locked by another run, left out, counted against a budget.

use crate::plan::{Action, HostIndex, StepIndex};
use crate::run::graph::Role;
use crate::run::task::TaskState;
use crate::run::{Doubt, Record, RecordKind, State};
use crate::runbook::HostName;

impl State {
    pub(super) fn apply_host(&mut self, record: &Record) -> Result<(), String> {
        match &record.kind {
            RecordKind::HostPreflighted { host, identity } => {
                let index = self.plan_host(host)?;
                self.hosts_unmet -= u32::from(self.hosts[index].identity.is_none());
                self.hosts[index].identity = Some(identity.clone());
                self.hosts[index].locked = None;
                self.hosts[index].take_over = None;
            }
            RecordKind::HostRefused { host, why } => {
                let index = self.plan_host(host)?;
                self.hosts_refused += u32::from(self.hosts[index].refused.is_none());
                self.hosts[index].refused = Some(why.clone());
            }
            RecordKind::LockRefused { host, by } => {
                let index = self.plan_host(host)?;
                self.hosts[index].locked = Some(by.clone());
                // Another one than was to be taken over: a person must say again.
                self.hosts[index].take_over = None;
            }
            RecordKind::LockTakenOver { host, from, .. } => {
                let index = self.plan_host(host)?;
                self.hosts[index].take_over = Some(from.run.clone());
            }
            RecordKind::HostExcluded { host, reason, .. } => {
                let index = self.plan_host(host)?;
                if self.hosts[index].excluded.is_none() {
                    self.exceptions += 1;
                }
                self.hosts[index].excluded = Some(reason.clone());
                self.exclude_tasks(index);
            }
            RecordKind::BudgetSpent { roll, host, .. } => self.budget(roll.as_str(), host, true)?,
            RecordKind::BudgetRefunded { roll, host, .. } => self.budget(roll.as_str(), host, false)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn plan_host(&self, host: &HostName) -> Result<usize, String> {
        self.graph.find_host(host).map(|h| h.0 as usize).ok_or_else(|| format!("the plan has no host `{host}`"))
    }

    /// Leaves out what has not begun on a host, and what waits there for a person. What stopped the run stays what it is.
    fn exclude_tasks(&mut self, host: usize) {
        for task in self.graph.on_host[host].clone() {
            let is_other = matches!(self.graph.node(task).role, Role::Undo { .. } | Role::Precondition(_));
            if is_other || self.stopped_by.contains(&task) {
                continue;
            }
            match self.task(task).state {
                TaskState::Todo
                | TaskState::Retrying
                | TaskState::Asking
                | TaskState::Failed(_)
                | TaskState::Previewing
                | TaskState::Gating
                | TaskState::Waiting => {
                    self.transition(task, TaskState::Excluded);
                }
                // Its own ask was just answered so. Another doubt on this host stays one: nobody said anything of it.
                TaskState::Unknown { doubt: Doubt::Person, .. } if self.task(task).given_up => {
                    self.transition(task, TaskState::Excluded);
                }
                _ => {}
            }
        }
    }

    fn budget(&mut self, roll: &str, host: &HostName, spend: bool) -> Result<(), String> {
        let host = self.plan_host(host)?;
        let host = HostIndex(u32::try_from(host).unwrap_or(u32::MAX));
        let position =
            self.graph.plan.steps.iter().position(|s| s.id.as_str() == roll && matches!(s.action, Action::Roll(_)));
        let step = position.map(|p| StepIndex(u32::try_from(p).unwrap_or(u32::MAX)));
        let progress =
            step.and_then(|s| self.rolls.get_mut(&s)).ok_or_else(|| format!("the plan has no roll `{roll}`"))?;
        if spend {
            progress.counted.insert(host);
            for task in self.graph.on_host[host.0 as usize].clone() {
                let is_inner = matches!(self.graph.node(task).role, Role::Inner { roll, .. } if Some(roll) == step);
                if is_inner && matches!(self.task(task).state, TaskState::Failed(_)) {
                    self.task_mut(task).spent = true;
                }
            }
        } else {
            progress.counted.remove(&host);
        }
        Ok(())
    }
}
