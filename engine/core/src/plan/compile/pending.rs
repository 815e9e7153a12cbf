//! Stands in for inventory and parameters until they are there.
use std::collections::BTreeMap;

use crate::plan::{Host, ParamValue};
use crate::runbook::ParamName;
use crate::runbook::syntax::Runbook;
use crate::source::{Diagnostic, SourceFile};

/// Hosts by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The environment's word.
    pub environment: String,
    /// Its hosts.
    pub hosts: Vec<Host>,
}

impl Inventory {
    /// The environment's word.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Its hosts.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }
}

pub(super) fn bind(
    _source: &SourceFile,
    _runbook: &Runbook,
    _inventory: &Inventory,
    _arguments: &BTreeMap<String, String>,
    _findings: &mut Vec<Diagnostic>,
) -> BTreeMap<ParamName, ParamValue> {
    BTreeMap::new()
}

pub(super) fn check_declarations(_source: &SourceFile, _runbook: &Runbook, _findings: &mut Vec<Diagnostic>) {}
