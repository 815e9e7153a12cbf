//! [`RunView`]: the fold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::instance::Instance;
use super::remark::Remark;
use super::wait::Wait;
use crate::plan::{HostIndex, Plan, StepPath};
use crate::run::{Actor, AskId, ExitCode, Foreseen, Graph, Record, ReplayError, State, TaskIndex};

/// How a run stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// No record yet.
    Empty,
    /// Hosts and preconditions are looked at.
    Checking,
    /// Steps run.
    Running,
    /// Nothing runs; a person must answer.
    Asking,
    /// A person holds it.
    Held,
    /// Nothing new starts, the engine is about to end.
    Draining,
    /// The engine ended; the run can be resumed.
    Drained,
    /// A person ended it; what runs is awaited.
    Aborting,
    /// The engine is gone without having said so; the run can be resumed.
    Interrupted,
    /// Over.
    Finished,
}

/// What any display shows of one run: the fold of its records and nothing else.
#[derive(Debug, Clone)]
pub struct RunView {
    pub(super) state: State,
    pub(super) instances: Vec<Instance>,
    pub(super) touched: BTreeSet<HostIndex>,
    pub(super) remarks: Vec<Remark>,
    /// Somebody will read the remarks.
    pub(super) keeps_remarks: bool,
    pub(super) waits: Vec<Wait>,
    pub(super) open_waits: BTreeMap<AskId, usize>,
    pub(super) began: Option<DateTime<Utc>>,
    pub(super) ended: Option<DateTime<Utc>>,
    /// What the engine says that it lacks, and since when, until somebody continues or something comes to its end.
    pub(super) lacks: Option<(String, DateTime<Utc>)>,
    /// The latest note: before it holds the run, the engine says why in one.
    pub(super) last_note: Option<String>,
    pub(super) stopped_by: Option<StepPath>,
    /// What the plan alone says about conditions; known from the first record on.
    pub(super) foreseen: Foreseen,
    poison: Option<ReplayError>,
}

impl RunView {
    /// The view of a run without records.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let state = State::new(Arc::new(Graph::new(plan)));
        let instances = state.graph().tasks().map(|_| Instance::default()).collect();
        Self {
            state,
            instances,
            touched: BTreeSet::new(),
            remarks: Vec::new(),
            keeps_remarks: true,
            waits: Vec::new(),
            open_waits: BTreeMap::new(),
            began: None,
            ended: None,
            lacks: None,
            last_note: None,
            stopped_by: None,
            foreseen: Foreseen::default(),
            poison: None,
        }
    }

    /// The same for who reads notes and decisions elsewhere, or not at all: there may be very many of them.
    #[must_use]
    pub fn without_remarks(plan: Arc<Plan>) -> Self {
        Self { keeps_remarks: false, ..Self::new(plan) }
    }

    /// Folds one record in. After one that does not fit, the view stays as it was before it, says so in
    /// [`RunView::poison`], and takes no more.
    ///
    /// # Errors
    /// A [`ReplayError`] that names the first record that does not fit.
    pub fn apply(&mut self, record: &Record) -> Result<(), ReplayError> {
        if let Some(poison) = &self.poison {
            return Err(poison.clone());
        }
        if let Err(error) = self.state.apply(record) {
            self.poison = Some(error.clone());
            return Err(error);
        }
        self.show(record);
        Ok(())
    }

    /// The state that the machine itself folds from the same records.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.state.graph().plan
    }

    /// The first record that did not fit, if one did not: what is shown ends before it.
    #[must_use]
    pub fn poison(&self) -> Option<&ReplayError> {
        self.poison.as_ref()
    }

    /// The run's id; empty before the first record.
    #[must_use]
    pub fn run_id(&self) -> &str {
        self.state.info().map_or("", |info| info.run.as_str())
    }

    /// The incident, if one was named.
    #[must_use]
    pub fn incident(&self) -> Option<&str> {
        self.state.info().and_then(|info| info.incident.as_deref())
    }

    /// Who drives: the starter, whoever resumed last, or whoever took the pen since. `None` before the first record, and
    /// when the pen was handed over and nobody has taken it up.
    #[must_use]
    pub fn pen(&self) -> Option<&Actor> {
        self.state.pen()
    }

    /// Whether somebody drives. Not who looks the same: the account's name may be another one since.
    #[must_use]
    pub fn is_driven_by(&self, who: &Actor) -> bool {
        self.pen().is_some_and(|pen| pen.is_same_person(who))
    }

    /// Who holds the run, while it is held: a person, or the engine, which says in a note before it what it lacks.
    #[must_use]
    pub fn held_by(&self) -> Option<&Actor> {
        self.state.hold().map(|hold| &hold.by)
    }

    /// What the engine lacks for what runs (an ssh agent), in its sentence, and since when.
    #[must_use]
    pub fn lacks(&self) -> Option<(&str, DateTime<Utc>)> {
        self.lacks.as_ref().map(|(why, since)| (why.as_str(), *since))
    }

    /// When the first record was written.
    #[must_use]
    pub fn began(&self) -> Option<DateTime<Utc>> {
        self.began
    }

    /// When the run was over, or its engine had drained; `None` while neither is so.
    #[must_use]
    pub fn ended(&self) -> Option<DateTime<Utc>> {
        self.ended
    }

    /// Notes and decisions, in the order they were written.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Every wait for people, in the order they began.
    #[must_use]
    pub fn waits(&self) -> &[Wait] {
        &self.waits
    }

    /// What the run or its engine ended with; `None` while neither has.
    #[must_use]
    pub fn exit(&self) -> Option<ExitCode> {
        self.state.finished().or(self.state.drained())
    }

    /// How the run stands. `engine_lives`: whether a process holds the run; the records cannot know.
    #[must_use]
    pub fn status(&self, engine_lives: bool) -> RunStatus {
        use crate::run::Phase;
        let state = &self.state;
        match state.phase() {
            Phase::Empty => RunStatus::Empty,
            Phase::Finished => RunStatus::Finished,
            _ if state.drained().is_some() => RunStatus::Drained,
            _ if !engine_lives => RunStatus::Interrupted,
            _ if state.draining().is_some() => RunStatus::Draining,
            _ if state.aborted().is_some() => RunStatus::Aborting,
            _ if state.is_held() => RunStatus::Held,
            _ if !state.is_busy() && state.asks().next().is_some() => RunStatus::Asking,
            Phase::Checking => RunStatus::Checking,
            Phase::Started => RunStatus::Running,
        }
    }

    pub(crate) fn instance(&self, task: TaskIndex) -> &Instance {
        &self.instances[task.0 as usize]
    }
}
