//! `banister abort`: ends a run.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::AbortArgs;
use crate::failure::Failure;

pub(super) fn abort(_args: &AbortArgs) -> Result<ExitCode, Failure> {
    Err(not_built("abort"))
}
