//! What a plan amounts to: whom it touches, how many at once, what it asks.

use std::collections::BTreeSet;

use crate::plan::{Action, EffectClass, HostIndex, Plan, Step};

/// Counts over a whole plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFacts {
    /// Hosts on which something changes.
    pub changed: Vec<HostIndex>,
    /// Hosts that are reached at all.
    pub reached: usize,
    /// Hosts that change at one moment, at most.
    pub at_once: usize,
    /// Steps of each effect, undo not counted.
    pub effects: Vec<(EffectClass, usize)>,
    /// Names of the steps at which people are asked if all goes well, with the number of people.
    pub prompts: Vec<(String, u32)>,
}

impl PlanFacts {
    /// Counts.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut changed = BTreeSet::new();
        let mut effects: Vec<(EffectClass, usize)> = Vec::new();
        let mut prompts = Vec::new();
        // Hosts that one step changes at one moment.
        let widths: Vec<usize> = plan.steps.iter().map(|step| width(step, &mut changed, &mut effects)).collect();
        for step in &plan.steps {
            match &step.action {
                Action::Pause { .. } | Action::Manual(_) => prompts.push((step.id.to_string(), 1)),
                Action::Approve(approve) => prompts.push((step.id.to_string(), approve.by)),
                Action::Roll(roll) => {
                    let asks = |inner: &&Step| matches!(inner.action, Action::Pause { .. } | Action::Manual(_));
                    let name = |inner: &Step| (format!("{}.{}", step.id, inner.id), 1);
                    prompts.extend(roll.steps.iter().filter(asks).map(name));
                }
                _ => {}
            }
        }
        effects.sort_unstable();
        let at_once = at_once(plan, &widths).min(changed.len());
        Self { changed: changed.into_iter().collect(), reached: plan.hosts.len(), at_once, effects, prompts }
    }
}

fn width(step: &Step, changed: &mut BTreeSet<HostIndex>, effects: &mut Vec<(EffectClass, usize)>) -> usize {
    let mut count = |effect: EffectClass| match effects.iter_mut().find(|(known, _)| *known == effect) {
        Some((_, times)) => *times += 1,
        None => effects.push((effect, 1)),
    };
    match &step.action {
        Action::Command(command) => {
            count(command.effect);
            if !command.effect.changes() {
                return 0;
            }
            changed.extend(&step.hosts);
            step.hosts.len()
        }
        Action::Gate(_) => {
            count(EffectClass::Read);
            0
        }
        Action::Roll(roll) => {
            let mut changes = false;
            for inner in &roll.steps {
                if let Action::Command(command) = &inner.action {
                    count(command.effect);
                    changes |= command.effect.changes();
                }
            }
            if !changes {
                return 0;
            }
            changed.extend(roll.batches.iter().flatten());
            roll.batches.iter().map(Vec::len).max().unwrap_or(0)
        }
        Action::Pause { .. } | Action::Approve(_) | Action::Manual(_) | Action::Wait { .. } | Action::Note { .. } => 0,
    }
}

/// The most hosts that change at one moment: for each changing step its own, and those of every changing step that may
/// run beside it. Where that is more than really can, it is too many and never too few.
fn at_once(plan: &Plan, widths: &[usize]) -> usize {
    let changing: Vec<usize> = (0..widths.len()).filter(|step| widths[*step] > 0).collect();
    let before: Vec<BTreeSet<usize>> = changing.iter().map(|step| ancestors(plan, *step)).collect();
    let beside = |a: usize, b: usize| !before[a].contains(&changing[b]) && !before[b].contains(&changing[a]);
    let total = |a: usize| -> usize {
        (0..changing.len()).filter(|b| *b == a || beside(a, *b)).map(|b| widths[changing[b]]).sum()
    };
    (0..changing.len()).map(total).max().unwrap_or(0)
}

fn ancestors(plan: &Plan, step: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open = vec![step];
    while let Some(step) = open.pop() {
        for need in plan.steps.get(step).map(|step| step.needs.as_slice()).unwrap_or_default() {
            if seen.insert(need.0 as usize) {
                open.push(need.0 as usize);
            }
        }
    }
    seen
}
