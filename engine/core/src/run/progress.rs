//! What a changed instance means for the steps, batches and rolls around it. All counters; nothing walks the plan.

use super::graph::Role;
use super::task::{TaskIndex, TaskState};
use super::{Doubt, State};
use crate::plan::{HostIndex, StepIndex};

/// Whether the engine itself has something under way for an instance.
fn is_busy(state: &TaskState) -> bool {
    match state {
        TaskState::Previewing
        | TaskState::Running
        | TaskState::Retrying
        | TaskState::Verifying(_)
        | TaskState::Waiting
        | TaskState::Gating
        | TaskState::Undoing => true,
        TaskState::Unknown { doubt, .. } => *doubt != Doubt::Person,
        TaskState::Todo
        | TaskState::Asking
        | TaskState::Failed(_)
        | TaskState::Stuck
        | TaskState::Succeeded
        | TaskState::Skipped
        | TaskState::ByHand
        | TaskState::Excluded => false,
    }
}

impl State {
    /// Moves an instance and every counter that hangs on it.
    pub(super) fn transition(&mut self, task: TaskIndex, to: TaskState) {
        let to = if self.stays_out(task, &to) { TaskState::Excluded } else { to };
        let from = std::mem::replace(&mut self.task_mut(task).state, to.clone());
        self.busy = self.busy + u32::from(is_busy(&to)) - u32::from(is_busy(&from));
        match to {
            TaskState::Failed(_) => self.tasks[task.0 as usize].spent |= self.is_counted(task),
            TaskState::Succeeded | TaskState::ByHand => self.tasks[task.0 as usize].spent = false,
            _ => {}
        }
        if task.0 < self.graph.preconditions {
            let failed = |state: &TaskState| u32::from(matches!(state, TaskState::Failed(_)));
            self.preconditions_failed = self.preconditions_failed + failed(&to) - failed(&from);
        }
        if from == TaskState::Todo {
            self.take_down(task);
        }
        self.count_trouble(task, &to);
        match (from.is_satisfied(), to.is_satisfied()) {
            (false, true) => self.satisfied(task),
            (true, false) => self.unsatisfied(task),
            _ => {}
        }
        if to == TaskState::Todo {
            if self.task(task).granted {
                // The person's word starts it, in turn or not.
                self.granted.insert(task);
            } else if self.is_in_turn(task) {
                self.put_up(task);
            }
        }
    }

    /// What ends or comes back on an excluded host is over there: nothing new starts on it, nobody is asked about it.
    /// An outcome that nobody knows stays unknown, unless it is only an answer that was lost.
    fn stays_out(&self, task: TaskIndex, to: &TaskState) -> bool {
        let node = self.graph.node(task);
        let is_over = match to {
            TaskState::Todo | TaskState::Retrying | TaskState::Asking | TaskState::Failed(_) => true,
            TaskState::Unknown { .. } => self.graph.command(task).is_some() && !self.graph.effect(task).changes(),
            _ => false,
        };
        is_over
            && matches!(node.role, Role::Top(_) | Role::Inner { .. })
            && node.host.is_some_and(|host| self.host(host).excluded.is_some())
    }

    /// Whether an instance's host counts in the budget of its roll.
    fn is_counted(&self, task: TaskIndex) -> bool {
        let node = self.graph.node(task);
        match (node.role, node.host) {
            (Role::Inner { roll, .. }, Some(host)) => self.rolls.get(&roll).is_some_and(|p| p.counted.contains(&host)),
            _ => false,
        }
    }

    fn take_down(&mut self, task: TaskIndex) {
        self.granted.remove(&task);
        let top = self.graph.top_of(task);
        if let Some(group) = self.eligible.get_mut(&top) {
            group.remove(&task);
            if group.is_empty() {
                self.eligible.remove(&top);
            }
        }
    }

    /// Puts an instance up for starting.
    pub(super) fn put_up(&mut self, task: TaskIndex) {
        let top = self.graph.top_of(task);
        self.eligible.entry(top).or_default().insert(task);
    }

