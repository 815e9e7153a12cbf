//! `banister note`: writes a line into a run's timeline.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::NoteArgs;
use crate::failure::Failure;

pub(super) fn note(_args: &NoteArgs) -> Result<ExitCode, Failure> {
    Err(not_built("note"))
}
