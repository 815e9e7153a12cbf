//! `banister resume`: goes on with a run whose engine ended.

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_runtime::daemon::examine;
use banister_runtime::driver::{Feed, LetGo, let_go};
use banister_runtime::state::RunDir;

use crate::cli::ResumeArgs;
use crate::failure::Failure;
use crate::launch::{Launch, ssh};
use crate::runtime::runtime;
use crate::{exit_code, select, terminal};

pub(super) fn resume(args: &ResumeArgs) -> Result<ExitCode, Failure> {
    let state = select::state(&args.state)?;
    let run = select::run(&args.run, &args.state)?;
    // Before any secret is asked for: it may have an engine, or not be what it was.
    let plan = examine(&run)?;
    if let Some(told) = of_one_that_is_over(&run, args)? {
        return Err(told);
    }
    let launch = Launch::read(&args.launch, args.ssh_config.as_deref(), &plan)?;
    terminal::talk(&format!("{}: resuming run {}", visible(&plan.title), run.id()));
    launch.go(&state, &run, &plan)
}

/// A run that is over is not resumed. Its engine may have died before it let go of its hosts: they are told once more.
fn of_one_that_is_over(run: &RunDir, args: &ResumeArgs) -> Result<Option<Failure>, Failure> {
    let runtime = runtime()?;
    let told = runtime.block_on(let_go(run, ssh(args.ssh_config.as_deref())?, &Feed::default()))?;
    runtime.shutdown_background();
    let Some(LetGo { exit, hosts }) = told else { return Ok(None) };
    for (host, told) in &hosts {
        if let Err(why) = told {
            let why = visible(why);
            terminal::talk(&format!("{host} could not be told that the run is over, and may be kept for it: {why}"));
        }
    }
    let free = hosts.iter().filter(|(_, told)| told.is_ok()).count();
    let id = run.id();
    let over = format!("run {id} is over, it ended with exit code {exit}; {free} of its {} hosts know it", hosts.len());
    Ok(Some(Failure::new(exit_code::NOT_ALLOWED, over).hint(format!("`banister timeline {id}` shows it"))))
}
