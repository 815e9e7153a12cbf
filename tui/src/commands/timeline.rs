//! `banister timeline`: prints the timeline of a run.

use std::sync::Arc;

use banister_core::run::ExitCode;
use banister_core::timeline::{Teller, to_markdown};
use banister_runtime::journal::Follower;
use banister_runtime::state::RunDir;

use crate::cli::RunOnlyArgs;
use crate::exit_code;
use crate::failure::Failure;
use crate::{select, terminal};

pub(super) fn timeline(args: &RunOnlyArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    terminal::data(&markdown(&run)?)?;
    Ok(ExitCode::DONE)
}

/// The timeline of a run as Markdown, by the records that verify.
pub(crate) fn markdown(run: &RunDir) -> Result<String, Failure> {
    let mut teller = Teller::new(Arc::new(run.read_plan()?.0));
    let mut follower = Follower::open(&run.journal_path())?;
    while let Some(followed) = follower.next()? {
        // The timeline itself says where it ends and why.
        if teller.push(&followed.record).is_err() {
            break;
        }
    }
    let timeline = teller.finish().ok_or_else(|| {
        Failure::new(
            exit_code::NO_INPUT,
            format!("run {} has no record yet: its engine died before the first", run.id()),
        )
    })?;
    Ok(to_markdown(&timeline))
}
