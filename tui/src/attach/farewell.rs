//! What is said when a run, an engine or a person has ended it.

use banister_core::run::ExitCode;

use super::Board;
use crate::cli::RunOutput;
use crate::commands::timeline::markdown;
use crate::failure::Failure;
use crate::{exit_code, terminal};

/// The engine has ended.
pub(super) fn ended(board: &Board, exit: ExitCode, output: RunOutput, is_drill: bool) -> Result<(), Failure> {
    let id = board.run.id();
    let resumable = board.view().state().finished().is_none();
    let meaning = if exit == exit_code::DETACHED { "left, commands may still run" } else { exit.meaning() };
    terminal::talk(&format!("\nended with {exit}: {meaning}"));
    if resumable && !is_drill {
        terminal::talk(&format!("go on with: banister resume {id}"));
    }
    if output == RunOutput::Plain {
        match markdown(&board.run) {
            Ok(text) => terminal::data(&text)?,
            // The run ended as it ended; only its story cannot be told here.
            Err(failure) => terminal::complain(&failure),
        }
    }
    if !is_drill {
        terminal::talk(&format!("journal: {}\nverify it: banister verify {id}", board.run.journal_path().display()));
    }
    Ok(())
}

/// The person has left, and the run goes on.
pub(super) fn detached(board: &Board) {
    let id = board.run.id();
    terminal::talk(&format!("\ndetached, the run goes on; come back with: banister attach {id}"));
}
