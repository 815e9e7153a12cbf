//! `banister log`: shows the records of a run.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::LogArgs;
use crate::failure::Failure;

pub(super) fn log(_args: &LogArgs) -> Result<ExitCode, Failure> {
    Err(not_built("log"))
}
