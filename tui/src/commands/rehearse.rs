//! `banister rehearse`: plays a runbook through in a simulated world.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::RehearseArgs;
use crate::failure::Failure;

pub(super) fn rehearse(_args: &RehearseArgs) -> Result<ExitCode, Failure> {
    Err(not_built("rehearse"))
}
