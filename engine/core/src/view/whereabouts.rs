//! NOW, NEXT and IF IT FAILS: the three lines every screen shows.

use super::rows::{NextRow, RunningRow};
use super::run_view::RunView;
use crate::plan::Action;
use crate::run::{Doubt, Phase, Role, TaskIndex, TaskState, Work};

impl RunView {
    /// What runs now, in the order of the plan. A step that waits for a person is an ask, not here.
    pub fn now(&self) -> impl Iterator<Item = RunningRow> {
        self.state.graph().tasks().filter_map(|task| self.running(task))
    }

    fn running(&self, task: TaskIndex) -> Option<RunningRow> {
        // What no record ended, the end of the run did.
        if self.state.phase() == Phase::Finished {
            return None;
        }
        let is = self.state.task(task);
        let what = match &is.state {
            TaskState::Previewing => "previews",
            TaskState::Running => "runs",
            TaskState::Retrying => "waits to retry",
            TaskState::Verifying(_) => "verifies",
            TaskState::Waiting => "waits",
            TaskState::Gating => "polls",
            TaskState::Undoing => "is undone",
            TaskState::Unknown { doubt: Doubt::Target, .. } => "is asked about",
            TaskState::Unknown { doubt: Doubt::Verify, .. } => "verifies",
            _ => return None,
        };
        let since = is.began.as_ref().or(self.instance(task).began.as_ref())?;
        Some(RunningRow {
            path: self.state.graph().path(task).clone(),
            title: self.title(task),
            host: self.state.graph().host(task).map(|h| h.name.clone()),
            what: what.to_owned(),
            since: since.wall,
            since_elapsed: since.elapsed,
            boot: since.boot.0.clone(),
            usual_ms: self.usual_ms(task),
            limit_ms: self.limit_now_ms(task),
            attempt: is.attempt.max(1),
        })
    }

    /// What comes next: what may start as soon as there is room, or else the first that has not begun; `None` when
    /// nothing will.
    #[must_use]
    pub fn next(&self) -> Option<NextRow> {
        self.upcoming(|_| true)
    }

    /// The next place that needs a person on the run's normal path.
    #[must_use]
    pub fn next_ask(&self) -> Option<NextRow> {
        self.upcoming(|work| matches!(work, Work::Pause(_) | Work::Approve(_) | Work::Manual(_)))
    }

