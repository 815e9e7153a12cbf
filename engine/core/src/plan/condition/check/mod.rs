//! What is wrong with a condition, found before anything runs: it parses, every name in it exists, every function is
//! one of ours, and its types fit as far as they are known.
//!
//! The evaluator does none of this: `true || lagg == 0` is true to it for ever. It does not decide what an output is
//! worth or whether a condition makes sense.

mod functions;
mod hints;
mod kind;
mod named;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::{Env, Program};

use super::ConditionError;
use super::conditions::{MAX_CONDITION, compile, environment, room};
use crate::plan::{Condition, NameTable};
use crate::source::{Finding, Span, Spanned};
use kind::Kind;
use walk::Walk;

/// What a condition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionUse {
    /// `when:`, `until:`, `expect:`: true or false.
    Decides,
    /// An output, the answer to a fact: anything that has a text.
    Computes,
}

type Findings = Vec<Spanned<Finding>>;

/// Checks conditions, parsing each different text once.
pub struct ConditionChecker {
    env: Arc<Env>,
    parsed: BTreeMap<String, Result<Arc<Program>, Findings>>,
}

impl std::fmt::Debug for ConditionChecker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConditionChecker")
    }
}

impl Default for ConditionChecker {
    fn default() -> Self {
        Self::new()
    }
}

impl ConditionChecker {
    /// A checker that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { env: environment(), parsed: BTreeMap::new() }
    }

    /// Reads a condition that stands at a place of a runbook.
    ///
    /// # Errors
    /// Everything that is wrong with it; spans are bytes of `text`.
    pub fn check(&mut self, text: &str, purpose: ConditionUse, names: &dyn NameTable) -> Result<Condition, Findings> {
        let program = match self.parsed.get(text) {
            Some(known) => known.clone()?,
            None => {
                let new = parse(&self.env, text).map(Arc::new);
                self.parsed.insert(text.to_owned(), new.clone());
                new?
            }
        };
        let mut walk = Walk::new(&self.env, &program, text, names);
        let kind = room(program.expression(), || walk.kind(program.expression()));
        if walk.findings.is_empty() {
            let whole = Span::new(0, text.len());
            match (purpose, &kind) {
                (ConditionUse::Decides, Kind::Boolean | Kind::Unknown) => {}
                (ConditionUse::Decides, other) => {
                    let finding = Finding::ConditionNotBoolean { kind: other.name() };
                    walk.findings.push(Spanned::new(finding, whole));
                }
                (ConditionUse::Computes, Kind::List(..) | Kind::Null) => {
                    let finding = Finding::OutputNotText { kind: kind.name() };
                    walk.findings.push(Spanned::new(finding, whole));
                }
                (ConditionUse::Computes, _) => {}
            }
        }
        let mut findings = walk.findings;
        if findings.is_empty() {
            return Ok(Condition(text.to_owned()));
        }
        findings.sort_by_key(|finding| finding.span);
        Err(findings)
    }
}

fn parse(env: &Env, text: &str) -> Result<Program, Findings> {
    compile(env, text).map_err(|error| {
        let whole = Span::new(0, text.len());
        let finding = match error {
            ConditionError::TooLong { length, .. } => {
                Spanned::new(Finding::ConditionTooLong { length, limit: MAX_CONDITION }, whole)
            }
            other => hints::explain(text, &other),
        };
        vec![finding]
    })
}

#[cfg(test)]
mod tests;