    fn count_trouble(&mut self, task: TaskIndex, to: &TaskState) {
        let is = &self.tasks[task.0 as usize];
        let is_again = matches!(to, TaskState::Todo | TaskState::Running | TaskState::Previewing | TaskState::Retrying);
        let goes_on = is_again && !is.granted;
        let trouble = to.is_trouble() || (is.trouble && !to.is_satisfied() && !goes_on);
        // What is undone is in trouble itself, as long as its undo is.
        let is_undo = matches!(self.graph.node(task).role, Role::Undo { .. });
        if trouble != is.trouble && !is_undo {
            self.task_mut(task).trouble = trouble;
            if let Some((roll, _)) = self.graph.batch_of(task)
                && let Some(progress) = self.rolls.get_mut(&roll)
            {
                progress.troubles = if trouble { progress.troubles + 1 } else { progress.troubles.saturating_sub(1) };
            }
        }
        if to.is_satisfied() {
            self.task_mut(task).granted = false;
        }
    }

    fn satisfied(&mut self, task: TaskIndex) {
        let node = self.graph.node(task);
        match (node.role, node.host) {
            (Role::Precondition(_), _) => self.preconditions_left = self.preconditions_left.saturating_sub(1),
            (Role::Top(step), _) => self.unit_done(step),
            (Role::Inner { roll, inner, batch }, Some(host)) => self.inner_done(roll, inner, batch, host),
            (Role::BatchGate { roll, batch }, _) => self.batch_done(roll, batch),
            (Role::Inner { .. } | Role::Undo { .. }, _) => {}
        }
    }

    fn unsatisfied(&mut self, task: TaskIndex) {
        match self.graph.node(task).role {
            Role::Precondition(_) => self.preconditions_left += 1,
            Role::Top(step) => self.unit_undone(step),
            Role::BatchGate { roll, batch } => {
                if let Some(progress) = self.rolls.get_mut(&roll) {
                    progress.current = batch;
                }
                // The next batch was up already; its turn comes again when the gate holds again.
                self.eligible.remove(&Some(roll));
                self.unit_undone(roll);
            }
            // No record takes a finished inner step back; undo steps hold nothing up.
            Role::Inner { .. } | Role::Undo { .. } => {}
        }
    }

    fn inner_done(&mut self, roll: StepIndex, inner: StepIndex, batch: u32, host: HostIndex) {
        let graph = std::sync::Arc::clone(&self.graph);
        if let Some(steps) = graph.roll(roll).map(|r| &r.steps) {
            for next in steps.iter().filter(|s| s.needs.contains(&inner)) {
                if let Some(task) = graph.inner(roll, host, &next.id)
                    && self.is_in_turn(task)
                {
                    self.put_up(task);
                }
            }
        }
        let Some(progress) = self.rolls.get_mut(&roll) else { return };
        let Some(left) = progress.tasks_left.get_mut(&host) else { return };
        *left = left.saturating_sub(1);
        if *left == 0 {
            let hosts_left = &mut progress.hosts_left[batch as usize];
            *hosts_left = hosts_left.saturating_sub(1);
            self.check_batch(roll, batch);
        }
    }

    /// A batch whose hosts are all done goes to its gate, or is done itself; a batch before its turn waits.
    fn check_batch(&mut self, roll: StepIndex, batch: u32) {
        let Some(progress) = self.rolls.get(&roll) else { return };
        if !progress.open || progress.current != batch || progress.hosts_left.get(batch as usize) != Some(&0) {
            return;
        }
        match self.graph.batch_gate(roll, batch) {
            Some(gate) if self.task(gate).state == TaskState::Todo => {
                self.put_up(gate);
            }
            // It held while the gate before it was looked at again.
            Some(gate) if self.task(gate).state.is_satisfied() => {
                if let Some(progress) = self.rolls.get_mut(&roll) {
                    progress.current = batch + 1;
                }
                self.open_batch(roll);
            }
            Some(_) => {}
            None => self.batch_done(roll, batch),
        }
    }

    fn batch_done(&mut self, roll: StepIndex, batch: u32) {
        let Some(progress) = self.rolls.get_mut(&roll) else { return };
        progress.current = batch + 1;
        self.unit_done(roll);
        self.open_batch(roll);
    }

    fn unit_done(&mut self, step: StepIndex) {
        let progress = &mut self.steps[step.0 as usize];
        progress.units_left = progress.units_left.saturating_sub(1);
        if progress.units_left > 0 {
            return;
        }
        self.steps_left = self.steps_left.saturating_sub(1);
        if progress.needs_left == 0 {
            self.step_over(step);
        }
    }

