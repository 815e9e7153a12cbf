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
use crate::plan::{Condition, Conditions, Outputs, Scope};

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

impl State {
    /// The instances whose `when:`, or whose roll's, is false whatever the steps before them find. The same from the
    /// first record to the last.
    pub(crate) fn foreseen_skips(&self) -> BTreeSet<TaskIndex> {
        let conditions = Conditions::new();
        let graph = &self.graph;
        let will_skip = |task: &TaskIndex| {
            let of_roll = match graph.node(*task).role {
                Role::Precondition(_) | Role::Undo { .. } => return false,
                Role::Inner { roll, .. } | Role::BatchGate { roll, .. } => graph.top(roll).when.as_ref(),
                Role::Top(_) => None,
            };
            let own = graph.step(*task).and_then(|step| step.when.as_ref());
            of_roll.into_iter().chain(own).any(|when| self.never_holds(*task, when, &conditions))
        };
        graph.tasks().filter(will_skip).collect()
    }

    fn never_holds(&self, task: TaskIndex, when: &Condition, conditions: &Conditions) -> bool {
        let unread = Unread::default();
        let outputs = self.outputs_at(task, None);
        let scope = Scope { outputs: &unread, ..self.scope(&outputs, None, None) };
        let holds = conditions.holds(when, &scope);
        !unread.0.load(Ordering::Relaxed) && holds == Ok(false)
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
        state.foreseen_skips().into_iter().map(|task| state.graph().path(task).to_string()).collect()
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
