//! `banister hold` and `banister continue`: nothing new starts, and on again.

use banister_core::run::ExitCode;
use banister_runtime::control::{Client, Verb};

use crate::cli::RunOnlyArgs;
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn hold(args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    act(args, Verb::Hold {}, "held: nothing new starts, what runs goes on")
}

pub(super) fn go_on(args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    act(args, Verb::Continue {}, "continued")
}

fn act(args: &RunOnlyArgs, verb: Verb, said: &str) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    Client::connect(&run)?.act(verb)?;
    terminal::talk(&format!("run {}: {said}", run.id()));
    Ok(ExitCode::DONE)
}
