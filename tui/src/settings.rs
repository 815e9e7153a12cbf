//! Flags over environment over configuration, for the commands that need them.

use std::path::{Path, PathBuf};

use banister_runtime::settings::{Config, Places, find_runbook};

use crate::cli::{HostsArgs, StateArgs};
use crate::failure::Failure;

/// The operator's settings, read once by a command that needs them.
#[derive(Debug)]
pub(crate) struct Settings {
    places: Places,
    config: Config,
}

impl Settings {
    /// Reads environment and configuration file.
    pub(crate) fn read() -> Result<Self, Failure> {
        let places = Places::from_env()?;
        let config = Config::read(&places.config_file, &places.home)?;
        Ok(Self { places, config })
    }

    /// `$HOME`.
    pub(crate) fn home(&self) -> &Path {
        &self.places.home
    }

    /// Where runs are kept.
    pub(crate) fn state_dir(&self, args: &StateArgs) -> PathBuf {
        self.places.state_dir(args.state_dir.as_deref(), &self.config)
    }

    /// The inventory's file, if there is one.
    pub(crate) fn inventory<'a>(&'a self, args: &'a HostsArgs) -> Option<&'a Path> {
        args.inventory.as_deref().or(self.config.inventory.as_deref())
    }

    /// Where runbooks are looked for, in order.
    pub(crate) fn runbook_directories(&self) -> Vec<PathBuf> {
        self.config.runbooks.iter().cloned().chain([PathBuf::from("runbooks")]).collect()
    }

    /// The file of a runbook given as FILE or NAME.
    pub(crate) fn runbook(&self, file_or_name: &str) -> Result<PathBuf, Failure> {
        Ok(find_runbook(file_or_name, &self.config.runbooks)?)
    }
}
