//! `banister verify`: says how far a journal is whole.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::VerifyArgs;
use crate::failure::Failure;

pub(super) fn verify(_args: &VerifyArgs) -> Result<ExitCode, Failure> {
    Err(not_built("verify"))
}
