//! `banister plan`: shows what a run would do, and with `--probe` whether it could.

use std::sync::Arc;

use banister_core::plan::{PrintStyle, print_human, print_json};
use banister_core::run::{ExitCode, HostIdentity, RecordKind};
use banister_core::source::visible;
use banister_core::view::{Plain, RunView, duration};
use banister_runtime::driver::{DriverError, Probed, probe as look};
use banister_runtime::secrets::Secrets;

use crate::ask::secret;
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
    let view = RunView::new(Arc::new(plan.clone()));
    let probed = runtime.block_on(look(plan, &origin, &ssh, secrets))?;
    runtime.shutdown_background();
    for notice in &probed.notices {
        terminal::talk(&format!("note: {}", visible(notice)));
    }
    terminal::data(&lines(view, &probed)?)?;
    Ok(probed.refused.unwrap_or(ExitCode::DONE))
}

/// What was seen, one line each, and what follows from it.
fn lines(mut view: RunView, probed: &Probed) -> Result<String, Failure> {
    let mut plain = Plain::new();
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    for record in &probed.records {
        view.apply(record).map_err(|error| Failure::new(ExitCode::BUG, error.to_string()))?;
        match &record.kind {
            RecordKind::HostPreflighted { host, identity } => {
                let HostIdentity { machine, boot, .. } = identity;
                line(&format!("ok {host} can be used: machine {}, boot {}", visible(machine), visible(boot)));
            }
            RecordKind::HostRefused { host, why } => line(&format!("FAIL {host} cannot be used: {}", visible(why))),
            RecordKind::StepSucceeded { path, took_ms, .. } => {
                line(&format!("ok {path} {}", duration(*took_ms)));
                probed.said(record).iter().for_each(|said| line(&format!("    it said: {}", visible(said))));
            }
            // A probe is no run, and what it would do next is said below.
            RecordKind::RunPlanned { .. } | RecordKind::RunStarted { .. } | RecordKind::RunFinished { .. } => {}
            _ => {
                plain.lines(&view, record).iter().for_each(|words| line(words));
                probed.said(record).iter().for_each(|said| line(&format!("    it said: {}", visible(said))));
            }
        }
    }
    match probed.refused {
        None => line("a run would start here: every host answers, every precondition holds; nothing was changed"),
        Some(exit) => line(&format!("a run would end here with {exit}: {}; nothing was changed", exit.meaning())),
    }
    line("ledgers were neither made nor tried");
    Ok(text)
}
