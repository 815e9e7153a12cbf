//! `banister abort`: ends a run.

use banister_core::run::{ExitCode, RunningAtAbort};
use banister_runtime::control::{Client, Verb};

use crate::cli::{AbortArgs, Running};
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn abort(args: &AbortArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    let (running, said) = match args.running {
        Running::Wait => (RunningAtAbort::Wait, "what runs may finish"),
        Running::Kill => (RunningAtAbort::Kill, "what runs is stopped"),
        Running::Leave => (RunningAtAbort::Leave, "what runs is left running, its outcome stays unknown"),
    };
    Client::connect(&run)?.act(Verb::Abort { running })?;
    terminal::talk(&format!("run {}: aborted, {said}", run.id()));
    Ok(ExitCode::DONE)
}
