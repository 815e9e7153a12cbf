//! `banister plan`: shows what a run would do.

use banister_core::run::ExitCode;
use serde_json::json;

use super::not_built;
use crate::cli::{Format, PlanArgs};
use crate::compile::compile;
use crate::failure::Failure;
use crate::terminal;

pub(super) fn plan(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let compiled = compile(&args.runbook, &args.target)?;
    match args.format {
        Format::Human => Err(not_built("plan --format human")),
        Format::Json => {
            let shown = json!({
                "file": compiled.source.name(),
                "inventory": compiled.inventory.as_ref().map(|source| source.name()),
                "plan": compiled.plan,
            });
            terminal::data(&format!("{shown:#}\n"))?;
            Ok(ExitCode::DONE)
        }
    }
}
