//! What can be typed. Field docs are the help texts. Here is the list of commands; what each takes is in the files beside.

mod before;
mod desk;
mod drill;
mod kept;
mod lab;
mod ledger;
mod live;
mod shared;
mod ui;

use clap::{Args, Parser, Subcommand};

use crate::exit_code;

pub use before::{CheckArgs, PlanArgs, RehearseArgs};
pub use desk::{CompletionsArgs, DoctorArgs, FileKind, HostsCommand, HostsVerb, SchemaArgs, TrustArgs};
pub use drill::{DrillArgs, DrillFlag, PollArgs};
pub use kept::{LogArgs, OutputArgs, ReplayArgs, RunsArgs, VerifyArgs};
pub use lab::{LabArgs, LabCommand};
pub use ledger::{LedgerArgs, LedgerCommand};
pub use live::{AbortArgs, AttachArgs, EngineArgs, LaunchArgs, NoteArgs, ResumeArgs, RunArgs, RunOnlyArgs, Running};
pub use shared::{Format, HostsArgs, LogFormat, RunOutput, StateArgs, TargetArgs};
pub use ui::{ThemeName, Ui, UiArgs};

const ABOUT: &str = "Banister runs incident runbooks: it shows what will happen, stops at every gate that does not \
                     hold, asks what only people can answer, and keeps a record from which a crash is resumed";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "banister", version, about = ABOUT, after_help = exit_code::help(), max_term_width = 100)]
#[command(disable_help_subcommand = true, propagate_version = false, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without one, on a terminal: home.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Of home.
    #[command(flatten)]
    pub home: HomeArgs,
}

/// Home, where no command is given.
#[derive(Debug, Clone, Args)]
pub struct HomeArgs {
    /// Which hosts there are.
    #[command(flatten)]
    pub hosts: HostsArgs,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
    /// How it is shown.
    #[command(flatten)]
    pub ui: UiArgs,
}

/// One command each.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Say everything that is wrong with runbooks
    Check(CheckArgs),
    /// Show what a run would do: hosts, batches, every command, effects, prompts, hash
    Plan(PlanArgs),
    /// Run a runbook
    Run(RunArgs),
    /// Go on with a run whose engine ended or died
    Resume(ResumeArgs),
    /// Attach to a run that goes on
    Attach(AttachArgs),
    /// The process of a run's engine
    #[command(hide = true)]
    Engine(EngineArgs),
    /// List the runs of this state directory
    Runs(RunsArgs),
    /// Show the records of a run
    Log(LogArgs),
    /// Print what a step wrote, byte for byte
    Output(OutputArgs),
    /// Let nothing new start
    Hold(RunOnlyArgs),
    /// Let a held run go on
    Continue(RunOnlyArgs),
    /// End a run
    Abort(AbortArgs),
    /// Take the pen of a live run: the right to drive it
    Pen(RunOnlyArgs),
    /// Write a line into a run's timeline
    Note(NoteArgs),
    /// Write a decision into a run's timeline
    Decide(NoteArgs),
    /// Say how far a journal is whole
    Verify(VerifyArgs),
    /// Print the timeline of a run as Markdown
    Timeline(RunOnlyArgs),
    /// Play the record of a run on the screen it had
    Replay(ReplayArgs),
    /// Play a runbook through in a simulated world
    Rehearse(RehearseArgs),
    /// Take the key of a host into the file of known hosts
    Hosts(HostsCommand),
    /// Look whether a run would find what it needs here, and reach its hosts
    Doctor(DoctorArgs),
    /// Print the JSON Schema of a kind of file, for editors
    Schema(SchemaArgs),
    /// Make throw-away hosts on this machine, to try and to break
    Lab(LabArgs),
    /// Run a runbook on throw-away hosts on this machine, break something, and check what must be true
    Drill(DrillArgs),
    /// Look at hosts again and again: a client of a drill
    #[command(hide = true)]
    Poll(PollArgs),
    /// What runs have left on a host
    Ledger(LedgerArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }
}
