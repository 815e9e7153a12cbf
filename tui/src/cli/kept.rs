//! What can be typed about what runs have left: `runs`, `log`, `output`, `replay` and `verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, LogFormat, StateArgs, UiArgs};

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
