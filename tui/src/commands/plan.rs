//! `banister plan`: shows what a run would do.

use banister_core::plan::{PrintStyle, print_human, print_json};
use banister_core::run::ExitCode;

use crate::cli::{Format, PlanArgs};
use crate::compile::compile;
use crate::failure::Failure;
use crate::terminal;

pub(super) fn plan(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let plan = compile(&args.runbook, &args.target)?.plan;
    terminal::data(&match args.format {
        Format::Human => print_human(&plan, PrintStyle { ascii: !terminal::knows_utf8() }),
        Format::Json => print_json(&plan),
    })?;
    Ok(ExitCode::DONE)
}
