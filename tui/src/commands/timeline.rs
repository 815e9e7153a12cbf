//! `banister timeline`: prints the timeline of a run.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::RunOnlyArgs;
use crate::failure::Failure;

pub(super) fn timeline(_args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    Err(not_built("timeline"))
}
