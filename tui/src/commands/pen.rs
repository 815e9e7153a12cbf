//! `banister pen`: takes the right to drive a run.

use banister_core::run::ExitCode;
use banister_runtime::control::{Client, Verb};

use crate::cli::RunOnlyArgs;
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn pen(args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    Client::connect(&run)?.act(Verb::Pen {})?;
    terminal::talk(&format!("run {}: you have the pen; everybody attached sees it", run.id()));
    Ok(ExitCode::DONE)
}
