//! What the names in a condition mean at one moment.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::plan::{Bindings, HoleSource, Host, ParamValue};
use crate::runbook::ParamName;

/// Knows the outputs of finished steps. The run implements it over its own state, so that nothing is copied to
/// evaluate a gate on ten thousand hosts.
pub trait Outputs: Send + Sync {
    /// `steps.STEP.OUTPUT`: inside a roll the current host's, else the step's only one.
    fn output(&self, step: &str, output: &str) -> Option<&str>;

    /// `steps.STEP.by_host[HOST].OUTPUT`.
    fn output_on(&self, step: &str, host: &str, output: &str) -> Option<&str>;
}

/// No step has finished yet.
impl Outputs for () {
    fn output(&self, _: &str, _: &str) -> Option<&str> {
        None
    }

    fn output_on(&self, _: &str, _: &str, _: &str) -> Option<&str> {
        None
    }
}

/// What a condition may read of a stream: at most 64 KiB, whole and UTF-8, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamText<'a> {
    /// All of it, without its trailing newlines.
    Text(&'a str),
    /// Longer than that.
    Cut,
    /// Not UTF-8.
    NotUtf8,
}

/// `result`: how the command that is judged ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepResult<'a> {
    /// `result.status`.
    pub status: i32,
    /// `result.stdout`.
    pub stdout: StreamText<'a>,
    /// `result.stderr`.
    pub stderr: StreamText<'a>,
    /// `result.took`, milliseconds.
    pub took_ms: u64,
}

/// What the names in a condition mean at one moment. All of it is borrowed: making one costs nothing.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Parameters, by their bare names. Secrets may be among them; no condition can see one.
    pub params: &'a BTreeMap<ParamName, ParamValue>,
    /// `run.id`.
    pub run_id: &'a str,
    /// `steps.…`.
    pub outputs: &'a dyn Outputs,
    /// `host.…`, where a step has a host.
    pub host: Option<&'a Host>,
    /// `result.…`, where a command has ended.
    pub result: Option<StepResult<'a>>,
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("run_id", &self.run_id).field("host", &self.host).finish_non_exhaustive()
    }
}

impl Bindings for Scope<'_> {
    fn value(&self, source: &HoleSource) -> Option<Cow<'_, str>> {
        let text = match source {
            HoleSource::RunId => Some(self.run_id),
            HoleSource::HostName => self.host.map(|host| host.name.as_str()),
            HoleSource::HostVar(name) => self.host.and_then(|host| host.vars.get(name)).map(String::as_str),
            HoleSource::Output { step, output } => self.outputs.output(step.as_str(), output.as_str()),
            HoleSource::Param(_) | HoleSource::Secret(_) => None,
        };
        text.map(Cow::Borrowed)
    }
}
