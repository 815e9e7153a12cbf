//! What is wrong with declarations whatever the values will be.

use super::parse::{parse_value, written};
use crate::plan::condition::matches;
use crate::plan::is_reserved;
use crate::runbook::ParamType;
use crate::runbook::syntax::{ParamDecl, Runbook};
use crate::runbook::tree::{Node, NodeKind};
use crate::source::{Diagnostic, Finding, Span};

/// Checks the declarations of a runbook: reserved names, constraints that do not belong to their type, defaults and
/// examples that their own constraints refuse.
pub fn check_declarations(runbook: &Runbook, findings: &mut Vec<Diagnostic>) {
    for decl in &runbook.params {
        let mut report = |finding: Finding, span: Span| findings.push(Diagnostic::new(finding, span));
        let name = decl.name.value.to_string();
        if is_reserved(&name) {
            report(Finding::ParamReserved { name: name.clone() }, decl.name.span);
        }
        for (field, span) in misplaced(decl) {
            let (kind, name) = (decl.kind.value.word(), name.clone());
            report(Finding::ParamConstraint { name, field, kind }, span);
        }
        let mut sound = true;
        if let Some(pattern) = &decl.pattern
            && matches(&pattern.value, "").is_none()
        {
            sound = false;
            report(Finding::ParamBadPattern { name: name.clone(), pattern: pattern.value.clone() }, pattern.span);
        }
        if let (Some(min), Some(max)) = (&decl.min, &decl.max)
            && min.value > max.value
        {
            sound = false;
            report(Finding::ParamMinOverMax { name: name.clone(), min: min.value, max: max.value }, max.span);
        }
        if decl.kind.value == ParamType::Secret {
            if let Some(default) = &decl.default {
                report(Finding::SecretDefault { name: name.clone() }, default.span);
            }
            continue;
        }
        for (node, what) in [(&decl.default, "default"), (&decl.example, "example")] {
            let Some(node) = node.as_ref().filter(|_| sound) else { continue };
            if let Some(finding) = refused(node, decl) {
                let (why, hint) = (finding.message(), finding.help());
                report(Finding::ParamOwnValue { name: name.clone(), what, why, hint }, node.span);
            }
        }
    }
}

/// Why a declaration refuses its own value.
fn refused(node: &Node, decl: &ParamDecl) -> Option<Finding> {
    match (&node.kind, written(node)) {
        (NodeKind::Refused, _) => None,
        // `[a, b]` for hosts is what people write; it means the same as `a, b`.
        (NodeKind::Sequence(_), Some(_)) if decl.kind.value != ParamType::List => Some(Finding::ParamValue {
            name: decl.name.value.to_string(),
            found: node.describe(),
            expected: "one value; hosts are written `\"a, b\"`".to_owned(),
        }),
        (_, Some(text)) => parse_value(&text, decl, None).err(),
        (_, None) => Some(Finding::ParamValue {
            name: decl.name.value.to_string(),
            found: node.describe(),
            expected: "one value".to_owned(),
        }),
    }
}

/// Constraints that mean nothing for the type.
fn misplaced(decl: &ParamDecl) -> Vec<(&'static str, Span)> {
    use ParamType::{Boolean, Duration, Host, Hosts, Integer, List, Path, Secret, Text};
    let kind = decl.kind.value;
    let mut found = Vec::new();
    if let Some(pattern) = &decl.pattern
        && !matches!(kind, Text | Path | List)
    {
        found.push(("pattern", pattern.span));
    }
    for (field, bound) in [("min", &decl.min), ("max", &decl.max)] {
        if let Some(bound) = bound
            && kind != Integer
        {
            found.push((field, bound.span));
        }
    }
    if let Some(first) = decl.one_of.as_ref().and_then(|list| list.first())
        && matches!(kind, Secret | Duration | Boolean | Hosts)
    {
        found.push(("one_of", first.span));
    }
    if let Some(first) = decl.must_not_be.first()
        && !matches!(kind, Text | Path | Integer | Host | Hosts | List)
    {
        found.push(("must_not_be", first.span));
    }
    found
}
