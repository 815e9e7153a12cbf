//! What the names in a text or a condition mean at one place of a runbook.

use super::ParamValue;
use crate::runbook::ParamType;

/// Knows what may be named at one place of a runbook. The compiler implements it over its own tables, so that
/// nothing is copied for each of ten thousand steps; suggestions are asked for only when something is wrong.
pub trait NameTable {
    /// The declared type of a parameter.
    fn param(&self, name: &str) -> Option<ParamType>;
    /// Its value; `None` while a runbook is checked without values.
    fn value(&self, name: &str) -> Option<&ParamValue>;
    /// What `steps.STEP.OUTPUT` is here.
    fn output(&self, step: &str, output: &str) -> OutputState;
    /// Whether the step at this place runs on hosts, so that `host.name` means something.
    fn has_host(&self) -> bool;
    /// Whether every host of this place has a variable. `true` while hosts are not known yet.
    fn has_host_var(&self, name: &str) -> bool;
    /// Whether a command has ended here, so that `result` means something.
    fn has_result(&self) -> bool;
    /// The parameters, to suggest one.
    fn params(&self) -> Vec<String>;
    /// The steps whose outputs may be named here, to suggest one.
    fn steps(&self) -> Vec<String>;
    /// The outputs of a step, to suggest one.
    fn outputs(&self, step: &str) -> Vec<String>;
    /// The variables of the hosts of this place, to suggest one.
    fn host_vars(&self) -> Vec<String>;
}

/// What `steps.STEP.OUTPUT` is at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputState {
    /// Set whenever this place is reached.
    Set,
    /// The runbook has no such step.
    NoStep,
    /// The step has no such output.
    NoOutput,
    /// The step may still run, or never, when this place is reached.
    NotYet,
    /// The step may have been skipped: only a condition that asks `has(…)` first may name it.
    Perhaps,
    /// Set on each of several hosts: it has one value only inside a roll over them.
    Several,
    /// The step was refused, so nothing is known of its outputs, and nothing is said about them.
    Unclear,
}

/// Words that mean something else in texts or conditions and so cannot be parameters: ours, those of later versions,
/// CEL's keywords, types and functions, and the names at which the template engine would call a helper of its own.
pub const RESERVED: &[&str] = &[
    // Ours, now and later.
    "batch",
    "env",
    "host",
    "incident",
    "inventory",
    "item",
    "now",
    "result",
    "run",
    "secrets",
    "steps",
    // CEL's keywords and reserved words.
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
    // CEL's types, functions and macros.
    "all",
    "base64",
    "bool",
    "bytes",
    "charAt",
    "contains",
    "double",
    "duration",
    "dyn",
    "exists",
    "exists_one",
    "filter",
    "format",
    "google",
    "has",
    "indexOf",
    "int",
    "join",
    "list",
    "map",
    "matches",
    "math",
    "max",
    "min",
    "null_type",
    "optional",
    "replace",
    "reverse",
    "size",
    "split",
    "string",
    "strings",
    "substring",
    "timestamp",
    "trim",
    "type",
    "uint",
    // The template engine's helpers.
    "and",
    "each",
    "eq",
    "gt",
    "gte",
    "inline",
    "len",
    "log",
    "lookup",
    "lt",
    "lte",
    "ne",
    "not",
    "or",
    "raw",
    "this",
    "unless",
    "with",
];

/// Whether a word cannot be the name of a parameter.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
