//! What several commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    use super::parameter;

    #[test]
    fn a_value_is_everything_behind_the_first_equals_sign() {
        assert_eq!(parameter("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(parameter("a="), Ok(("a".into(), String::new())));
        assert!(parameter("a").is_err());
        assert!(parameter("=b").is_err());
    }
}
