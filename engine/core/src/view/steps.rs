//! Steps, hosts, rolls and asks as rows.

use super::rows::{AskRow, HostRow, RollRow, StepRow, WaitRow};
use super::run_view::RunView;
use crate::plan::{HostIndex, StepIndex};
use crate::run::{Phase, Purpose, Role, TaskIndex, TaskState, Work};

impl RunView {
    /// Every instance, in the order of the plan; undo steps that never began are left out.
    pub fn steps(&self) -> impl Iterator<Item = StepRow> {
        let is_shown = |task: &TaskIndex| {
            let is_undo = matches!(self.state.graph().node(*task).role, Role::Undo { .. });
            !is_undo || self.state.task(*task).state != TaskState::Todo
        };
        self.state.graph().tasks().filter(is_shown).map(|task| self.step(task))
    }

    /// One instance.
    #[must_use]
    pub fn step(&self, task: TaskIndex) -> StepRow {
        let graph = self.state.graph();
        let (is, shown) = (self.state.task(task), self.instance(task));
        let (word, why) = self.word(task);
        StepRow {
            path: graph.path(task).clone(),
            title: self.title(task),
            kind: kind(&graph.work(task)).to_owned(),
            host: graph.host(task).map(|h| h.name.clone()),
            batch: graph.batch_of(task).map(|(_, batch)| batch + 1),
            word: word.to_owned(),
            why,
            by: shown.by.clone(),
            effect: graph.effect(task),
            began: shown.began.as_ref().map(|s| s.wall),
            ended: shown.ended.as_ref().filter(|_| !is_under_way(&is.state)).map(|s| s.wall),
            took_ms: is.took_ms,
            usual_ms: self.usual_ms(task),
            limit_ms: self.limit_now_ms(task),
            attempts: shown.attempts.clone(),
            sample: shown.sample.clone(),
            ask: is.ask.clone(),
            late: is.late,
            will_skip: is.state == TaskState::Todo && self.foreseen.skips.contains(&task),
        }
    }

    /// The state word of an instance, and why it is so.
    #[must_use]
    pub fn word(&self, task: TaskIndex) -> (&'static str, Option<String>) {
        let state = &self.state.task(task).state;
        match state {
            TaskState::Todo if !self.may_go_on() => ("never", Some(self.why_never())),
            TaskState::Todo if self.state.is_held() && self.state.is_in_turn(task) => {
                let by = self.held_by().map_or_else(|| "a person".to_owned(), ToString::to_string);
                ("HELD", Some(format!("held by {by}")))
            }
            TaskState::Todo if self.foreseen.skips.contains(&task) => {
                ("todo", Some("its `when` does not hold".to_owned()))
            }
            // No record says of these that they stopped: the end of the run does.
            TaskState::Previewing | TaskState::Waiting | TaskState::Gating | TaskState::Asking if self.is_over() => {
                let how = if self.state.aborted().is_some() { "was aborted" } else { "ended" };
                ("never", Some(format!("it was not over when the run {how}")))
            }
            _ => (state.word(), self.instance(task).why.clone()),
        }
    }

    fn is_over(&self) -> bool {
        self.state.phase() == Phase::Finished
    }

    /// Why what has not begun never will.
    fn why_never(&self) -> String {
        match (self.state.aborted(), &self.stopped_by, self.state.finished()) {
            (Some(_), ..) => "the run was aborted before it".to_owned(),
            (_, Some(path), _) => format!("`{path}` stopped the run"),
            (_, _, Some(exit)) => format!("the run ended before it: {}", exit.meaning()),
            (None, None, None) => "the run goes no further".to_owned(),
        }
    }

    /// The rolls, in the order of the plan.
    pub fn rolls(&self) -> impl Iterator<Item = RollRow> {
        (0..self.plan().steps.len()).filter_map(|at| self.roll_row(StepIndex(u32::try_from(at).ok()?)))
    }

    fn roll_row(&self, step: StepIndex) -> Option<RollRow> {
        let graph = self.state.graph();
        let roll = graph.roll(step)?;
        let progress = self.state.roll(step)?;
        let mut hosts = Vec::new();
        for (batch, of_batch) in (1..).zip(&roll.batches) {
            for &host in of_batch {
                hosts.push(self.host_row(step, batch, host, progress.counted.contains(&host)));
            }
        }
        let batches = u32::try_from(roll.batches.len()).unwrap_or(u32::MAX);
        let top = graph.top(step);
        Some(RollRow {
            step: top.id.clone(),
            title: self.roll_title(step),
            batches,
            batch: (progress.open && progress.current < batches).then_some(progress.current + 1),
            spent: u32::try_from(progress.counted.len()).unwrap_or(u32::MAX),
            budget: roll.budget,
            hosts,
        })
    }

