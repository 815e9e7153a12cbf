//! `banister completions`: prints the completions of a shell.

use banister_core::run::ExitCode;
use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::terminal;

pub(super) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    // Into memory first: `generate` panics on a closed pipe.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "banister", &mut text);
    terminal::bytes(&text)?;
    Ok(ExitCode::DONE)
}
