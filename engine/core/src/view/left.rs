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
//! Of a step whose `when:` depends on what steps find, and was not asked yet, nobody knows whether it runs. So there are two numbers: without those steps
//! and with them. The second is open where one of them was never seen.
//!
//! What it deliberately does not do: people are in none of it. How long they take to answer says nothing about the run.

use super::{RunView, Usual, between_ms};
use crate::plan::{Roll, Step, StepIndex};
use crate::run::{Now, Stamp, TaskIndex, TaskState, Work};

/// What the machine still needs, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// If no step runs whose `when:` was not asked yet.
    pub least_ms: u64,
    /// If all of them do; `None` where of one of them nobody knows how long it takes.
    pub most_ms: Option<u64>,
}

impl Left {
    const NOTHING: Self = Self::sure(0);

    const fn sure(ms: u64) -> Self {
        Self { least_ms: ms, most_ms: Some(ms) }
    }

    /// The same for what may be left out.
    const fn perhaps(self) -> Self {
        Self { least_ms: 0, ..self }
    }

    fn and_then(self, next: Self) -> Self {
        self.with(next, u64::saturating_add)
    }

    fn beside(self, other: Self) -> Self {
        self.with(other, u64::max)
    }

    fn with(self, other: Self, both: fn(u64, u64) -> u64) -> Self {
        let most_ms = self.most_ms.zip(other.most_ms).map(|(a, b)| both(a, b));
        Self { least_ms: both(self.least_ms, other.least_ms), most_ms }
    }
}

impl RunView {
    /// What the machine still needs until the run is over, if nothing fails; `None` where nobody can know, and of a run
    /// that goes no further.
    #[must_use]
    pub fn left(&self, usual: &Usual, now: &Now) -> Option<Left> {
        if self.exit().is_some() || !self.may_go_on() {
            return None;
        }
        let now = Stamp { wall: now.wall, elapsed: now.elapsed, boot: now.boot.clone() };
        let graph = self.state.graph();
        let preconditions = self.slowest((0..graph.preconditions).map(TaskIndex), usual, &now)?;
        let steps = longest(&self.plan().steps, |at| {
            let tasks = graph.of_step.get(at)?.clone().map(TaskIndex);
            let index = StepIndex(u32::try_from(at).ok()?);
            let Some(roll) = graph.roll(index) else { return self.slowest(tasks, usual, &now) };
            let has_begun = tasks.clone().any(|task| self.state.task(task).state != TaskState::Todo);
            let rest = self.rest_of_roll(roll, tasks, usual, &now);
            if self.foreseen.open_rolls.contains(&index) && !has_begun { perhaps(rest) } else { rest }
        })?;
        Some(preconditions.and_then(steps))
    }

    /// Instances beside each other; they are of one step.
    fn slowest(&self, tasks: impl Iterator<Item = TaskIndex>, usual: &Usual, now: &Stamp) -> Option<Left> {
        let mut rests = tasks.map(|task| self.rest(task, self.takes(task, usual), now));
        rests.try_fold(Left::NOTHING, |most, rest| Some(most.beside(rest?)))
    }

