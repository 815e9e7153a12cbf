//! What must hold of any run after any input: the counters against a recount, the live state against the fold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::graph::Role;
use super::testing::*;
use super::*;
use crate::plan::{Action, HostIndex, StepIndex};

/// Everything a reader of a state can see, as text.
pub(super) fn seen(state: &State) -> String {
    let run = (state.phase(), state.info(), state.plan_hash(), state.starter(), state.pen(), state.epoch());
    let flags = (state.is_held(), state.aborted(), state.is_stopped(), state.draining(), state.drained());
    let end = (state.finished(), state.exit(), state.is_busy(), state.seq(), state.last());
    let mut text = format!("{run:?}\n{flags:?}\n{end:?}\n");
    for task in state.graph().tasks() {
        text.push_str(&format!("{} {:?}\n", state.graph().path(task), state.task(task)));
    }
    for ask in state.asks() {
        text.push_str(&format!("{ask:?}\n"));
    }
    let plan = &state.graph().plan;
    for (_, index) in plan.hosts.iter().zip(0..) {
        text.push_str(&format!("{:?}\n", state.host(HostIndex(index))));
    }
    for (_, index) in plan.steps.iter().zip(0..) {
        text.push_str(&format!("{:?}\n", state.roll(StepIndex(index))));
    }
    text
}

/// All that an input could have changed, as text.
pub(super) fn everything(bench: &Bench) -> String {
    format!(
        "{}{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        seen(bench.run.state()),
        bench.run.state.eligible,
        bench.run.state.granted,
        bench.run.inflight,
        bench.effects,
        bench.journal.records,
    )
}

#[derive(Debug, PartialEq)]
struct Counters {
    busy: u32,
    preconditions_left: u32,
    preconditions_failed: u32,
    hosts_unmet: u32,
    hosts_refused: u32,
    undoing: BTreeSet<TaskIndex>,
    steps_left: u32,
    /// Needs and units left of each step.
    steps: Vec<(u32, u32)>,
    rolls: BTreeMap<StepIndex, RollCounters>,
}

#[derive(Debug, PartialEq)]
struct RollCounters {
    current: u32,
    troubles: u32,
    hosts_left: Vec<u32>,
    tasks_left: BTreeMap<HostIndex, u32>,
}

