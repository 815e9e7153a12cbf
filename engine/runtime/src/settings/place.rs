//! The directories of the XDG specification.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::Config;

/// Says that neither `HOME` nor the XDG variables lead anywhere.
#[derive(Debug, thiserror::Error)]
#[error("no home directory: set HOME, or give --state-dir and XDG_CONFIG_HOME")]
pub struct NoHomeError;

/// Where this operator's files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// `$HOME`.
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME/banister/config.yaml`.
    pub config_file: PathBuf,
    /// `$XDG_STATE_HOME/banister`.
    pub state_dir: PathBuf,
}

impl Places {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`NoHomeError`] where the environment names no home.
    pub fn from_env() -> Result<Self, NoHomeError> {
        let xdg = etcetera::base_strategy::Xdg::new().map_err(|_| NoHomeError)?;
        // Invariant: `Xdg` is the strategy that always has a state directory.
        let state = xdg.state_dir().ok_or(NoHomeError)?;
        Ok(Self {
            home: xdg.home_dir().to_owned(),
            config_file: xdg.config_dir().join("banister/config.yaml"),
            state_dir: state.join("banister"),
        })
    }

    /// The state directory: the flag or variable if given, else the configuration's, else XDG's.
    #[must_use]
    pub fn state_dir(&self, given: Option<&Path>, config: &Config) -> PathBuf {
        given.or(config.state_dir.as_deref()).unwrap_or(&self.state_dir).to_owned()
    }
}

/// `.ssh` where ssh looks for it: in the home directory of the account's entry, whatever `$HOME` says.
#[must_use]
pub fn ssh_dir() -> Option<PathBuf> {
    crate::accounts::home().map(|home| home.join(".ssh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_configuration_and_that_over_xdg() {
        let places =
            Places { home: "/h".into(), config_file: "/h/c/banister/config.yaml".into(), state_dir: "/h/s".into() };
        let none = Config::default();
        let some = Config { state_dir: Some("/configured".into()), ..Config::default() };
        assert_eq!(places.state_dir(None, &none), Path::new("/h/s"));
        assert_eq!(places.state_dir(None, &some), Path::new("/configured"));
        assert_eq!(places.state_dir(Some(Path::new("/flag")), &some), Path::new("/flag"));
    }
}
