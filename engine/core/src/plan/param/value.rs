//! Values of parameters.

use serde::{Deserialize, Serialize};

use crate::runbook::HostName;

/// Where a secret's value is read, never the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretReference {
    /// An environment variable of the operator.
    Env(String),
    /// A file; its last newline is left out.
    File(String),
    /// A command, by `sh -c`; the last newline of its output is left out.
    Cmd(String),
    /// Typed at a prompt.
    Prompt,
}

/// A parameter's value, typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamValue {
    /// `type: text`, `path`.
    Text(String),
    /// `type: integer`.
    Integer(i64),
    /// `type: boolean`.
    Boolean(bool),
    /// `type: duration`, milliseconds.
    Duration(u64),
    /// `type: host`.
    Host(HostName),
    /// `type: hosts`, in the inventory's order.
    Hosts(Vec<HostName>),
    /// `type: list`.
    List(Vec<String>),
    /// `type: secret`.
    Secret(SecretReference),
}
