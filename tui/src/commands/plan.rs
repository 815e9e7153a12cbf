//! `banister plan`: shows what a run would do.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::PlanArgs;
use crate::failure::Failure;
use crate::settings::Settings;

pub(super) fn plan(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let settings = Settings::read()?;
    let _file = settings.runbook(&args.runbook)?;
    let _inventory = settings.inventory(&args.target);
    Err(not_built("plan"))
}
