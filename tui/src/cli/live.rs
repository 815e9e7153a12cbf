//! What can be typed to make a run, to come to it, and to say something in it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{DrillFlag, RunOutput, StateArgs, TargetArgs, UiArgs};

/// What an engine is started with, by `run` and by `resume`.
#[derive(Debug, Args)]
pub struct LaunchArgs {
    /// Answers given beforehand
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// What is written to standard output
    #[arg(long, value_enum, default_value_t = RunOutput::Plain)]
    pub output: RunOutput,
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
    /// The incident this run belongs to
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Run only this plan: its hash, as `banister plan` prints it
    #[arg(long, value_name = "sha256:…")]
    pub plan: Option<String>,
    /// Of the engine.
    #[command(flatten)]
    pub launch: LaunchArgs,
}

/// `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run: its id, any unambiguous beginning of it, or `last`
    pub run: String,
    /// Take this ssh configuration
    #[arg(short = 'F', value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
    /// Of the engine.
    #[command(flatten)]
    pub launch: LaunchArgs,
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

/// `note` and `decide`.
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
