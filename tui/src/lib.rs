//! The command line of Banister.
//!
//! It reads views and sends inputs. What it deliberately does not do: reach a transport, judge an outcome, or write a
//! record; that is the runtime's and the core's. Standard output carries data, standard error talk.

mod ask;
mod attach;
mod awaited;
mod checks;
pub mod cli;
mod commands;
mod compile;
mod drill;
pub mod exit_code;
pub mod failure;
mod inventory;
mod launch;
mod replay;
mod runtime;
mod select;
mod settings;
pub mod terminal;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::Cli;

/// Reads the command line, does what it says, and gives the status to end with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    // A reader that went away (`banister --help | head -1`) is no error.
                    drop(error.print());
                    ExitCode::SUCCESS
                }
                _ => {
                    // It holds words of the command line, which may come from anywhere.
                    terminal::talk(error.render().to_string().trim_end());
                    ExitCode::from(exit_code::USAGE.0)
                }
            };
        }
    };
    let done = match cli.command {
        Some(command) => commands::dispatch(command),
        None => commands::home(&cli.home),
    };
    match done {
        Ok(exit) => ExitCode::from(exit.0),
        Err(failure) => {
            terminal::complain(&failure);
            ExitCode::from(failure.exit.0)
        }
    }
}
