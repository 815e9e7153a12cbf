//! RUN on the command line → the run's directory.

use banister_runtime::state::{RunDir, RunRef, StateDir};

use crate::cli::StateArgs;
use crate::failure::Failure;
use crate::settings::Settings;

/// The state directory of this call.
pub(crate) fn state(args: &StateArgs) -> Result<StateDir, Failure> {
    Ok(StateDir::open(Settings::read()?.state_dir(args))?)
}

/// The run that is meant.
pub(crate) fn run(text: &str, args: &StateArgs) -> Result<RunDir, Failure> {
    // Before the directory is looked at: a text that can be no run is a mistake of the command line.
    let run: RunRef = text.parse()?;
    Ok(state(args)?.find(&run)?)
}
