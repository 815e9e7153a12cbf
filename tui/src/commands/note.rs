//! `banister note` and `banister decide`: write a line into a run's timeline.

use banister_core::run::{Command, ExitCode};
use banister_runtime::control::{Client, ControlError, Verb};
use banister_runtime::driver::remark;

use crate::cli::NoteArgs;
use crate::failure::Failure;
use crate::{exit_code, select, terminal};

pub(super) fn note(args: &NoteArgs) -> Result<ExitCode, Failure> {
    let text = text(args, "the note")?;
    write(args, Verb::Note { text: text.clone(), at: None }, Command::Note { text, at: None }, "noted")
}

pub(super) fn decide(args: &NoteArgs) -> Result<ExitCode, Failure> {
    let text = text(args, "the decision")?;
    write(args, Verb::Decide { text: text.clone() }, Command::Decide { text }, "decision noted")
}

fn text(args: &NoteArgs, what: &str) -> Result<String, Failure> {
    if args.text.trim().is_empty() {
        return Err(Failure::new(exit_code::USAGE, format!("{what} says nothing")));
    }
    Ok(args.text.clone())
}

fn write(args: &NoteArgs, verb: Verb, command: Command, done: &str) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    match Client::connect(&run).and_then(|mut client| client.act(verb)) {
        // Nobody drives it: the line is written under the run's own lock.
        Err(ControlError::NotLive(_)) => drop(remark(&run, command)?),
        other => drop(other?),
    }
    terminal::talk(&format!("run {}: {done}", run.id()));
    Ok(ExitCode::DONE)
}