fn kept(state: &State) -> Counters {
    let roll = |r: &RollProgress| RollCounters {
        current: r.current,
        troubles: r.troubles,
        hosts_left: r.hosts_left.clone(),
        tasks_left: r.tasks_left.clone(),
    };
    Counters {
        busy: state.busy,
        preconditions_left: state.preconditions_left,
        preconditions_failed: state.preconditions_failed,
        hosts_unmet: state.hosts_unmet,
        hosts_refused: state.hosts_refused,
        undoing: state.undoing.clone(),
        steps_left: state.steps_left,
        steps: state.steps.iter().map(|s| (s.needs_left, s.units_left)).collect(),
        rolls: state.rolls.iter().map(|(step, r)| (*step, roll(r))).collect(),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}

/// The same numbers from nothing but the plan and where every instance stands.
fn recounted(state: &State) -> Counters {
    let graph = state.graph();
    let plan = &graph.plan;
    let is_done = |task: TaskIndex| state.task(task).state.is_satisfied();
    let is_busy = |task: &TaskIndex| match &state.task(*task).state {
        TaskState::Unknown { doubt, .. } => *doubt != Doubt::Person,
        TaskState::Undoing => true,
        other => other.word() == "RUN",
    };
    let mut rolls = BTreeMap::new();
    for (step, index) in plan.steps.iter().zip(0..) {
        let Action::Roll(roll) = &step.action else { continue };
        let index = StepIndex(index);
        let inner = |host: HostIndex| {
            let of_host = |t: &TaskIndex| {
                graph.node(*t).host == Some(host)
                    && matches!(graph.node(*t).role, Role::Inner { roll, .. } if roll == index)
            };
            count(graph.tasks().filter(of_host).filter(|t| !is_done(*t)).count())
        };
        let tasks_left: BTreeMap<HostIndex, u32> = roll.batches.iter().flatten().map(|h| (*h, inner(*h))).collect();
        let hosts_left: Vec<u32> =
            roll.batches.iter().map(|b| count(b.iter().filter(|h| tasks_left[h] > 0).count())).collect();
        let batch_is_done = |b: u32| hosts_left[b as usize] == 0 && graph.batch_gate(index, b).is_none_or(is_done);
        let is_open = state.roll(index).is_some_and(|r| r.open);
        let current =
            if is_open { (0..count(roll.batches.len())).take_while(|b| batch_is_done(*b)).count() } else { 0 };
        let in_trouble = |t: &TaskIndex| graph.batch_of(*t).map(|(r, _)| r) == Some(index) && state.task(*t).trouble;
        let troubles = count(graph.tasks().filter(in_trouble).count());
        rolls.insert(index, RollCounters { current: count(current), troubles, hosts_left, tasks_left });
    }
    let units: Vec<u32> = plan
        .steps
        .iter()
        .zip(0..)
        .map(|(step, index)| match &step.action {
            Action::Roll(roll) => count(roll.batches.len()) - rolls[&StepIndex(index)].current,
            _ => count(graph.of_step[index as usize].clone().map(TaskIndex).filter(|t| !is_done(*t)).count()),
        })
        .collect();
    let preconditions = || (0..graph.preconditions).map(TaskIndex);
    let needs =
        |step: &crate::plan::Step| count(step.needs.iter().filter(|need| !is_over(plan, &units, **need)).count());
    Counters {
        busy: count(graph.tasks().filter(is_busy).count()),
        preconditions_left: count(preconditions().filter(|t| !is_done(*t)).count()),
        preconditions_failed: count(preconditions().filter(|t| state.task(*t).state.word() == "FAIL").count()),
        hosts_unmet: count(state.hosts.iter().filter(|h| h.identity.is_none()).count()),
        hosts_refused: count(state.hosts.iter().filter(|h| h.refused.is_some()).count()),
        undoing: graph.tasks().filter(|t| state.task(*t).state == TaskState::Undoing).collect(),
        steps_left: count(units.iter().filter(|u| **u > 0).count()),
        steps: plan.steps.iter().zip(&units).map(|(step, units)| (needs(step), *units)).collect(),
        rolls,
    }
}

/// Whether nothing of a step is left, nor of anything before it.
fn is_over(plan: &crate::plan::Plan, units: &[u32], step: StepIndex) -> bool {
    units[step.0 as usize] == 0 && plan.steps[step.0 as usize].needs.iter().all(|need| is_over(plan, units, *need))
}

/// Holds after every committed batch, whatever it was.
pub(super) fn assert_sound(bench: &Bench, what: &str) {
    let state = bench.run.state();
    assert_eq!(kept(state), recounted(state), "{what}: counters");

    let fold = Run::resume(Arc::clone(bench.run.plan()), "sha256:plan", &bench.journal.records).unwrap();
    assert_eq!(state.differs_from(fold.state()), None, "{what}: the live state is not the fold of the journal");

    for task in state.graph().tasks() {
        let (path, is) = (state.graph().path(task), state.task(task));
        // What is undone is in trouble itself; the steps of its undo do not count beside it.
        let is_undo = matches!(state.graph().node(task).role, Role::Undo { .. });
        assert!(is_undo || !is.state.is_trouble() || is.trouble, "{what}: {path} is in trouble and not counted");
        assert!(!is.state.is_satisfied() || !is.trouble, "{what}: {path} is satisfied and still counted as trouble");
        if let Some(ask) = &is.ask {
            assert!(state.ask(ask).is_some(), "{what}: {path} waits for an ask that is not open");
        }
        // What may start is never forgotten: it stands where the next input finds it.
        let phase = if task.0 < state.graph().preconditions { Phase::Checking } else { Phase::Started };
        if state.phase() == phase && state.is_in_turn(task) {
            let top = state.graph().top_of(task);
            let is_up = state.eligible.get(&top).is_some_and(|up| up.contains(&task)) || state.granted.contains(&task);
            assert!(is_up, "{what}: {path} is in turn and nothing will start it");
        }
    }
    for ask in state.asks() {
        // Of a host itself, not of an instance.
        let Some(task) = state.graph().find(&ask.id.path) else {
            assert!(ask.kind == AskKind::Lock, "{what}: an ask of nothing");
            continue;
        };
        assert_eq!(state.task(task).ask.as_ref(), Some(&ask.id), "{what}: an ask that no instance waits for");
    }
}
