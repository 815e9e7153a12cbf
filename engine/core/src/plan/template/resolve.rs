//! From a [`Draft`] to a [`Template`]: every placeholder becomes the value of a parameter or a typed hole.

use std::borrow::Cow;

use super::{Draft, DraftPiece, Hole, HoleSource, Piece, Quoting, Template};
use crate::plan::condition::seconds;
use crate::plan::render::quote;
use crate::plan::{NameTable, OutputState, ParamValue};
use crate::runbook::{OutputName, ParamName, ParamType, StepId};
use crate::source::{Finding, Names, Spanned, did_you_mean};

/// What a text in `env:` or `stdin:` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextOrSecret {
    /// Text with holes.
    Text(Template),
    /// One secret parameter and nothing else.
    Secret(ParamName),
}

/// Reads a text that no shell will see: a title, an argument, a directory, a sentence for people.
///
/// # Errors
/// Everything that is wrong with it; spans are bytes of `text`.
pub fn parse_template(text: &str, names: &dyn NameTable) -> Result<Template, Vec<Spanned<Finding>>> {
    resolve(&Draft::parse(text)?, Quoting::Plain, names)
}

/// Reads a value of `env:` or the text of `stdin:`, the two places where a secret may stand, alone.
///
/// # Errors
/// As [`parse_template`].
pub fn parse_text_or_secret(text: &str, names: &dyn NameTable) -> Result<TextOrSecret, Vec<Spanned<Finding>>> {
    let draft = Draft::parse(text)?;
    if let Some(name) = draft.only_placeholder()
        && names.param(&name.value) == Some(ParamType::Secret)
        && let Ok(name) = ParamName::new(name.value.as_str())
    {
        return Ok(TextOrSecret::Secret(name));
    }
    resolve(&draft, Quoting::Plain, names).map(TextOrSecret::Text)
}

/// The parameter that a YAML value names if it is one placeholder and nothing else: such a value keeps the
/// parameter's type, `hosts: "{{ victims }}"` is a set of hosts and not a text.
#[must_use]
pub fn parse_only_param(text: &str) -> Option<ParamName> {
    let draft = Draft::parse(text).ok()?;
    ParamName::new(draft.only_placeholder()?.value.as_str()).ok()
}

/// Resolves every placeholder of a draft.
///
/// # Errors
/// Every name that means nothing here; spans are bytes of the draft's text.
pub(crate) fn resolve(
    draft: &Draft,
    quoting: Quoting,
    names: &dyn NameTable,
) -> Result<Template, Vec<Spanned<Finding>>> {
    let mut template = Template::default();
    let mut findings = Vec::new();
    for piece in &draft.pieces {
        match piece {
            DraftPiece::Text(text) => template.push_text(text),
            DraftPiece::Placeholder(name) => match source(&name.value, quoting, names) {
                Ok(HoleSource::Param(param)) => match names.value(param.as_str()).and_then(param_text) {
                    Some(value) => template.push_text(&quote(&value, quoting)),
                    None => template.pieces.push(Piece::Hole(Hole { source: HoleSource::Param(param), quoting })),
                },
                Ok(source) => template.pieces.push(Piece::Hole(Hole { source, quoting })),
                Err(finding) => findings.push(Spanned::new(finding, name.span)),
            },
        }
    }
    if findings.is_empty() { Ok(template) } else { Err(findings) }
}

/// The one printed form of a value; `None` for a secret.
#[must_use]
pub fn param_text(value: &ParamValue) -> Option<Cow<'_, str>> {
    Some(match value {
        ParamValue::Text(text) => Cow::Borrowed(text),
        ParamValue::Integer(n) => Cow::Owned(n.to_string()),
        ParamValue::Boolean(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
        ParamValue::Duration(ms) => Cow::Owned(seconds(
            i64::try_from(*ms).ok().and_then(chrono::TimeDelta::try_milliseconds).unwrap_or(chrono::TimeDelta::MAX),
        )),
        ParamValue::Host(host) => Cow::Borrowed(host.as_str()),
        ParamValue::Hosts(hosts) => Cow::Owned(hosts.iter().map(|h| h.as_str()).collect::<Vec<_>>().join(", ")),
        ParamValue::List(items) => Cow::Owned(items.join(", ")),
        ParamValue::Secret(_) => return None,
    })
}