    /// A step is over when nothing of it is left and what it needs is over. Without the second half, a step whose only host
    /// was excluded would let what comes after it start beside what still runs before it.
    fn step_over(&mut self, step: StepIndex) {
        let graph = std::sync::Arc::clone(&self.graph);
        for &dependent in &graph.dependents[step.0 as usize] {
            let next = &mut self.steps[dependent.0 as usize];
            next.needs_left = next.needs_left.saturating_sub(1);
            if next.needs_left == 0 {
                let is_empty = next.units_left == 0;
                self.open_step(dependent);
                if is_empty {
                    self.step_over(dependent);
                }
            }
        }
    }

    fn unit_undone(&mut self, step: StepIndex) {
        let progress = self.steps[step.0 as usize];
        if progress.units_left == 0 {
            self.steps_left += 1;
            if progress.needs_left == 0 {
                self.step_not_over(step);
            }
        }
        self.steps[step.0 as usize].units_left += 1;
    }

    fn step_not_over(&mut self, step: StepIndex) {
        let graph = std::sync::Arc::clone(&self.graph);
        for &dependent in &graph.dependents[step.0 as usize] {
            let next = self.steps[dependent.0 as usize];
            if next.needs_left == 0 && next.units_left == 0 {
                self.step_not_over(dependent);
            }
            self.steps[dependent.0 as usize].needs_left += 1;
        }
    }

    /// Puts a step's instances up for starting: everything it needs is satisfied.
    pub(super) fn open_step(&mut self, step: StepIndex) {
        if let Some(progress) = self.rolls.get_mut(&step) {
            progress.open = true;
            self.open_batch(step);
            return;
        }
        for task in self.graph.of_step[step.0 as usize].clone().map(TaskIndex) {
            if self.task(task).state == TaskState::Todo {
                self.put_up(task);
            }
        }
    }

    fn open_batch(&mut self, roll: StepIndex) {
        let Some(progress) = self.rolls.get(&roll) else { return };
        let batch = progress.current;
        let graph = std::sync::Arc::clone(&self.graph);
        let Some(hosts) = graph.roll(roll).and_then(|r| r.batches.get(batch as usize)) else { return };
        for &host in hosts {
            for step in graph.roll(roll).map_or(&[][..], |r| &r.steps) {
                if let Some(task) = graph.inner(roll, host, &step.id)
                    && self.is_in_turn(task)
                {
                    self.put_up(task);
                }
            }
        }
        self.check_batch(roll, batch);
    }

    /// Whether everything an instance needs is satisfied and it is its batch's turn. Does not ask whether the run
    /// may start anything at all.
    pub(crate) fn is_in_turn(&self, task: TaskIndex) -> bool {
        if self.task(task).state != TaskState::Todo {
            return false;
        }
        let node = self.graph.node(task);
        match node.role {
            Role::Precondition(_) => true,
            Role::Top(step) => self.steps[step.0 as usize].needs_left == 0,
            Role::Inner { roll, inner, batch } => {
                self.steps[roll.0 as usize].needs_left == 0
                    && self.rolls.get(&roll).is_some_and(|p| p.open && p.current == batch)
                    && self.inner_needs_hold(roll, inner, node.host)
            }
            Role::BatchGate { roll, batch } => {
                self.steps[roll.0 as usize].needs_left == 0
                    && self
                        .rolls
                        .get(&roll)
                        .is_some_and(|p| p.open && p.current == batch && p.hosts_left.get(batch as usize) == Some(&0))
            }
            // Started by its undo alone.
            Role::Undo { .. } => false,
        }
    }

    fn inner_needs_hold(&self, roll: StepIndex, inner: StepIndex, host: Option<HostIndex>) -> bool {
        let (Some(steps), Some(host)) = (self.graph.roll(roll).map(|r| &r.steps), host) else { return false };
        steps[inner.0 as usize].needs.iter().all(|need| {
            self.graph
                .inner(roll, host, &steps[need.0 as usize].id)
                .is_some_and(|task| self.task(task).state.is_satisfied())
        })
    }
}
