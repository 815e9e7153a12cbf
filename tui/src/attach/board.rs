//! What all threads of a front end know of the run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use banister_core::plan::Plan;
use banister_core::run::{Actor, Record};
use banister_core::view::RunView;
use banister_runtime::control::{Presence, Welcome};
use banister_runtime::driver::operator;
use banister_runtime::state::RunDir;

/// The run as it is known here, and who is at this front end.
pub(crate) struct Board {
    /// The run.
    pub(crate) run: RunDir,
    /// What it runs.
    pub(crate) plan: Arc<Plan>,
    /// Who sits here, by the kernel.
    pub(crate) you: Actor,
    /// Only look.
    pub(crate) watch: bool,
    /// The engine is part of this program.
    pub(crate) foreground: bool,
    view: Mutex<RunView>,
    people: Mutex<Vec<Presence>>,
}

impl Board {
    pub(crate) fn new(run: &RunDir, welcome: Welcome, foreground: bool) -> Self {
        let plan = Arc::new(*welcome.plan);
        Self {
            run: run.clone(),
            view: Mutex::new(RunView::new(plan.clone())),
            plan,
            you: welcome.you,
            watch: welcome.watch,
            foreground,
            people: Mutex::new(Vec::new()),
        }
    }

    /// The board of a run whose engine has ended already.
    pub(crate) fn without_engine(run: &RunDir, plan: Plan, foreground: bool) -> Self {
        let plan = Arc::new(plan);
        Self {
            run: run.clone(),
            view: Mutex::new(RunView::new(plan.clone())),
            plan,
            you: operator(),
            watch: true,
            foreground,
            people: Mutex::new(Vec::new()),
        }
    }

    /// The run by the records so far.
    pub(crate) fn view(&self) -> MutexGuard<'_, RunView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last record that is known.
    pub(crate) fn seq(&self) -> u64 {
        self.view().state().seq()
    }

    /// Takes a record; whether it was news, or why it cannot be shown.
    pub(crate) fn take(&self, record: &Record) -> Result<bool, String> {
        let mut view = self.view();
        if record.seq <= view.state().seq() {
            return Ok(false);
        }
        view.apply(record).map(|()| true).map_err(|error| error.to_string())
    }

    /// Who is attached.
    pub(crate) fn people(&self) -> MutexGuard<'_, Vec<Presence>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
