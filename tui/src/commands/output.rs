//! `banister output`: prints what a step wrote.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::OutputArgs;
use crate::failure::Failure;

pub(super) fn output(_args: &OutputArgs) -> Result<ExitCode, Failure> {
    Err(not_built("output"))
}
