//! What can be typed. Field docs are the help texts.

mod drill;
mod lab;
mod ledger;
mod ui;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit_code;

pub use drill::{DrillArgs, DrillFlag, PollArgs};
pub use lab::{LabArgs, LabCommand};
pub use ledger::{LedgerArgs, LedgerCommand};
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

/// Where runs are kept.
#[derive(Debug, Clone, Args)]
pub struct StateArgs {
    /// Where runs are kept [default: the configuration's, else $XDG_STATE_HOME/banister]
    #[arg(long, value_name = "DIR", env = "BANISTER_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

/// What decides where and with which values a runbook runs.
#[derive(Debug, Clone, Args)]
pub struct TargetArgs {
    /// Set a parameter; a secret takes env:NAME, file:PATH or cmd:COMMAND
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub params: Vec<(String, String)>,
    /// Which hosts there are.
    #[command(flatten)]
    pub hosts: HostsArgs,
}

/// Which hosts there are and how ssh reaches them.
#[derive(Debug, Clone, Args)]
pub struct HostsArgs {
    /// Hosts, groups and the environment; `ssh`: the hosts of the ssh configuration [default: the configuration's, else localhost alone]
    #[arg(short, long, value_name = "FILE|ssh")]
    pub inventory: Option<PathBuf>,
    /// Take this ssh configuration
    #[arg(short = 'F', value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
}

/// Text for people, or JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Text for people, or one JSON object a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One event a line, in the shape of CloudEvents 1.0.
    Ndjson,
}

/// What a run writes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunOutput {
    /// The timeline, when the run has ended. What happens meanwhile goes to standard error, one line each.
    Plain,
    /// One event a line, as it happens, step output among them.
    Ndjson,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Runbooks
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The runbook: a file, or its name in a runbook directory
    #[arg(value_name = "FILE|NAME")]
    pub runbook: String,
    /// Where and with which values.
    #[command(flatten)]
    pub target: TargetArgs,
    /// How the plan is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Connect to its hosts, look whether they can be used and whether its preconditions hold, and stop there
    #[arg(long, conflicts_with = "format")]
    pub probe: bool,
}

/// `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The runbook: a file, or its name in a runbook directory
    #[arg(value_name = "FILE|NAME")]
    pub runbook: String,
    /// Where and with which values.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
    /// Answers given beforehand
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// What is written to standard output
    #[arg(long, value_enum, default_value_t = RunOutput::Plain)]
    pub output: RunOutput,
    /// The incident this run belongs to
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Run only this plan: its hash, as `banister plan` prints it
    #[arg(long, value_name = "sha256:…")]
    pub plan: Option<String>,
    /// Keep the engine in this process: it ends with it. For supervisors and CI
    #[arg(long)]
    pub foreground: bool,
    /// Of drills.
    #[command(flatten)]
    pub drill: DrillFlag,
    /// How it is shown.
    #[command(flatten)]
    pub ui: UiArgs,
}

/// `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// Answers given beforehand
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// What is written to standard output
    #[arg(long, value_enum, default_value_t = RunOutput::Plain)]
    pub output: RunOutput,
    /// Take this ssh configuration
    #[arg(short = 'F', value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
    /// Keep the engine in this process: it ends with it. For supervisors and CI
    #[arg(long)]
    pub foreground: bool,
    /// Of drills.
    #[command(flatten)]
    pub drill: DrillFlag,
    /// How it is shown.
    #[command(flatten)]
    pub ui: UiArgs,
}

/// `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// How many times faster than it was
    #[arg(long, default_value_t = 1.0, value_name = "N")]
    pub speed: f64,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
    /// How it is shown.
    #[command(flatten)]
    pub ui: UiArgs,
}

/// `attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// Only look
    #[arg(long)]
    pub watch: bool,
    /// What is written to standard output
    #[arg(long, value_enum, default_value_t = RunOutput::Plain)]
    pub output: RunOutput,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
    /// How it is shown.
    #[command(flatten)]
    pub ui: UiArgs,
}

/// `engine`: started by `run` and `resume`, which hand it what it needs over its standard input.
#[derive(Debug, Args)]
pub struct EngineArgs {
    /// The run's id
    #[arg(long)]
    pub run: String,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// How the list is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// Wait for more until the run ends
    #[arg(long)]
    pub follow: bool,
    /// How records are written
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    pub format: LogFormat,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `output`.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// The step's path, as the log prints it
    pub step: String,
    /// Its host, where the path names none and there were several
    pub host: Option<String>,
    /// Standard error instead of standard output
    #[arg(long)]
    pub stderr: bool,
    /// Which attempt [default: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: Option<u32>,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// Commands that take a run and nothing else.
#[derive(Debug, Args)]
pub struct RunOnlyArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// What becomes of running steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Running {
    /// They finish.
    Wait,
    /// They are stopped.
    Kill,
    /// They run on, their outcome stays unknown.
    Leave,
}

/// `abort`.
#[derive(Debug, Args)]
pub struct AbortArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// What becomes of running steps
    #[arg(long, value_enum, default_value_t = Running::Wait)]
    pub running: Running,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `note`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// The line
    pub text: String,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A run, or the path of a journal file
    #[arg(value_name = "RUN|JOURNAL")]
    pub run: String,
    /// Ask the hosts that it touched what they have seen of it
    #[arg(long)]
    pub witnesses: bool,
    /// Take this ssh configuration
    #[arg(short = 'F', value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// The runbook: a file, or its name in a runbook directory
    #[arg(value_name = "FILE|NAME")]
    pub runbook: String,
    /// The simulated world
    #[arg(long, value_name = "FILE")]
    pub world: PathBuf,
    /// Where and with which values.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Answers given beforehand
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
}

/// `hosts`.
#[derive(Debug, Args)]
pub struct HostsCommand {
    /// What is done.
    #[command(subcommand)]
    pub verb: HostsVerb,
}

/// What can be done with hosts.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum HostsVerb {
    /// Show the key of a host, ask, and take it into the file of known hosts; journalled
    Trust(TrustArgs),
}

/// `hosts trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// The host: its name in the inventory, or what ssh is to be called with
    pub host: String,
    /// Which hosts there are.
    #[command(flatten)]
    pub hosts: HostsArgs,
    /// The fingerprint that its owner says it has; then nobody is asked
    #[arg(long, value_name = "SHA256:…")]
    pub fingerprint: Option<String>,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Which hosts there are.
    #[command(flatten)]
    pub hosts: HostsArgs,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// Files that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// What is run.
    Runbook,
    /// The hosts it may touch.
    Inventory,
    /// Answers given beforehand.
    Answers,
    /// What a rehearsal happens in.
    World,
}

/// `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of which kind of file
    #[arg(value_enum, default_value_t = FileKind::Runbook)]
    pub kind: FileKind,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the name is empty: write NAME=VALUE".to_owned()),
        Some((_, value)) if value.contains('\0') => Err("a value cannot hold a NUL byte".to_owned()),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("there is no `=`: write NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_value_is_everything_behind_the_first_equals_sign() {
        assert_eq!(parameter("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(parameter("a="), Ok(("a".into(), String::new())));
        assert!(parameter("a").is_err());
        assert!(parameter("=b").is_err());
    }
}
