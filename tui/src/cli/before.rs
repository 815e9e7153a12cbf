//! What can be typed before a run: `check`, `plan` and `rehearse`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, TargetArgs};

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