    fn upcoming(&self, fits: impl Fn(&Work<'_>) -> bool) -> Option<NextRow> {
        if !self.may_go_on() {
            return None;
        }
        let graph = self.state.graph();
        let is_candidate = |task: &TaskIndex| {
            self.state.task(*task).state == TaskState::Todo
                && !matches!(graph.node(*task).role, Role::Undo { .. })
                && !self.foreseen.skips.contains(task)
                && fits(&graph.work(*task))
        };
        let in_turn = graph.tasks().filter(is_candidate).find(|t| self.state.is_in_turn(*t));
        let task = in_turn.or_else(|| graph.tasks().find(is_candidate))?;
        Some(NextRow {
            path: graph.path(task).clone(),
            title: self.title(task),
            host: graph.host(task).map(|h| h.name.clone()),
            batch: graph.batch_of(task).map(|(_, batch)| batch + 1),
            needs: self.needs(task),
        })
    }

    /// Whether anything that has not begun may still begin, now or after a resume.
    pub(super) fn may_go_on(&self) -> bool {
        let state = &self.state;
        state.phase() != Phase::Finished && state.aborted().is_none() && !state.is_stopped()
    }

    /// Whom an instance needs, where it needs a person: `1 of sre, not the starter`.
    #[must_use]
    pub fn needs(&self, task: TaskIndex) -> Option<String> {
        match self.state.graph().work(task) {
            Work::Pause(_) | Work::Manual(_) => Some("a person".to_owned()),
            Work::Approve(approve) => {
                let of = if approve.of.is_empty() { "anybody".to_owned() } else { approve.of.join(", ") };
                let not = if approve.not_starter { ", not the starter" } else { "" };
                Some(format!("{} of {of}{not}", approve.by))
            }
            _ => None,
        }
    }

    /// The author's sentence for where the run is: of the step in trouble, else of the one that runs, else of the one
    /// that is next, else the runbook's.
    #[must_use]
    pub fn if_it_fails(&self) -> &str {
        let graph = self.state.graph();
        let first = |fits: fn(&TaskState) -> bool| graph.tasks().find(|t| fits(&self.state.task(*t).state));
        let here = first(TaskState::is_trouble)
            .or_else(|| first(|s| !s.is_satisfied() && *s != TaskState::Todo))
            .or_else(|| self.next().and_then(|next| graph.find(&next.path)));
        here.map_or(self.plan().if_it_fails.as_str(), |task| self.sentence_of(task))
    }

    /// The author's sentence for one instance.
    pub(super) fn sentence_of(&self, task: TaskIndex) -> &str {
        let graph = self.state.graph();
        match graph.node(task).role {
            Role::Precondition(_) => &self.plan().if_it_fails,
            Role::BatchGate { roll, .. } => &graph.top(roll).if_it_fails,
            Role::Top(_) | Role::Inner { .. } | Role::Undo { .. } => {
                graph.step(task).map_or(&self.plan().if_it_fails, |step| &step.if_it_fails)
            }
        }
    }

    /// What people read of an instance.
    pub(crate) fn title(&self, task: TaskIndex) -> String {
        let graph = self.state.graph();
        match graph.node(task).role {
            Role::Precondition(at) => match self.plan().preconditions.get(at) {
                Some(precondition) => self.state.words_so_far(task, &precondition.title),
                None => String::new(),
            },
            Role::BatchGate { batch, .. } => format!("gate after batch {}", batch + 1),
            Role::Top(_) | Role::Inner { .. } | Role::Undo { .. } => {
                graph.step(task).map(|step| self.state.words_so_far(task, &step.title)).unwrap_or_default()
            }
        }
    }

    pub(crate) fn usual_ms(&self, task: TaskIndex) -> Option<u64> {
        self.state.graph().command(task).and_then(|c| c.usual_ms)
    }

    pub(crate) fn limit_ms(&self, task: TaskIndex) -> Option<u64> {
        match self.state.graph().work(task) {
            Work::Probe(probe) => Some(probe.timeout_ms),
            Work::Command(command) => command.timeout_ms,
            Work::Gate(gate) => Some(gate.timeout_ms),
            Work::Wait(ms) => Some(ms),
            Work::Pause(_) | Work::Approve(_) | Work::Manual(_) | Work::Note(_) => None,
        }
    }

    /// The same with what a person's `wait` added: counted, as the time it has taken, from when it began.
    pub(crate) fn limit_now_ms(&self, task: TaskIndex) -> Option<u64> {
        let limit = self.limit_ms(task)?;
        let is = self.state.task(task);
        let began = is.began.as_ref().or(self.instance(task).began.as_ref());
        let added = is.timer.as_ref().zip(began).and_then(|((from, ms), began)| {
            let waited_ms = from.elapsed.checked_sub(began.elapsed).filter(|_| from.boot == began.boot)? / 1_000_000;
            // Only what has used up its time can be given more.
            (waited_ms >= limit).then_some(waited_ms.saturating_add(*ms))
        });
        Some(added.unwrap_or(limit))
    }

    /// Hosts on which something that changes them has been intended, and hosts in all.
    #[must_use]
    pub fn touched(&self) -> (usize, usize) {
        (self.touched.len(), self.plan().hosts.len())
    }

    /// Position of a top-level step from 1, and how many there are, for an instance of it.
    pub(crate) fn position(&self, task: TaskIndex) -> Option<(u32, usize)> {
        let top = self.state.graph().top_of(task)?;
        Some((top.0 + 1, self.plan().steps.len()))
    }

    /// Whether an instance belongs to a roll with more than one batch.
    pub(crate) fn batch_words(&self, task: TaskIndex) -> Option<String> {
        let (roll, batch) = self.state.graph().batch_of(task)?;
        match &self.state.graph().top(roll).action {
            Action::Roll(roll) => Some(format!("batch {} of {}", batch + 1, roll.batches.len())),
            _ => None,
        }
    }
}
