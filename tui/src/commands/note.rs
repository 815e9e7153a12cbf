//! `banister note`: writes a line into a run's timeline.

use banister_core::run::{Command, ExitCode};
use banister_runtime::control::{Client, ControlError, Verb};
use banister_runtime::driver::remark;

use crate::cli::NoteArgs;
use crate::failure::Failure;
use crate::{exit_code, select, terminal};

pub(super) fn note(args: &NoteArgs) -> Result<ExitCode, Failure> {
    if args.text.trim().is_empty() {
        return Err(Failure::new(exit_code::USAGE, "the note says nothing"));
    }
    let run = select::run(&args.run, &args.state)?;
    let text = args.text.clone();
    match Client::connect(&run).and_then(|mut client| client.act(Verb::Note { text: text.clone(), at: None })) {
        // Nobody drives it: the line is written under the run's own lock.
        Err(ControlError::NotLive(_)) => drop(remark(&run, Command::Note { text, at: None })?),
        other => drop(other?),
    }
    terminal::talk(&format!("run {}: noted", run.id()));
    Ok(ExitCode::DONE)
}
