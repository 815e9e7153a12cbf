//! Reads the values of secret parameters from where their references say.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, ExitStatus, Stdio};

use banister_core::plan::{ParamValue, SecretReference};
use banister_core::runbook::ParamName;

use super::secret::UnfitSecret;
use super::{RedactionSet, Secret};

/// Says which secret could not be read, and why. Never quotes a value.
#[derive(Debug, thiserror::Error)]
#[error("secret `{name}`: {reason}")]
pub struct SecretError {
    /// The parameter.
    pub name: ParamName,
    /// Why.
    pub reason: SecretErrorReason,
}

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretErrorReason {
    /// `env:`.
    #[error("the environment variable `{0}` is not set; set it, or give the secret as file:PATH or cmd:COMMAND")]
    NotSet(String),
    /// `file:`.
    #[error("cannot read {path}: {source}")]
    File {
        /// As given.
        path: String,
        /// In the system's words.
        source: io::Error,
    },
    /// `cmd:`, and the shell could not be started.
    #[error("cannot start `sh -c` for the command `{command}`: {source}")]
    Start {
        /// As given.
        command: String,
        /// In the system's words.
        source: io::Error,
    },
    /// `cmd:`, and it failed.
    #[error("the command `{command}` ended with {status}; its standard output was not used")]
    Failed {
        /// As given.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// Typed at a prompt, and nobody could.
    #[error("nobody could be asked for it: {0}; give it as env:NAME, file:PATH or cmd:COMMAND")]
    Prompt(io::Error),
    /// What was read cannot be kept secret.
    #[error("{0}")]
    Unfit(UnfitSecret),
}

/// The values of a run's secret parameters.
#[derive(Default)]
pub struct Secrets(BTreeMap<ParamName, Secret>);

impl Secrets {
    /// Reads every secret among a plan's parameters. `prompt` is asked for those that are typed.
    ///
    /// # Errors
    /// The first [`SecretError`], in the order of names.
    pub fn load(
        params: &BTreeMap<ParamName, ParamValue>,
        prompt: &mut dyn FnMut(&ParamName) -> io::Result<Vec<u8>>,
    ) -> Result<Self, SecretError> {
        let mut secrets = BTreeMap::new();
        for (name, value) in params {
            let ParamValue::Secret(reference) = value else { continue };
            let fail = |reason| SecretError { name: name.clone(), reason };
            let bytes = match reference {
                SecretReference::Prompt => prompt(name).map_err(|e| fail(SecretErrorReason::Prompt(e)))?,
                other => read(other).map_err(fail)?,
            };
            let secret = Secret::new(bytes).map_err(|unfit| fail(SecretErrorReason::Unfit(unfit)))?;
            secrets.insert(name.clone(), secret);
        }
        Ok(Self(secrets))
    }

    /// The value of a parameter, if it is a secret.
    #[must_use]
    pub fn get(&self, name: &ParamName) -> Option<&Secret> {
        self.0.get(name)
    }

    /// Every value, in the order of names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ParamName, &Secret)> {
        self.0.iter()
    }

    /// Everything that must be blotted out.
    #[must_use]
    pub fn redactions(&self) -> RedactionSet {
        RedactionSet::new(self.0.values())
    }
}

impl FromIterator<(ParamName, Secret)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (ParamName, Secret)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

fn read(reference: &SecretReference) -> Result<Vec<u8>, SecretErrorReason> {
    match reference {
        SecretReference::Env(variable) => std::env::var_os(variable)
            .map(OsStringExt::into_vec)
            .ok_or_else(|| SecretErrorReason::NotSet(variable.clone())),
        SecretReference::File(path) => std::fs::read(path)
            .map(without_last_newline)
            .map_err(|source| SecretErrorReason::File { path: path.clone(), source }),
        SecretReference::Cmd(command) => {
            // Its standard error stays the operator's: a password manager may have to say something there.
            let output = Command::new("sh")
                .args(["-c", command])
                .stderr(Stdio::inherit())
                .output()
                .map_err(|source| SecretErrorReason::Start { command: command.clone(), source })?;
            if output.status.success() {
                Ok(without_last_newline(output.stdout))
            } else {
                Err(SecretErrorReason::Failed { command: command.clone(), status: output.status })
            }
        }
        SecretReference::Prompt => Err(SecretErrorReason::Prompt(io::ErrorKind::Unsupported.into())),
    }
}

fn without_last_newline(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(reference: SecretReference) -> Result<Vec<u8>, String> {
        let name = ParamName::new("token").unwrap();
        let params = BTreeMap::from([
            (name.clone(), ParamValue::Secret(reference)),
            (ParamName::new("plain").unwrap(), ParamValue::Text("visible".to_owned())),
        ]);
        let secrets = Secrets::load(&params, &mut |_| Ok(b"typed by hand".to_vec())).map_err(|e| e.to_string())?;
        assert!(secrets.get(&ParamName::new("plain").unwrap()).is_none());
        Ok(secrets.get(&name).unwrap().expose().to_vec())
    }

    #[test]
    fn reads_a_file_without_its_last_newline_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "hunter2hunter2\n\n").unwrap();
        let file = SecretReference::File(path.display().to_string());
        assert_eq!(load(file), Ok(b"hunter2hunter2\n".to_vec()));
    }

    #[test]
    fn reads_commands_variables_and_prompts() {
        assert_eq!(load(SecretReference::Cmd("printf 'a b c d\\n'".into())), Ok(b"a b c d".to_vec()));
        let path = std::env::var_os("PATH").unwrap().into_vec();
        assert_eq!(load(SecretReference::Env("PATH".into())), Ok(path));
        assert_eq!(load(SecretReference::Prompt), Ok(b"typed by hand".to_vec()));
    }

    #[test]
    fn says_which_secret_and_what_to_do_but_never_the_value() {
        let errors = [
            load(SecretReference::Env("BANISTER_TEST_NOT_SET".into())),
            load(SecretReference::File("/nonexistent/token".into())),
            load(SecretReference::Cmd("echo hidden-value; exit 3".into())),
            load(SecretReference::Cmd("echo short".into())),
        ]
        .map(|r| r.unwrap_err());
        assert!(errors.iter().all(|e| !e.contains("short\n") && !e.contains("hidden-value\n")));
        insta::assert_snapshot!(errors.join("\n"), @r"
        secret `token`: the environment variable `BANISTER_TEST_NOT_SET` is not set; set it, or give the secret as file:PATH or cmd:COMMAND
        secret `token`: cannot read /nonexistent/token: No such file or directory (os error 2)
        secret `token`: the command `echo hidden-value; exit 3` ended with exit status: 3; its standard output was not used
        secret `token`: its value is shorter than 6 characters and could not be blotted out of the output; use a longer one
        ");
    }
}
