//! The state directory itself.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::guard::{check_dir, make_dir, open_root};
use super::{RunDir, RunId, RunRef, RunSummary, StateError};
use crate::access::Access;

/// The directory that holds all runs of one operator, or of a group of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    path: PathBuf,
    access: Access,
}

impl StateDir {
    /// Where it lies: as given (`--state-dir`), else `BANISTER_STATE_DIR`, else `$XDG_STATE_HOME/banister`. An empty
    /// variable counts as none.
    ///
    /// # Errors
    /// [`StateError::NoPlace`] if none of them says.
    pub fn locate(given: Option<PathBuf>) -> Result<PathBuf, StateError> {
        let variable = || std::env::var_os("BANISTER_STATE_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
        let standard = || etcetera::choose_base_strategy().ok()?.state_dir().map(|dir| dir.join("banister"));
        let path = given.or_else(variable).or_else(standard).ok_or(StateError::NoPlace)?;
        std::path::absolute(&path).map_err(StateError::io("find", &path))
    }

    /// Opens it, and makes it, private, if there is none. One that an administrator made for a group (setgid, writable by
    /// the group, closed to everybody else) is shared by the group's members.
    ///
    /// # Errors
    /// A [`StateError`] if it cannot be made, or others could use what is there.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        let path = path.into();
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).map_err(StateError::io("make the directory", above))?;
        }
        let access = open_root(&path)?;
        let state = Self { path, access };
        make_dir(&state.runs_path(), access)?;
        Ok(state)
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a group shares it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.access != Access::Private
    }

    pub(crate) fn run_at(&self, id: &RunId) -> RunDir {
        RunDir::at(&self.runs_path(), id, self.access)
    }

    pub(super) fn runs_path(&self) -> PathBuf {
        self.path.join("runs")
    }

    /// The directory of what is known of hosts beside any run; made if there is none.
    pub(crate) fn hosts_dir(&self) -> Result<PathBuf, StateError> {
        let path = self.path.join("hosts");
        make_dir(&path, self.access)?;
        Ok(path)
    }

    /// Makes the directory of a new run.
    ///
    /// # Errors
    /// A [`StateError`] if it cannot be made.
    pub fn create_run(&self, id: &RunId) -> Result<RunDir, StateError> {
        RunDir::create(&self.runs_path(), id, self.access)
    }

    /// The directory of a run that is there.
    ///
    /// # Errors
    /// A [`StateError`] if no run, or more than one, is meant, or others could use its directory.
    pub fn find(&self, run: &RunRef) -> Result<RunDir, StateError> {
        let id = match run {
            RunRef::Last => {
                let began = |run: &RunSummary| run.began.or_else(|| self.run_at(&run.id).made());
                let runs = self.list()?.into_iter().map(|run| (began(&run), run.id));
                runs.max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, id)| id)
            }
            RunRef::Beginning(text) => Some(self.only(text)?),
        };
        let id = id.ok_or_else(|| StateError::NoRuns(self.runs_path()))?;
        let run = self.run_at(&id);
        check_dir(run.path(), self.access)?;
        Ok(run)
    }

    fn only(&self, text: &str) -> Result<RunId, StateError> {
        let mut found: Vec<RunId> = self.ids()?.into_iter().filter(|id| id.as_str().starts_with(text)).collect();
        match (found.pop(), found.is_empty()) {
            (Some(id), true) => Ok(id),
            (Some(id), false) => {
                let candidates = found.iter().chain([&id]).map(RunId::to_string).collect();
                Err(StateError::Ambiguous { text: text.to_owned(), candidates })
            }
            (None, _) => Err(StateError::NoSuchRun { text: text.to_owned(), dir: self.runs_path() }),
        }
    }

    /// The ids of all runs, sorted.
    ///
    /// # Errors
    /// A [`StateError`] if the directory cannot be read.
    pub fn ids(&self) -> Result<Vec<RunId>, StateError> {
        let runs = self.runs_path();
        let fail = || StateError::io("list", &runs);
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&runs).map_err(fail())? {
            let name = entry.map_err(fail())?.file_name();
            ids.extend(name.to_str().and_then(RunId::parse));
        }
        ids.sort();
        Ok(ids)
    }

    /// All runs: those whose engine died first, so that nobody overlooks them, then those that go on, then the others; of
    /// each kind the youngest first.
    ///
    /// # Errors
    /// A [`StateError`] if the directory cannot be read; a single run that cannot be read is in the list and says so.
    pub fn list(&self) -> Result<Vec<RunSummary>, StateError> {
        let mut list: Vec<RunSummary> = self.ids()?.iter().map(|id| RunSummary::of(&self.run_at(id))).collect();
        RunSummary::sort(&mut list);
        Ok(list)
    }
}
