//! `banister run`: runs a runbook.

use banister_core::plan::Plan;
use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_runtime::driver::prepare;

use crate::cli::RunArgs;
use crate::compile::compile;
use crate::failure::Failure;
use crate::launch::Launch;
use crate::{select, terminal};

pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let compiled = compile(&args.runbook, &args.target)?;
    let state = select::state(&args.state)?;
    let hash = compiled.plan.hash();
    if let Some(seen) = args.plan.as_ref().filter(|seen| **seen != hash) {
        let message = format!("this is another plan: {hash}, not {seen}; nothing was started");
        let hint = "the runbook, the inventory or a parameter changed since it was looked at: look again";
        return Err(Failure::new(ExitCode::REFUSED, message).hint(hint));
    }
    let origin = compiled.origin(args.incident.clone());
    let launch = Launch::read(&args.launch, args.target.hosts.ssh_config.as_deref(), &compiled.plan)?;
    let ssh = (launch.ssh(), launch.is_drill());
    let run = prepare(&state, (&compiled.plan, &hash), &origin, launch.answers(), ssh)?;
    terminal::talk(&summary(&compiled.plan, &hash, run.id().as_str()));
    launch.go(&state, &run, &compiled.plan)
}

/// What is about to run, where, and under which names it can be found again.
fn summary(plan: &Plan, hash: &str, run: &str) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = plan.hosts.iter().take(SHOWN).map(|host| host.name.as_str()).collect();
    let more = plan.hosts.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "{}: {}\n  run    {run}\n  plan   {hash}\n  hosts  {}{more}\n  steps  {}\n",
        visible(&plan.environment),
        visible(&plan.title),
        names.join(", "),
        plan.steps.len()
    )
}
