//! One module for each command: read the arguments, call what does the work, print.

mod abort;
mod attach;
mod check;
mod completions;
mod doctor;
mod engine;
mod hold;
mod home;
mod hosts;
mod lab;
mod ledger;
mod log;
mod note;
mod output;
mod pen;
mod plan;
pub(crate) mod rehearse;
mod replay;
mod resume;
mod run;
mod runs;
mod schema;
pub(crate) mod timeline;
mod verify;

use banister_core::run::ExitCode;

pub(crate) use home::home;

use crate::cli::Command;
use crate::failure::Failure;

/// Does what one command says.
pub(crate) fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check(args) => check::check(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Run(args) => run::run(&args),
        Command::Resume(args) => resume::resume(&args),
        Command::Attach(args) => attach::attach(&args),
        Command::Engine(args) => engine::engine(&args),
        Command::Runs(args) => runs::runs(&args),
        Command::Log(args) => log::log(&args),
        Command::Output(args) => output::output(&args),
        Command::Hold(args) => hold::hold(&args),
        Command::Continue(args) => hold::go_on(&args),
        Command::Abort(args) => abort::abort(&args),
        Command::Pen(args) => pen::pen(&args),
        Command::Note(args) => note::note(&args),
        Command::Decide(args) => note::decide(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Timeline(args) => timeline::timeline(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Rehearse(args) => rehearse::rehearse(&args),
        Command::Hosts(args) => hosts::hosts(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::Lab(args) => lab::lab(&args),
        Command::Drill(args) => crate::drill::drill(&args),
        Command::Poll(args) => crate::drill::poll(&args),
        Command::Ledger(args) => ledger::ledger(&args),
        Command::Completions(args) => completions::completions(&args),
    }
}
