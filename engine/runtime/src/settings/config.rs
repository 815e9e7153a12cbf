//! The configuration file.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::guard::{GuardError, nobody_else_can_write};

/// Says why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Somebody else could have written it.
    #[error("configuration refused: {0}")]
    Guard(#[from] GuardError),
    /// It is there and cannot be read.
    #[error("cannot read the configuration `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not the YAML it should be.
    #[error("configuration `{path}`: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_yaml::Error,
    },
}

/// The operator's configuration, `$XDG_CONFIG_HOME/banister/config.yaml`. Every field may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Directories in which a runbook's NAME is looked up, in this order.
    pub runbooks: Vec<PathBuf>,
    /// The inventory where `-i` is not given.
    pub inventory: Option<PathBuf>,
    /// The state directory where neither `--state-dir` nor `BANISTER_STATE_DIR` is given.
    pub state_dir: Option<PathBuf>,
}

impl Config {
    /// Reads the file. One that does not exist is the empty configuration.
    ///
    /// A path in it is absolute, begins with `~/`, or is relative to the file's own directory.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the file or the directory above it that is not as it should be.
    pub fn read(file: &Path, home: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::Read { path: file.to_owned(), source }),
        };
        nobody_else_can_write(file)?;
        let mut config = Self::parse(&text).map_err(|source| ConfigError::Parse { path: file.to_owned(), source })?;
        let base = file.parent().unwrap_or(Path::new("/"));
        for path in config.runbooks.iter_mut().chain(&mut config.inventory).chain(&mut config.state_dir) {
            *path = match path.strip_prefix("~") {
                Ok(rest) => home.join(rest),
                Err(_) => base.join(&*path),
            };
        }
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, serde_yaml::Error> {
        // An empty document is null, which is no mapping; it means "nothing set".
        Ok(serde_yaml::from_str::<Option<Self>>(text)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).expect("its mode");
        let file = dir.path().join("config.yaml");
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
        let shown = dir.path().display().to_string();
        match Config::read(&file, Path::new("/home/ada")) {
            Ok(mut config) => {
                for path in config.runbooks.iter_mut().chain(&mut config.inventory).chain(&mut config.state_dir) {
                    *path = path.display().to_string().replace(&shown, "DIR").into();
                }
                Ok(config)
            }
            Err(error) => Err(error.to_string().replace(&shown, "DIR")),
        }
    }

    #[test]
    fn no_file_and_an_empty_file_are_the_empty_configuration() {
        assert_eq!(Config::read(Path::new("/no/such/file"), Path::new("/")).expect("empty"), Config::default());
        assert_eq!(read(""), Ok(Config::default()));
        assert_eq!(read("# nothing yet\n"), Ok(Config::default()));
    }

    #[test]
    fn paths_are_absolute_at_home_or_beside_the_file() {
        let expect = Config {
            runbooks: vec!["/home/ada/runbooks".into(), "/srv/runbooks".into()],
            inventory: Some("DIR/inventory.yaml".into()),
            state_dir: Some("/var/lib/banister".into()),
        };
        let text = "runbooks: [~/runbooks, /srv/runbooks]\ninventory: inventory.yaml\nstate_dir: /var/lib/banister\n";
        assert_eq!(read(text), Ok(expect));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let unknown = "configuration `DIR/config.yaml`: unknown field `runbook`, expected one of `runbooks`, `inventory`, `state_dir`";
        assert_eq!(read("runbook: [x]\n").unwrap_err(), unknown);
        let wrong = read("inventory: a\nrunbooks: 3\n").unwrap_err();
        assert!(wrong.contains("runbooks") && wrong.contains("line 2"), "{wrong}");
    }
}
