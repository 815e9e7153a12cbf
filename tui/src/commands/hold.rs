//! `banister hold` and `banister continue`: nothing new starts, and on again.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::RunOnlyArgs;
use crate::failure::Failure;

pub(super) fn hold(_args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    Err(not_built("hold"))
}

pub(super) fn go_on(_args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    Err(not_built("continue"))
}
