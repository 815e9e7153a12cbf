//! The journal of a drill while it grows.

use banister_core::run::Record;
use banister_runtime::journal::Follower;
use banister_runtime::state::{RunDir, RunRef, RunState, StateDir};

use crate::failure::Failure;

/// Everything that was recorded so far.
pub(super) struct Follow {
    state: StateDir,
    run: Option<RunDir>,
    follower: Option<Follower>,
    pub(super) records: Vec<Record>,
}

impl Follow {
    /// Follows the one run that will be in a state directory.
    pub(super) fn new(state: StateDir) -> Self {
        Self { state, run: None, follower: None, records: Vec::new() }
    }

    /// Reads what is new.
    pub(super) fn look(&mut self) -> Result<(), Failure> {
        if self.run.is_none() && !self.state.ids()?.is_empty() {
            self.run = Some(self.state.find(&RunRef::Last)?);
        }
        if let (Some(run), None) = (&self.run, &self.follower)
            && run.journal_path().exists()
        {
            self.follower = Some(Follower::open(&run.journal_path())?);
        }
        if let Some(follower) = &mut self.follower {
            while let Some(followed) = follower.next()? {
                self.records.push(followed.record);
            }
        }
        Ok(())
    }

    /// The run, when there is one.
    pub(super) fn run(&self) -> Option<&RunDir> {
        self.run.as_ref()
    }

    /// The engine's pid, as `ops` counts.
    pub(super) fn engine(&self) -> Result<Option<u32>, Failure> {
        let list = self.state.list()?;
        Ok(list.into_iter().find_map(|run| match run.state {
            RunState::Running(holder) => holder.map(|holder| holder.pid),
            _ => None,
        }))
    }
}
