//! One value, from text, for one declared parameter.

use std::collections::BTreeSet;

use super::{ParamValue, SecretReference};
use crate::plan::Inventory;
use crate::plan::condition::matches;
use crate::runbook::syntax::ParamDecl;
use crate::runbook::tree::{Node, NodeKind, parse_tree};
use crate::runbook::{HostName, ParamType};
use crate::source::{Finding, Names, SourceFile, did_you_mean};

/// Bytes a value may have: it becomes part of a command line.
const MAX_VALUE: usize = 64 << 10;

/// Reads the text of `-p NAME=VALUE`.
///
/// With an inventory hosts and groups must be in it; without one they only have to look like names.
pub(super) fn parse_value(text: &str, decl: &ParamDecl, inventory: Option<&Inventory>) -> Result<ParamValue, Finding> {
    let name = decl.name.value.to_string();
    let bad = |expected: &str| {
        let found = shorten(text);
        Finding::ParamValue { name: name.clone(), found, expected: expected.to_owned() }
    };
    if text.contains('\0') {
        return Err(Finding::ParamNul { name });
    }
    if text.len() > MAX_VALUE {
        return Err(Finding::ParamTooLong { name, bytes: text.len(), limit: MAX_VALUE });
    }
    let value = match decl.kind.value {
        ParamType::Text => ParamValue::Text(text.to_owned()),
        ParamType::Path => ParamValue::Text(path(text).map_err(|why| bad(&why))?),
        ParamType::Integer => ParamValue::Integer(text.trim().parse().map_err(|_| bad("a whole number"))?),
        ParamType::Boolean => match text.trim() {
            "true" => ParamValue::Boolean(true),
            "false" => ParamValue::Boolean(false),
            _ => return Err(bad("`true` or `false`")),
        },
        ParamType::Duration => ParamValue::Duration(
            milliseconds(text.trim()).ok_or_else(|| bad("a time span such as `90s`, `5m` or `1h 30m`"))?,
        ),
        ParamType::Host => {
            let hosts = hosts(text, &name, inventory)?;
            match hosts.as_slice() {
                [host] => ParamValue::Host(host.clone()),
                _ => return Err(Finding::ParamOneHost { name, count: hosts.len() }),
            }
        }
        ParamType::Hosts => ParamValue::Hosts(hosts(text, &name, inventory)?),
        ParamType::List => ParamValue::List(list(text).ok_or_else(|| bad("a list such as `[a, b]`"))?),
        ParamType::Secret => return secret(text, &name).map(ParamValue::Secret),
    };
    constraints(&value, decl)?;
    Ok(value)
}

/// Checks a value against what the declaration demands of it.
fn constraints(value: &ParamValue, decl: &ParamDecl) -> Result<(), Finding> {
    let name = || decl.name.value.to_string();
    if let ParamValue::Integer(n) = value {
        let (min, max) =
            (decl.min.as_ref().map_or(i64::MIN, |m| m.value), decl.max.as_ref().map_or(i64::MAX, |m| m.value));
        if !(min..=max).contains(n) {
            return Err(Finding::ParamRange { name: name(), found: *n, range: range(decl) });
        }
    }
    for text in texts(value) {
        if let Some(choice) = &decl.one_of {
            let choice: Vec<String> = choice.iter().filter_map(scalar).collect();
            if !choice.contains(&text) {
                let similar = did_you_mean(&text, choice.iter().map(String::as_str));
                return Err(Finding::ParamOneOf { name: name(), found: shorten(&text), similar, known: Names(choice) });
            }
        }
        if decl.must_not_be.iter().filter_map(scalar).any(|refused| refused == text) {
            return Err(Finding::ParamMustNotBe { name: name(), found: shorten(&text) });
        }
        // A pattern that is none was said at its declaration.
        if let Some(pattern) = &decl.pattern
            && matches(&pattern.value, &text) == Some(false)
        {
            let pattern = pattern.value.clone();
            return Err(Finding::ParamPattern { name: name(), found: shorten(&text), pattern });
        }
    }
    Ok(())
}

fn range(decl: &ParamDecl) -> String {
    match (&decl.min, &decl.max) {
        (Some(min), Some(max)) => format!("from {} to {}", min.value, max.value),
        (Some(min), None) => format!("at least {}", min.value),
        (None, Some(max)) => format!("at most {}", max.value),
        (None, None) => "any".to_owned(),
    }
}