    /// A roll has no instance of its own: its title is filled as its first instance would.
    fn roll_title(&self, step: StepIndex) -> String {
        let graph = self.state.graph();
        let first = TaskIndex(graph.of_step[step.0 as usize].start);
        self.state.words_so_far(first, &graph.top(step).title)
    }

    fn host_row(&self, roll: StepIndex, batch: u32, host: HostIndex, counted: bool) -> HostRow {
        let graph = self.state.graph();
        let tasks: Vec<TaskIndex> = graph.on_host[host.0 as usize]
            .iter()
            .copied()
            .filter(|t| matches!(graph.node(*t).role, Role::Inner { roll: of, .. } if of == roll))
            .collect();
        // What its own `when:` left out says nothing about a host on which something else was done.
        let says = |t: &TaskIndex| self.state.task(*t).state != TaskState::Skipped || self.instance(*t).by.is_some();
        let shown = tasks.iter().copied().max_by_key(|t| (says(t), weight(&self.state.task(*t).state), *t));
        let excluded = self.state.host(host).excluded.clone();
        let (word, why) = match (excluded, shown) {
            (Some(reason), _) => ("excl", Some(reason)),
            (None, Some(task)) => self.word(task),
            (None, None) => ("todo", None),
        };
        HostRow {
            name: self.plan().host(host).name.clone(),
            batch,
            word: word.to_owned(),
            why,
            touched: self.touched.contains(&host),
            took_ms: tasks.iter().filter_map(|t| self.state.task(*t).took_ms).sum(),
            counted,
        }
    }

    /// The open asks, in order.
    pub fn asks(&self) -> impl Iterator<Item = AskRow> {
        self.state.asks().map(|ask| AskRow {
            id: ask.id.clone(),
            kind: ask.kind,
            question: ask.question.clone(),
            words: ask.words.clone(),
            typed: ask.typed.clone(),
            fact: ask.fact.clone(),
            since: ask.since.wall,
            unavailable: ask.unavailable,
            if_it_fails: self
                .state
                .graph()
                .find(&ask.id.path)
                .map_or(self.plan().if_it_fails.as_str(), |task| self.sentence_of(task))
                .to_owned(),
        })
    }

    /// The waits for people as rows.
    pub fn wait_rows(&self) -> impl Iterator<Item = WaitRow> {
        self.waits.iter().map(|wait| WaitRow {
            ask: wait.ask.clone(),
            kind: wait.kind,
            since: wait.since.wall,
            until: wait.until.as_ref().map(|s| s.wall),
            waited_ms: wait.until.as_ref().map(|until| wait.waited_ms(until)),
            by: wait.said.last().map(|said| said.by.to_string()),
            word: wait.said.last().map(|said| said.word),
        })
    }

    /// Bytes of output that the run's own commands have written, both streams.
    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        let own = self.instances.iter().flat_map(|i| &i.attempts).filter(|a| a.purpose == Purpose::Main);
        own.map(|a| a.stdout_bytes.saturating_add(a.stderr_bytes)).fold(0, u64::saturating_add)
    }

    /// How far the steps are: satisfied instances, and instances in all; preconditions and undo steps do not count.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let graph = self.state.graph();
        let counts = |t: &TaskIndex| !matches!(graph.node(*t).role, Role::Precondition(_) | Role::Undo { .. });
        let done = graph.tasks().filter(counts).filter(|t| self.state.task(*t).state.is_satisfied()).count();
        (done, graph.tasks().filter(counts).count())
    }

    /// Whether hosts and preconditions are still looked at.
    #[must_use]
    pub fn is_checking(&self) -> bool {
        self.state.phase() == Phase::Checking
    }
}

fn kind(work: &Work<'_>) -> &'static str {
    match work {
        Work::Probe(_) => "probe",
        Work::Command(_) => "command",
        Work::Gate(_) => "gate",
        Work::Pause(_) => "pause",
        Work::Approve(_) => "approve",
        Work::Manual(_) => "manual",
        Work::Wait(_) => "wait",
        Work::Note(_) => "note",
    }
}

fn is_under_way(state: &TaskState) -> bool {
    weight(state) > 1 && !matches!(state, TaskState::Failed(_) | TaskState::Stuck)
}

/// Which of a host's steps says most about it.
fn weight(state: &TaskState) -> u8 {
    match state {
        TaskState::Succeeded | TaskState::Skipped | TaskState::ByHand | TaskState::Excluded => 0,
        TaskState::Todo => 1,
        TaskState::Previewing
        | TaskState::Running
        | TaskState::Retrying
        | TaskState::Verifying(_)
        | TaskState::Waiting
        | TaskState::Gating => 2,
        TaskState::Asking => 3,
        TaskState::Undoing => 4,
        TaskState::Failed(_) => 5,
        TaskState::Unknown { .. } => 6,
        TaskState::Stuck => 7,
    }
}