fn source(name: &str, quoting: Quoting, names: &dyn NameTable) -> Result<HoleSource, Finding> {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["run", "id"] => Ok(HoleSource::RunId),
        ["host", "name"] | ["host", "vars", _] if !names.has_host() => Err(Finding::HostHere { name: name.to_owned() }),
        ["host", "name"] => Ok(HoleSource::HostName),
        ["host", "vars", var] => host_var(var, names).map(|()| HoleSource::HostVar((*var).to_owned())),
        ["steps", step, "by_host", ..] => Err(Finding::ByHostInText { step: (*step).to_owned() }),
        ["steps", step, output] => {
            output_state(step, output, names, false)?;
            match (StepId::new(*step), OutputName::new(*output)) {
                (Ok(step), Ok(output)) => Ok(HoleSource::Output { step, output }),
                _ => Err(unknown(name, names)),
            }
        }
        ["result", ..] => Err(Finding::ResultInText { name: name.to_owned() }),
        [param] => {
            let (Some(kind), Ok(param)) = (names.param(param), ParamName::new(*param)) else {
                return Err(unknown(name, names));
            };
            match (kind, quoting) {
                (ParamType::Secret, _) => Err(Finding::SecretInText { name: name.to_owned() }),
                (ParamType::Hosts | ParamType::List, Quoting::Shell) => {
                    Err(Finding::ListInScript { name: name.to_owned() })
                }
                _ => Ok(HoleSource::Param(param)),
            }
        }
        _ => Err(unknown(name, names)),
    }
}

/// Whether every host here has a variable.
pub(crate) fn host_var(var: &str, names: &dyn NameTable) -> Result<(), Finding> {
    if names.has_host_var(var) {
        return Ok(());
    }
    let known = names.host_vars();
    let similar = did_you_mean(var, known.iter().map(String::as_str));
    Err(Finding::UnknownHostVar { name: var.to_owned(), similar, known: Names(known) })
}

/// Whether an output is set at this place.
pub(crate) fn output_state(step: &str, output: &str, names: &dyn NameTable, tested: bool) -> Result<(), Finding> {
    let (s, o) = (step.to_owned(), output.to_owned());
    match names.output(step, output) {
        OutputState::Set | OutputState::Unclear => Ok(()),
        OutputState::Several => Err(Finding::OutputOfSeveral { step: s, output: o }),
        OutputState::Perhaps if tested => Ok(()),
        OutputState::Perhaps => Err(Finding::OutputPerhaps { step: s, output: o }),
        OutputState::NotYet => Err(Finding::OutputNotYet { step: s, output: o }),
        OutputState::NoStep => {
            let known = names.steps();
            let similar = did_you_mean(step, known.iter().map(String::as_str));
            Err(Finding::UnknownOutputStep { step: s, similar, known: Names(known) })
        }
        OutputState::NoOutput => {
            let known = names.outputs(step);
            let similar = did_you_mean(output, known.iter().map(String::as_str));
            Err(Finding::UnknownOutput { step: s, output: o, similar, known: Names(known) })
        }
    }
}

/// The finding for a name that means nothing here.
pub(crate) fn unknown(name: &str, names: &dyn NameTable) -> Finding {
    let mut known = names.params();
    known.push("run.id".to_owned());
    if names.has_host() {
        known.extend(["host.name".to_owned(), "host.vars.NAME".to_owned()]);
    }
    let similar = did_you_mean(name, known.iter().map(String::as_str));
    known.push("steps.STEP.OUTPUT".to_owned());
    Finding::UnknownName { name: name.to_owned(), similar, known: Names(known) }
}
