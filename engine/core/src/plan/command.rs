//! A command as the plan keeps it: once, as a template.

use serde::{Deserialize, Serialize};

use super::Template;
use crate::runbook::{ParamName, Shell};

/// A script or an argument vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// `run:`.
    Script {
        /// Who reads it.
        shell: Shell,
        /// Its text; every hole is one shell word or part of one.
        text: Template,
    },
    /// `exec:`; no shell sees it.
    Exec {
        /// At least the program.
        argv: Vec<Template>,
    },
}

/// A value of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvValue {
    /// Known text.
    Text(Template),
    /// A secret parameter, sent over standard input and exported by the wrapper.
    Secret(ParamName),
}

/// One variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvEntry {
    /// Its name: `[A-Za-z_][A-Za-z0-9_]*`.
    pub name: String,
    /// Its value.
    pub value: EnvValue,
}

/// What a command reads on standard input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// Known text.
    Text(Template),
    /// A secret parameter.
    Secret(ParamName),
}

/// What is run, as whom, where and with what around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Script or argument vector.
    pub kind: CommandKind,
    /// `as:`, by `sudo -n`; `None`: the login account.
    pub account: Option<String>,
    /// `env:`, in the order written.
    pub env: Vec<EnvEntry>,
    /// `stdin:`; `None`: closed.
    pub stdin: Option<Stdin>,
    /// `cwd:`; `None`: the account's home.
    pub cwd: Option<Template>,
}
