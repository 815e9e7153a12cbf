//! `banister runs`: lists runs.

use banister_core::run::ExitCode;

use super::not_built;
use crate::cli::RunsArgs;
use crate::failure::Failure;
use crate::settings::Settings;

pub(super) fn runs(args: &RunsArgs) -> Result<ExitCode, Failure> {
    let _dir = Settings::read()?.state_dir(&args.state);
    Err(not_built("runs"))
}