/// The texts that constraints look at: a list's are its items'.
fn texts(value: &ParamValue) -> Vec<String> {
    match value {
        ParamValue::Text(text) => vec![text.clone()],
        ParamValue::Integer(n) => vec![n.to_string()],
        ParamValue::Boolean(b) => vec![b.to_string()],
        ParamValue::Host(host) => vec![host.to_string()],
        ParamValue::Hosts(hosts) => hosts.iter().map(ToString::to_string).collect(),
        ParamValue::List(items) => items.clone(),
        ParamValue::Duration(_) | ParamValue::Secret(_) => Vec::new(),
    }
}

/// The text of a scalar of the file, as `-p` would give it.
pub(super) fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Scalar(text) => Some(text.value.clone()),
        _ => None,
    }
}

/// The value of a `default:`, as `-p` would give it: lists and texts become one text.
pub(super) fn written(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Scalar(text) => Some(text.value.clone()),
        NodeKind::Sequence(items) => {
            let items: Option<Vec<String>> = items.iter().map(scalar).collect();
            // JSON is the flow list that cannot be misread.
            items.and_then(|items| serde_json::to_string(&items).ok())
        }
        NodeKind::Mapping(_) | NodeKind::Refused => None,
    }
}

/// An absolute path in its one form: the shell, `rm` and a person must all read the same place.
fn path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("an absolute path, beginning with `/`".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("a path without control characters".to_owned());
    }
    let parts = || text.split('/').skip(1);
    if parts().any(|part| matches!(part, "." | "..")) {
        return Err("a path without `.` and `..`: write where it leads".to_owned());
    }
    let empty = parts().filter(|part| part.is_empty()).count();
    if text != "/" && empty > 0 {
        let normal: Vec<&str> = parts().filter(|part| !part.is_empty()).collect();
        return Err(format!("a path in its plain form: `/{}`", normal.join("/")));
    }
    Ok(text.to_owned())
}

fn milliseconds(text: &str) -> Option<u64> {
    const YEAR: u64 = 366 * 24 * 3_600_000;
    let span = humantime::parse_duration(text).ok()?;
    u64::try_from(span.as_millis()).ok().filter(|ms| (1..=YEAR).contains(ms))
}

/// Names and groups, comma separated, in the inventory's order; none is an error.
fn hosts(text: &str, name: &str, inventory: Option<&Inventory>) -> Result<Vec<HostName>, Finding> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(Finding::ParamNoHosts { name: name.to_owned() });
    }
    let Some(inventory) = inventory else {
        let bad = |_| Finding::ParamValue {
            name: name.to_owned(),
            found: shorten(text),
            expected: "names of hosts and groups".to_owned(),
        };
        return parts.into_iter().map(|part| HostName::new(part).map_err(bad)).collect();
    };
    let mut found = BTreeSet::new();
    for part in parts {
        let mut hosts = inventory.find(part).map(|host| &host.name).peekable();
        if hosts.peek().is_none() {
            let similar = inventory.similar(part);
            return Err(Finding::ParamUnknownHost {
                name: name.to_owned(),
                host: shorten(part),
                similar,
                known: Names::of(inventory.names()),
            });
        }
        found.extend(hosts);
    }
    Ok(inventory.hosts().iter().map(|host| &host.name).filter(|name| found.contains(name)).cloned().collect())
}

/// A YAML flow list of scalars.
fn list(text: &str) -> Option<Vec<String>> {
    let trimmed = text.trim();
    if !(trimmed.starts_with('[') && trimmed.ends_with(']')) {
        return None;
    }
    let (tree, findings) = parse_tree(&SourceFile::new("-p", trimmed));
    match tree?.kind {
        NodeKind::Sequence(items) if findings.is_empty() => items.iter().map(scalar).collect(),
        _ => None,
    }
}

/// Where a secret is read. Its value must never stand here: a command line can be seen by everybody on the machine.
fn secret(text: &str, name: &str) -> Result<SecretReference, Finding> {
    let refused = || Finding::SecretLiteral { name: name.to_owned() };
    let (kind, place) = text.split_once(':').ok_or_else(refused)?;
    if place.is_empty() {
        return Err(refused());
    }
    let place = place.to_owned();
    match kind {
        "env" if place.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => Ok(SecretReference::Env(place)),
        "file" => Ok(SecretReference::File(place)),
        "cmd" => Ok(SecretReference::Cmd(place)),
        _ => Err(refused()),
    }
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
