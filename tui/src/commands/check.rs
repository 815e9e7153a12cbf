//! `banister check`: says everything that is wrong with runbooks.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::CheckArgs;
use crate::failure::Failure;

pub(super) fn check(_args: &CheckArgs) -> Result<ExitCode, Failure> {
    Err(not_built("check"))
}
