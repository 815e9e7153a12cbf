//! `banister resume`: goes on with a run whose engine ended.

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_runtime::daemon::examine;

use crate::cli::ResumeArgs;
use crate::failure::Failure;
use crate::launch::Launch;
use crate::{select, terminal};

pub(super) fn resume(args: &ResumeArgs) -> Result<ExitCode, Failure> {
    let state = select::state(&args.state)?;
    let run = select::run(&args.run, &args.state)?;
    // Before any secret is asked for: it may have an engine, or not be what it was.
    let plan = examine(&run)?;
    let launch = Launch::read(&args.launch, args.ssh_config.as_deref(), &plan)?;
    terminal::talk(&format!("{}: resuming run {}", visible(&plan.title), run.id()));
    launch.go(&state, &run, &plan)
}
