//! How long the machine still needs for a run, by what its steps usually take.
//!
//! ```text
//!   rest of an instance   what it usually takes, less what it has run
//!   rest of a batch       its slowest host, then its gate
//!   rest of a run         the longest way through the needs of its steps
//! ```
//!
//! It is an estimate of a run in which nothing more fails, or it is nothing: one step that no run tells of and for which
//! the author says no `usual:`, or one that is in trouble, and nobody can know. Adding up only what is known was not
//! taken: a number that leaves out the slow step is worse than none.
//!
//! What it deliberately does not do: people are in none of it. How long they take to answer says nothing about the run.

use super::{RunView, Usual, between_ms};
use crate::plan::{Roll, Step, StepIndex};
use crate::run::{Now, Stamp, TaskIndex, TaskState, Work};

impl RunView {
    /// Milliseconds that the machine still needs until the run is over, if nothing fails; `None` where nobody can know,
    /// and of a run that goes no further.
    #[must_use]
    pub fn left_ms(&self, usual: &Usual, now: &Now) -> Option<u64> {
        if self.exit().is_some() || !self.may_go_on() {
            return None;
        }
        let now = Stamp { wall: now.wall, elapsed: now.elapsed, boot: now.boot.clone() };
        let graph = self.state.graph();
        let preconditions = self.slowest((0..graph.preconditions).map(TaskIndex), usual, &now)?;
        let steps = longest(&self.plan().steps, |at| {
            let tasks = graph.of_step.get(at)?.clone().map(TaskIndex);
            match graph.roll(StepIndex(u32::try_from(at).ok()?)) {
                Some(roll) => self.rest_of_roll(roll, tasks, usual, &now),
                None => self.slowest(tasks, usual, &now),
            }
        })?;
        Some(preconditions + steps)
    }

    /// Instances beside each other; they are of one step.
    fn slowest(&self, tasks: impl Iterator<Item = TaskIndex>, usual: &Usual, now: &Stamp) -> Option<u64> {
        let mut rests = tasks.map(|task| self.rest(task, self.takes(task, usual), now));
        rests.try_fold(0, |most, rest| Some(most.max(rest?)))
    }

    /// Batch after batch. `tasks`: as the graph has them, host by host and the gate of each batch behind its hosts.
    fn rest_of_roll(
        &self,
        roll: &Roll,
        mut tasks: impl Iterator<Item = TaskIndex>,
        usual: &Usual,
        now: &Stamp,
    ) -> Option<u64> {
        let (mut sum, mut takes) = (0, None);
        for hosts in &roll.batches {
            let mut slowest = 0;
            for _ in hosts {
                let of_host: Vec<TaskIndex> = tasks.by_ref().take(roll.steps.len()).collect();
                // A step takes as long on each host: what is known of it is looked up once.
                let takes: &Vec<Option<u64>> =
                    takes.get_or_insert_with(|| of_host.iter().map(|task| self.takes(*task, usual)).collect());
                let rest = longest(&roll.steps, |at| self.rest(*of_host.get(at)?, *takes.get(at)?, now))?;
                slowest = slowest.max(rest);
            }
            sum += slowest;
            if roll.gate.is_some() {
                let gate = tasks.next()?;
                sum += self.rest(gate, self.takes(gate, usual), now)?;
            }
        }
        Some(sum)
    }

    /// What the whole of an instance takes the machine.
    fn takes(&self, task: TaskIndex, usual: &Usual) -> Option<u64> {
        match self.state.graph().work(task) {
            Work::Pause(_) | Work::Approve(_) | Work::Manual(_) | Work::Note(_) => Some(0),
            Work::Wait(ms) => Some(ms),
            Work::Probe(_) | Work::Command(_) | Work::Gate(_) => {
                usual.middle_ms(self.state.graph().path(task)).or_else(|| self.usual_ms(task))
            }
        }
    }

    fn rest(&self, task: TaskIndex, takes: Option<u64>, now: &Stamp) -> Option<u64> {
        let is = self.state.task(task);
        match &is.state {
            TaskState::Todo if self.will_skip.contains(&task) => Some(0),
            // A verify is short beside its step, and no history has it by itself.
            state if state.is_satisfied() => Some(0),
            TaskState::Asking | TaskState::Verifying(_) => Some(0),
            state if state.is_trouble() => None,
            TaskState::Running | TaskState::Gating | TaskState::Waiting => {
                let began = is.began.as_ref().or(self.instance(task).began.as_ref());
                Some(takes?.saturating_sub(began.map_or(0, |began| between_ms(began, now))))
            }
            _ => takes,
        }
    }
}

