//! `banister verify`: says how far a journal is whole.

use std::path::PathBuf;

use banister_core::run::ExitCode;
use banister_runtime::journal;

use crate::cli::VerifyArgs;
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn verify(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    // A run's id has no `/` and no `.`; what has one is a file.
    let path = if args.run.contains(['/', '.']) {
        PathBuf::from(&args.run)
    } else {
        select::run(&args.run, &args.state)?.journal_path()
    };
    let verification = journal::verify(&path)?;
    terminal::data(&verification.to_string())?;
    Ok(verification.exit_code())
}
