//! What was given on the command line → a plan, or everything that is wrong with it on standard error.

use std::collections::BTreeMap;
use std::io;

use banister_core::plan::Plan;
use banister_core::source::{Diagnostic, Look, SourceFile, render_human};
use banister_runtime::driver::Origin;
use banister_runtime::settings::read_source;

use crate::cli::TargetArgs;
use crate::exit_code;
use crate::failure::Failure;
use crate::inventory::inventory_telling;
use crate::settings::Settings;
use crate::terminal;

/// A compiled runbook with the texts it was made from.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// What will run.
    pub(crate) plan: Plan,
    /// The runbook's file.
    pub(crate) source: SourceFile,
    /// The inventory's file, if there was one.
    pub(crate) inventory: Option<SourceFile>,
}

impl Compiled {
    /// Where the plan came from, for the first record.
    pub(crate) fn origin(&self, incident: Option<String>) -> Origin {
        Origin {
            runbook_file: self.source.name().to_owned(),
            runbook: self.source.text().as_bytes().to_vec(),
            inventory: self.inventory.as_ref().map(|source| source.text().as_bytes().to_vec()),
            incident,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Finds, reads and compiles a runbook for its inventory and parameters. Warnings are said, errors end it.
pub(crate) fn compile(file_or_name: &str, args: &TargetArgs) -> Result<Compiled, Failure> {
    compile_telling(file_or_name, args, &mut on_terminal)
}

/// The same for who has another place for what is said than standard error.
pub(crate) fn compile_telling(file_or_name: &str, args: &TargetArgs, tell: Tell<'_>) -> Result<Compiled, Failure> {
    let settings = Settings::read()?;
    let file = settings.runbook(file_or_name)?;
    let arguments = arguments(&args.params)?;
    let (inventory, inventory_source) = inventory_telling(&settings, &args.hosts, tell)?;
    let source = read_source(&file)?;
    let (plan, findings) = banister_core::plan::compile(&source, &inventory, &arguments);
    judge_telling(&source, &findings, tell)?;
    let plan = plan.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
    Ok(Compiled { plan, source, inventory: inventory_source })
}

/// Takes what is to be said about the files of a command: findings of one, or a note.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Told<'_>);

/// One thing that is to be said.
pub(crate) enum Told<'a> {
    /// Findings of one file; at least one.
    Findings(&'a SourceFile, &'a [Diagnostic]),
    /// A note.
    Note(String),
}

/// Says it on standard error.
pub(crate) fn on_terminal(told: Told<'_>) {
    match told {
        Told::Findings(source, findings) => say(source, findings),
        Told::Note(note) => terminal::talk(&format!("note: {note}")),
    }
}

/// `-p` by name. The same name twice is a slip that must not decide by its order.
fn arguments(params: &[(String, String)]) -> Result<BTreeMap<String, String>, Failure> {
    let mut arguments = BTreeMap::new();
    for (name, value) in params {
        if arguments.insert(name.clone(), value.clone()).is_some() {
            return Err(Failure::new(exit_code::USAGE, format!("parameter `{name}` is given twice")));
        }
    }
    Ok(arguments)
}

/// Says findings; with an error among them the command is over.
pub(crate) fn judge(source: &SourceFile, findings: &[Diagnostic]) -> Result<(), Failure> {
    judge_telling(source, findings, &mut on_terminal)
}

/// The same for who has another place for what is said.
pub(crate) fn judge_telling(source: &SourceFile, findings: &[Diagnostic], tell: Tell<'_>) -> Result<(), Failure> {
    if !findings.is_empty() {
        tell(Told::Findings(source, findings));
    }
    if findings.iter().any(Diagnostic::is_error) {
        return Err(Failure::silent(exit_code::BAD_RUNBOOK));
    }
    Ok(())
}

/// Says findings on standard error.
pub(crate) fn say(source: &SourceFile, findings: &[Diagnostic]) {
    if !findings.is_empty() {
        let look = if terminal::colour(&io::stderr()) { Look::Colour } else { Look::Plain };
        // What stands in the files was spelled out by it; the colours are its own.
        terminal::talk_lines(&format!("{}\n", render_human(source, findings, look)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_given_once() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let good = arguments(&[pair("a", "1"), pair("b", "2")]).expect("two parameters");
        assert_eq!(good.get("b").map(String::as_str), Some("2"));
        let twice = arguments(&[pair("a", "1"), pair("a", "1")]).expect_err("twice");
        assert_eq!((twice.exit, twice.message.as_str()), (exit_code::USAGE, "parameter `a` is given twice"));
    }
}