/// The longest way through steps that need each other, each as long as `rest` says.
fn longest(steps: &[Step], mut rest: impl FnMut(usize) -> Option<u64>) -> Option<u64> {
    let mut ends: Vec<Option<u64>> = vec![None; steps.len()];
    let mut todo: Vec<usize> = (0..steps.len()).collect();
    while !todo.is_empty() {
        let before = todo.len();
        let mut later = Vec::new();
        for at in todo {
            let needs = steps.get(at).into_iter().flat_map(|step| &step.needs);
            let mut begins = needs.map(|need| ends.get(need.0 as usize).copied().flatten());
            match begins.try_fold(0, |most: u64, end| Some(most.max(end?))) {
                Some(begins) => *ends.get_mut(at)? = Some(begins + rest(at)?),
                // It needs a step that stands below it.
                None => later.push(at),
            }
        }
        if later.len() == before {
            return None;
        }
        todo = later;
    }
    ends.into_iter().flatten().max().or(Some(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::{Action, Condition, EffectClass};
    use crate::run::RecordKind;
    use crate::run::testing::{Bench, at, command, plan, step};
    use crate::view::testing::{Story, all};

    fn story(name: &str) -> Story {
        all().into_iter().find(|story| story.name == name).unwrap()
    }

    fn learnt(story: &Story) -> Usual {
        let mut view = RunView::new(story.plan.clone());
        story.records.iter().for_each(|record| view.apply(record).unwrap());
        let mut usual = Usual::default();
        usual.add(&view);
        usual
    }

    /// What is left right after each record, where it changed.
    fn left(story: &Story, usual: &Usual) -> Vec<Option<u64>> {
        let mut view = RunView::new(story.plan.clone());
        let mut lefts = Vec::new();
        for record in &story.records {
            view.apply(record).unwrap();
            let now = Now { wall: record.at, elapsed: record.elapsed, boot: record.boot.clone() };
            lefts.push(view.left_ms(usual, &now));
        }
        lefts.dedup();
        lefts
    }

    #[test]
    fn what_is_left_is_what_is_still_to_come_less_what_has_run() {
        for (name, expect) in [
            // Preconditions, then twice: two hosts beside each other, 10 ms, and a gate, 5 s.
            (
                "smooth",
                vec![
                    Some(10_030),
                    Some(10_020),
                    Some(10_010),
                    Some(8_010),
                    Some(5_010),
                    Some(5_000),
                    Some(3_000),
                    Some(0),
                    None,
                ],
            ),
            // Asks take no time; a `wait` takes what it says.
            ("approved", vec![Some(30_010), Some(30_000), Some(0), None]),
            // While somebody decides about a failure nobody knows.
            (
                "retried",
                vec![
                    Some(6_020),
                    None,
                    Some(6_020),
                    Some(6_010),
                    Some(5_010),
                    Some(3_010),
                    Some(3_000),
                    Some(2_000),
                    Some(0),
                    None,
                ],
            ),
        ] {
            let story = story(name);
            assert_eq!(left(&story, &learnt(&story)), expect, "{name}");
        }
    }

    #[test]
    fn one_step_that_nobody_knows_and_nothing_is_said() {
        let story = story("smooth");
        // The author says what the restart takes; of the gates only history tells. At the end nothing is left to know.
        assert_eq!(left(&story, &Usual::default()), [None, Some(0), None]);
        for name in ["aborted", "drained", "stuck"] {
            let story = self::story(name);
            assert_eq!(left(&story, &learnt(&story)).last(), Some(&None), "{name}");
        }
    }

    #[test]
    fn what_will_be_skipped_needs_no_time_though_nobody_knows_how_long_it_takes() {
        let check = |when: &str, expect: Option<u64>| {
            let mut unseen = step("unseen", &[0], &[0], Action::Command(Box::new(command(EffectClass::Repeatable))));
            unseen.when = Some(Condition(when.to_owned()));
            let steps = vec![step("settle", &[], &[], Action::Wait { ms: 1_000 }), unseen];
            let bench = Bench::start(plan(1, steps));
            let mut view = RunView::new(bench.run.plan().clone());
            bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
            assert_eq!(view.left_ms(&Usual::default(), &at(0)), expect, "{when}");
        };
        check("host.name == 'web-2'", Some(1_000));
        check("host.name == 'web-1'", None);
    }

    #[test]
    fn a_run_that_takes_longer_than_usual_has_nothing_left_and_not_less() {
        let story = story("smooth");
        let mut view = RunView::new(story.plan.clone());
        let opened = |record: &&crate::run::Record| !matches!(record.kind, RecordKind::GateSampled { .. });
        story.records.iter().take_while(opened).for_each(|record| view.apply(record).unwrap());
        assert_eq!(view.left_ms(&learnt(&story), &at(4_000)), Some(5_010));
    }

    #[test]
    fn the_longest_way_counts_wherever_a_step_stands() {
        let waits = |name: &str, needs: &[u32], ms: u64| step(name, needs, &[], Action::Wait { ms });
        let slow = |usual_ms: Option<u64>| {
            let mut slow = command(EffectClass::Repeatable);
            slow.usual_ms = usual_ms;
            step("slow", &[], &[0], Action::Command(Box::new(slow)))
        };
        for (steps, expect) in [
            (vec![], Some(0)),
            (vec![waits("a", &[], 1_000), waits("b", &[], 3_000), waits("c", &[0, 1], 2_000)], Some(5_000)),
            (vec![waits("a", &[1], 1_000), waits("b", &[], 3_000)], Some(4_000)),
            (vec![slow(Some(9_000)), waits("b", &[], 3_000)], Some(9_000)),
            (vec![slow(None), waits("b", &[], 3_000)], None),
        ] {
            let view = RunView::new(Arc::new(plan(1, steps)));
            assert_eq!(view.left_ms(&Usual::default(), &at(0)), expect, "{:?}", view.plan().steps);
        }
    }
}
