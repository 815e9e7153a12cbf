//! Small parts of a plan in words.

use std::time::Duration;

use super::PrintStyle;
use crate::plan::{Action, CommandKind, CommandStep, HostIndex, ParamValue, Piece, Plan, SecretReference, Template};
use crate::source::visible;

/// A text as it will be, its holes shown by name. One line for each of its own.
pub(super) fn text(template: &Template, style: PrintStyle) -> String {
    let (open, close) = if style.ascii { ("{{", "}}") } else { ("‹", "›") };
    let mut text = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(known) => text.push_str(known),
            Piece::Hole(hole) => text.push_str(&format!("{open}{}{close}", hole.source)),
        }
    }
    text
}

/// The lines of a text, each safe to show.
pub(super) fn safe_lines(text: &str) -> Vec<String> {
    text.trim_end_matches('\n').split('\n').map(|line| visible(line).into_owned()).collect()
}

/// One safe line.
pub(super) fn line(template: &Template, style: PrintStyle) -> String {
    safe_lines(&text(template, style)).join(" ")
}

/// The lines of a command as it will run.
pub(super) fn command_lines(kind: &CommandKind, style: PrintStyle) -> Vec<String> {
    match kind {
        CommandKind::Script { text: script, .. } => safe_lines(&text(script, style)),
        // Words as a shell would show them, so that a blank in one is seen.
        CommandKind::Exec { argv } => {
            let word = |template: &Template| {
                let plain = text(template, style);
                let quoted = if template.holes().next().is_some() { None } else { shlex::try_quote(&plain).ok() };
                quoted.map_or(plain.clone(), std::borrow::Cow::into_owned)
            };
            vec![visible(&argv.iter().map(word).collect::<Vec<_>>().join(" ")).into_owned()]
        }
    }
}

/// `90s` → `1m 30s`.
pub(super) fn span(ms: u64) -> String {
    humantime::format_duration(Duration::from_millis(ms)).to_string()
}

/// Names of hosts, at most twelve.
pub(super) fn hosts(plan: &Plan, indexes: &[HostIndex]) -> String {
    const MOST: usize = 12;
    let name = |index: &HostIndex| plan.hosts.get(index.0 as usize).map_or("?", |host| host.name.as_str());
    let mut names: Vec<&str> = indexes.iter().take(MOST).map(name).collect();
    let more = format!("and {} more", indexes.len().saturating_sub(MOST));
    if indexes.len() > MOST {
        names.push(&more);
    }
    names.join(", ")
}

/// A parameter's value; of a secret only where it is read.
pub(super) fn param(value: &ParamValue) -> String {
    let text = match value {
        ParamValue::Secret(reference) => match reference {
            SecretReference::Env(name) => format!("secret, from the environment variable {name}"),
            SecretReference::File(path) => format!("secret, from the file {path}"),
            SecretReference::Cmd(command) => format!("secret, from the command {command}"),
            SecretReference::Prompt => "secret, asked for at the start".to_owned(),
        },
        ParamValue::Duration(ms) => span(*ms),
        other => crate::plan::param_text(other).unwrap_or_default().into_owned(),
    };
    visible(&text).into_owned()
}

/// What kind of step it is, as it is written.
pub(super) fn kind(action: &Action) -> &'static str {
    match action {
        Action::Command(command) => command_kind(command),
        Action::Gate(_) => "gate",
        Action::Pause { .. } => "pause",
        Action::Approve(_) => "approve",
        Action::Manual(_) => "manual",
        Action::Roll(_) => "roll",
        Action::Wait { .. } => "wait",
        Action::Note { .. } => "note",
    }
}

fn command_kind(command: &CommandStep) -> &'static str {
    match command.command.kind {
        CommandKind::Script { .. } => "run",
        CommandKind::Exec { .. } => "exec",
    }
}
