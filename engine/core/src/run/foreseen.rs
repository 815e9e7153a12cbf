//! Which instances will be skipped: known before they are reached, where their `when:` asks for nothing that is still to
//! come.
//!
//! A `when:` over parameters and the host is decided by the plan, so a screen can say beforehand that the second host's
//! canary will not be asked about. One that reads an output of another step, even one that is known by now, is not: the
//! step may run again before. What it deliberately does not do: decide anything. A step is skipped when it is
//! reached, by `decide/advance.rs`, and not before.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::State;
use super::graph::Role;
use super::task::TaskIndex;
use crate::plan::{Condition, Conditions, Outputs, Scope, StepIndex};

/// Nobody's outputs; remembers whether anybody asked for one.
#[derive(Debug, Default)]
struct Unread(AtomicBool);

impl Unread {
    fn ask(&self) -> Option<&str> {
        self.0.store(true, Ordering::Relaxed);
        None
    }
}

impl Outputs for Unread {
    fn output(&self, _: &str, _: &str) -> Option<&str> {
        self.ask()
    }

    fn output_on(&self, _: &str, _: &str, _: &str) -> Option<&str> {
        self.ask()
    }
}

/// What the plan alone says about the conditions of a run. The same from the first record to the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Foreseen {
    /// The instances whose `when:`, or whose roll's, is false whatever the steps before them find.
    pub(crate) skips: BTreeSet<TaskIndex>,
    /// The instances whose own `when:` depends on what steps find.
    pub(crate) open: BTreeSet<TaskIndex>,
    /// The rolls of which that is so.
    pub(crate) open_rolls: BTreeSet<StepIndex>,
}

/// What the plan alone says of one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It does not hold.
    No,
    /// It holds, or cannot be evaluated: then its step is reached, and fails.
    Yes,
    /// It depends on what steps find.
    Open,
}

impl State {
    /// What the plan alone says about every `when:`.
    pub(crate) fn foreseen(&self) -> Foreseen {
        let conditions = Conditions::new();
        let graph = &self.graph;
        let mut foreseen = Foreseen::default();
        for task in graph.tasks() {
            let roll = match graph.node(task).role {
                Role::Precondition(_) | Role::Undo { .. } => continue,
                Role::Inner { roll, .. } | Role::BatchGate { roll, .. } => Some(roll),
                Role::Top(_) => None,
            };
            let says = |when: Option<&Condition>| when.map_or(Says::Yes, |when| self.says(task, when, &conditions));
            let of_roll = says(roll.and_then(|roll| graph.top(roll).when.as_ref()));
            let own = says(graph.step(task).and_then(|step| step.when.as_ref()));
            if of_roll == Says::No || own == Says::No {
                foreseen.skips.insert(task);
            }
            if own == Says::Open {
                foreseen.open.insert(task);
            }
            foreseen.open_rolls.extend(roll.filter(|_| of_roll == Says::Open));
        }
        foreseen
    }

    fn says(&self, task: TaskIndex, when: &Condition, conditions: &Conditions) -> Says {
        let unread = Unread::default();
        let outputs = self.outputs_at(task, None);
        let scope = Scope { outputs: &unread, ..self.scope(&outputs, None, None) };
        let holds = conditions.holds(when, &scope);
        match holds {
            _ if unread.0.load(Ordering::Relaxed) => Says::Open,
            Ok(false) => Says::No,
            _ => Says::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::{Action, EffectClass, HostIndex, Plan, Roll, Template};
    use crate::run::Graph;
    use crate::run::testing::{command, gate, plan, step};

    fn pause() -> Action {
        Action::Pause { text: Template::text("look") }
    }

    fn foreseen(plan: Plan) -> Vec<String> {
        let state = State::new(Arc::new(Graph::new(Arc::new(plan))));
        state.foreseen().skips.into_iter().map(|task| state.graph().path(task).to_string()).collect()
    }

    #[test]
    fn what_the_plan_decides_is_known_and_what_a_step_finds_is_not() {
        let check = |when: &str, expect: &[&str]| {
            let mut ask = step("ask", &[0], &[0, 1], Action::Command(Box::new(command(EffectClass::Once))));
            ask.when = Some(Condition(when.to_owned()));
            let steps = vec![step("first", &[], &[0], Action::Wait { ms: 1 }), ask];
            assert_eq!(foreseen(plan(2, steps)), expect, "{when}");
        };
        check("true", &[]);
        check("false", &["ask/@web-1", "ask/@web-2"]);
        check("host.name == 'web-1'", &["ask/@web-2"]);
        check("steps.first.n == 'x'", &[]);
        // Decided before the output is read, in the order in which it is written.
        check("host.name == 'web-1' && steps.first.n == 'x'", &["ask/@web-2"]);
        check("steps.first.n == 'x' && host.name == 'web-1'", &[]);
        // What cannot be evaluated is not false.
        check("host.vars.none == 'x'", &[]);
    }

    #[test]
    fn a_roll_that_will_skip_is_so_with_its_gates() {
        let inner = |when: Option<&str>| {
            let mut inner = step("ask", &[], &[], pause());
            inner.when = when.map(|when| Condition(when.to_owned()));
            inner
        };
        let check = |of_roll: Option<&str>, of_step: Option<&str>, expect: &[&str]| {
            let roll = Roll {
                batches: vec![vec![HostIndex(0)], vec![HostIndex(1)]],
                budget: 0,
                steps: vec![inner(of_step)],
                gate: Some(gate(1)),
            };
            let mut roll = step("roll", &[], &[], Action::Roll(Box::new(roll)));
            roll.when = of_roll.map(|when| Condition(when.to_owned()));
            assert_eq!(foreseen(plan(2, vec![roll])), expect, "{of_roll:?} {of_step:?}");
        };
        check(None, None, &[]);
        check(None, Some("host.name == 'web-1'"), &["roll/@web-2/ask"]);
        check(Some("1 == 2"), None, &["roll/@web-1/ask", "roll/#1/gate", "roll/@web-2/ask", "roll/#2/gate"]);
    }
}
