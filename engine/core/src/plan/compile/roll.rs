//! Rolls: batches, budget, and the rule that a change is followed by a gate.

use super::hosts::{batches, budget};
use super::lower::{List, Lower, NO_ID};
use super::table::At;
use crate::plan::Roll;
use crate::runbook::syntax::{self, StepKind};
use crate::source::Finding;

impl Lower<'_> {
    /// A roll with its batches.
    pub(super) fn roll(&mut self, roll: &syntax::Roll, step: &syntax::Step, name: &str, at: At) -> Option<Roll> {
        let top = at.top()?;
        let table = self.table;
        let changing = roll.steps.iter().find(|inner| match &inner.kind {
            StepKind::Command(command) => Self::effect_of(command).changes(),
            StepKind::Manual(_) => true,
            _ => false,
        });
        if let (Some(changing), None) = (changing, &roll.gate) {
            let inner = changing.id.as_ref().map_or_else(|| NO_ID.to_owned(), |id| id.value.to_string());
            self.report(Finding::GateMissing { step: name.to_owned(), inner }, step.kind_span);
        }
        let inner = self.steps(&roll.steps, List::Roll, table.inner.get(&top), |inner| At::Inner { roll: top, inner });
        let gate = self.optional(roll.gate.as_ref(), |lower, gate| {
            let scope = lower.scope(At::RollGate(top), true);
            let lowered = lower.gate(gate, scope, name)?;
            let hosts = lower.placements.gates.get(&top).map(|set| lower.indexes(Some(set)));
            Some(crate::plan::Gate { hosts, ..lowered })
        });
        let hosts = self.indexes(self.placements.at(at));
        let sizes: Vec<syntax::Share> = roll.batch.iter().map(|share| share.value).collect();
        let allowed = budget(roll.budget.map(|b| b.value), hosts.len());
        if let Some(written) = roll.budget.filter(|_| !hosts.is_empty() && allowed as usize >= hosts.len()) {
            self.report(Finding::BudgetTakesAll { budget: allowed, hosts: hosts.len() }, written.span);
        }
        Some(Roll { batches: batches(&hosts, &sizes), budget: allowed, steps: inner, gate: gate? })
    }
}