    /// Batch after batch. `tasks`: as the graph has them, host by host and the gate of each batch behind its hosts.
    fn rest_of_roll(
        &self,
        roll: &Roll,
        mut tasks: impl Iterator<Item = TaskIndex>,
        usual: &Usual,
        now: &Stamp,
    ) -> Option<Left> {
        let (mut sum, mut takes) = (Left::NOTHING, None);
        for hosts in &roll.batches {
            let mut slowest = Left::NOTHING;
            for _ in hosts {
                let of_host: Vec<TaskIndex> = tasks.by_ref().take(roll.steps.len()).collect();
                // A step takes as long on each host: what is known of it is looked up once.
                let takes: &Vec<Option<u64>> =
                    takes.get_or_insert_with(|| of_host.iter().map(|task| self.takes(*task, usual)).collect());
                let rest = longest(&roll.steps, |at| self.rest(*of_host.get(at)?, *takes.get(at)?, now))?;
                slowest = slowest.beside(rest);
            }
            sum = sum.and_then(slowest);
            if roll.gate.is_some() {
                let gate = tasks.next()?;
                sum = sum.and_then(self.rest(gate, self.takes(gate, usual), now)?);
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

    fn rest(&self, task: TaskIndex, takes: Option<u64>, now: &Stamp) -> Option<Left> {
        let is = self.state.task(task);
        let whole = takes.map(Left::sure);
        match &is.state {
            TaskState::Todo if self.foreseen.skips.contains(&task) => Some(Left::NOTHING),
            // A verify is short beside its step, and no history has it by itself.
            state if state.is_satisfied() => Some(Left::NOTHING),
            TaskState::Asking | TaskState::Verifying(_) => Some(Left::NOTHING),
            state if state.is_trouble() => None,
            TaskState::Running | TaskState::Gating | TaskState::Waiting => {
                let began = is.began.as_ref().or(self.instance(task).began.as_ref());
                Some(Left::sure(takes?.saturating_sub(began.map_or(0, |began| between_ms(began, now)))))
            }
            // Once it has begun it is not asked again.
            TaskState::Todo if is.attempt == 0 && self.foreseen.open.contains(&task) => perhaps(whole),
            _ => whole,
        }
    }
}

/// What may be left out, and nobody may know how long it takes.
fn perhaps(rest: Option<Left>) -> Option<Left> {
    Some(rest.map_or(Left { least_ms: 0, most_ms: None }, Left::perhaps))
}

/// The longest way through steps that need each other, each as long as `rest` says.
fn longest(steps: &[Step], mut rest: impl FnMut(usize) -> Option<Left>) -> Option<Left> {
    let mut ends: Vec<Option<Left>> = vec![None; steps.len()];
    let mut todo: Vec<usize> = (0..steps.len()).collect();
    while !todo.is_empty() {
        let before = todo.len();
        let mut later = Vec::new();
        for at in todo {
            let needs = steps.get(at).into_iter().flat_map(|step| &step.needs);
            let mut begins = needs.map(|need| ends.get(need.0 as usize).copied().flatten());
            match begins.try_fold(Left::NOTHING, |most, end| Some(most.beside(end?))) {
                Some(begins) => *ends.get_mut(at)? = Some(begins.and_then(rest(at)?)),
                // It needs a step that stands below it.
                None => later.push(at),
            }
        }
        if later.len() == before {
            return None;
        }
        todo = later;
    }
    Some(ends.into_iter().flatten().fold(Left::NOTHING, Left::beside))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::{Action, Condition, EffectClass, HostIndex, Output};
    use crate::run::testing::{Bench, at, command, ended, plan, step};
    use crate::run::{Input, RecordKind};
    use crate::runbook::OutputName;
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

    fn sure(left: Left) -> u64 {
        assert_eq!(left.most_ms, Some(left.least_ms), "no step here has a `when:`");
        left.least_ms
    }

    /// What is left right after each record, where it changed.
    fn left(story: &Story, usual: &Usual) -> Vec<Option<u64>> {
        let mut view = RunView::new(story.plan.clone());
        let mut lefts = Vec::new();
        for record in &story.records {
            view.apply(record).unwrap();
            let now = Now { wall: record.at, elapsed: record.elapsed, boot: record.boot.clone() };
            lefts.push(view.left(usual, &now).map(sure));
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
            assert_eq!(view.left(&Usual::default(), &at(0)).map(sure), expect, "{when}");
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
        assert_eq!(view.left(&learnt(&story), &at(4_000)).map(sure), Some(5_010));
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
            let left = view.left(&Usual::default(), &at(0)).map(sure);
            assert_eq!(left, expect, "{:?}", view.plan().steps);
        }
    }

    #[test]
    fn a_step_that_may_be_left_out_makes_two_numbers_until_it_is_asked() {
        const FINDS: &str = "steps.look.n == 'x'";
        let takes = |name: &str, usual_ms: Option<u64>| {
            let mut takes = command(EffectClass::Repeatable);
            takes.usual_ms = usual_ms;
            takes.outputs =
                vec![Output { name: OutputName::new("n").unwrap(), value: Condition("result.stdout".to_owned()) }];
            step(name, &[], &[0], Action::Command(Box::new(takes)))
        };
        let after =
            |step: Step, when: &str| Step { when: Some(Condition(when.to_owned())), needs: vec![StepIndex(0)], ..step };
        let slow = |usual_ms: Option<u64>, when: &str| after(takes("slow", usual_ms), when);
        let rolled = |when: &str| {
            let steps = vec![takes("slow", Some(9_000))];
            let roll = Roll { batches: vec![vec![HostIndex(0)]], budget: 0, steps, gate: None };
            after(step("roll", &[], &[], Action::Roll(Box::new(roll))), when)
        };
        let left = |least_ms, most_ms| Some(Left { least_ms, most_ms });
        let sure = |ms| left(ms, Some(ms));
        for (perhaps, before, with, without) in [
            (slow(Some(9_000), FINDS), left(3_000, Some(10_000)), sure(9_000), sure(2_000)),
            // It runs, and nobody knows for how long.
            (slow(None, FINDS), left(3_000, None), None, sure(2_000)),
            (rolled(FINDS), left(3_000, Some(10_000)), sure(9_000), sure(2_000)),
            // The plan says it.
            (slow(Some(9_000), "1 == 1"), sure(10_000), sure(9_000), sure(9_000)),
            (slow(None, "1 == 1"), None, None, None),
            (rolled("1 == 2"), sure(3_000), sure(2_000), sure(2_000)),
        ] {
            let wait = step("wait", &[], &[], Action::Wait { ms: 3_000 });
            let plan = plan(1, vec![takes("look", Some(1_000)), perhaps, wait]);
            for (found, then) in [("x", with), ("y", without)] {
                let mut bench = Bench::start(plan.clone());
                let left = |bench: &Bench| {
                    let mut view = RunView::new(bench.run.plan().clone());
                    bench.journal.records.iter().for_each(|record| view.apply(record).unwrap());
                    view.left(&Usual::default(), &at(bench.seconds))
                };
                assert_eq!(left(&bench), before, "{:?}", plan.steps);
                let request = bench.sent().unwrap();
                bench.say(Input::Reported { key: request.key, report: ended(0, found), at: None }).unwrap();
                assert_eq!(left(&bench), then, "{found} {:?}", plan.steps);
            }
        }
    }
}
