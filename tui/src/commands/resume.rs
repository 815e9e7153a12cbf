//! `banister resume`: goes on with a run whose engine ended.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::ResumeArgs;
use crate::failure::Failure;

pub(super) fn resume(_args: &ResumeArgs) -> Result<ExitCode, Failure> {
    Err(not_built("resume"))
}
