//! `banister run`: runs a runbook.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::RunArgs;
use crate::failure::Failure;

pub(super) fn run(_args: &RunArgs) -> Result<ExitCode, Failure> {
    Err(not_built("run"))
}
