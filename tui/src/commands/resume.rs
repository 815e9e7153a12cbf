//! `banister resume`: goes on with a run whose engine ended.

use banister_core::run::ExitCode;
use banister_runtime::driver::Engine;

use crate::cli::ResumeArgs;
use crate::drive::Front;
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn resume(args: &ResumeArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    let make = |options: banister_runtime::driver::Options<'_>| Engine::resume(&run, options);
    let (front, engine) =
        Front::engine(args.answers.as_deref(), args.output, args.ssh_config.as_deref(), &args.drill, make)?;
    let records = engine.records().len();
    terminal::talk(&format!("{}: resuming run {} after {records} records", engine.plan().title, run.id()));
    front.drive(engine)
}
