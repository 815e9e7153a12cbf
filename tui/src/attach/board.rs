//! What all threads of a front end know of the run.

use std::sync::atomic::{AtomicU64, Ordering};
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
    /// The last record that was written when this front end attached.
    known: AtomicU64,
    people: Mutex<Vec<Presence>>,
}

impl Board {
    pub(crate) fn new(run: &RunDir, welcome: Welcome, foreground: bool) -> Self {
        let plan = Arc::new(*welcome.plan);
        Self {
            run: run.clone(),
            view: Mutex::new(RunView::new(plan.clone())),
            known: AtomicU64::new(welcome.seq),
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
            known: AtomicU64::new(0),
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

    /// Attached anew: everything up to this record follows at once.
    pub(crate) fn attached(&self, known: u64) {
        self.known.store(known, Ordering::Relaxed);
    }

    /// Whether everything is known that had happened when this front end attached. Before that the view is of the past:
    /// what runs there may have ended, and what is asked there may be answered.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.seq() >= self.known.load(Ordering::Relaxed)
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
