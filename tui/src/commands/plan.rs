//! `banister plan`: shows what a run would do, and with `--probe` whether it could.

use banister_core::plan::{PrintStyle, print_human, print_json};
use banister_core::run::{ExitCode, Record};
use banister_core::source::visible;
use banister_runtime::driver::{DriverError, probe as look};
use banister_runtime::secrets::Secrets;

use crate::ask::secret;
use crate::checks::{Checks, conclusion};
use crate::cli::{Format, PlanArgs};
use crate::compile::{Compiled, compile};
use crate::failure::Failure;
use crate::launch::ssh;
use crate::runtime::runtime;
use crate::terminal;

pub(super) fn plan(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let compiled = compile(&args.runbook, &args.target)?;
    if args.probe {
        return probe(compiled, args);
    }
    let plan = compiled.plan;
    terminal::data(&match args.format {
        Format::Human => print_human(&plan, PrintStyle { ascii: !terminal::knows_utf8() }),
        Format::Json => print_json(&plan),
    })?;
    Ok(ExitCode::DONE)
}

fn probe(compiled: Compiled, args: &PlanArgs) -> Result<ExitCode, Failure> {
    let ssh = ssh(args.target.hosts.ssh_config.as_deref())?;
    let origin = compiled.origin(None);
    let plan = compiled.plan;
    let secrets = Secrets::load(&plan.params, &mut |name| secret(name)).map_err(DriverError::from)?;
    terminal::data(&format!(
        "{}: probing {}\nplan {}\n",
        visible(&plan.environment),
        visible(&plan.title),
        plan.hash()
    ))?;
    let runtime = runtime()?;
    let mut checks = Checks::of(&plan);
    let mut failure = None;
    let mut seen = |record: &Record, said: Option<String>| {
        let lines = checks.lines(record, said.as_deref());
        let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        failure = failure.take().or(terminal::data(&text).err());
    };
    let probed = runtime.block_on(look(plan, &origin, &ssh, secrets, &mut seen))?;
    runtime.shutdown_background();
    failure.map_or(Ok(()), Err)?;
    for notice in &probed.notices {
        terminal::talk(&format!("note: {}", visible(notice)));
    }
    terminal::data(&format!("{}\nledgers were neither made nor tried\n", conclusion(probed.refused)))?;
    Ok(probed.refused.unwrap_or(ExitCode::DONE))
}
