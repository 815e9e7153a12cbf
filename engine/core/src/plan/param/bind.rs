//! Binding arguments to parameters.

use std::collections::BTreeMap;

use super::parse::{parse_value, written};
use super::{ParamValue, SecretReference};
use crate::plan::Inventory;
use crate::runbook::syntax::{ParamDecl, Runbook};
use crate::runbook::{ParamName, ParamType};
use crate::source::{Diagnostic, Finding, Names, Span, did_you_mean};

/// Binds every parameter of a runbook: its argument, or its default. All findings come at once: missing and unknown
/// parameters, values that are none, constraints that do not hold. A secret without an argument is asked for at a
/// prompt when the run starts.
#[must_use]
pub fn bind(
    runbook: &Runbook,
    inventory: &Inventory,
    arguments: &BTreeMap<String, String>,
    findings: &mut Vec<Diagnostic>,
) -> BTreeMap<ParamName, ParamValue> {
    let mut values = BTreeMap::new();
    for decl in &runbook.params {
        match bind_one(decl, inventory, arguments.get(decl.name.value.as_str())) {
            Ok(Some(value)) => {
                values.insert(decl.name.value.clone(), value);
            }
            // A default that is none was said at its declaration.
            Ok(None) => {}
            Err(finding) => findings.push(Diagnostic::new(finding, decl.name.span)),
        }
    }
    let names = || runbook.params.iter().map(|decl| decl.name.value.as_str());
    // An argument stands in no file: the runbook's name is the place that everybody knows.
    let place = runbook.name.as_ref().map_or(Span::new(0, 0), |name| name.span);
    for name in arguments.keys().filter(|name| !names().any(|known| known == name.as_str())) {
        let similar = did_you_mean(name, names());
        let finding = Finding::ParamUnknown { name: name.clone(), similar, known: Names::of(names()) };
        findings.push(Diagnostic::new(finding, place));
    }
    values
}

fn bind_one(decl: &ParamDecl, inventory: &Inventory, argument: Option<&String>) -> Result<Option<ParamValue>, Finding> {
    if let Some(text) = argument {
        return parse_value(text, decl, Some(inventory)).map(Some);
    }
    match &decl.default {
        Some(default) => match written(default) {
            Some(text) => match parse_value(&text, decl, Some(inventory)) {
                Err(finding @ (Finding::ParamUnknownHost { .. } | Finding::ParamOneHost { .. })) => Err(finding),
                other => Ok(other.ok()),
            },
            None => Ok(None),
        },
        None if decl.kind.value == ParamType::Secret => Ok(Some(ParamValue::Secret(SecretReference::Prompt))),
        None => Err(Finding::ParamMissing { name: decl.name.value.to_string() }),
    }
}
