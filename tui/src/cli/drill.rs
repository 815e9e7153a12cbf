//! What can be typed about drills.

use std::net::IpAddr;
use std::path::PathBuf;

use banister_core::runbook::HostName;
use clap::Args;

use super::{StateArgs, UiArgs};

/// Set by `banister drill` for the engines that it runs in the lab.
#[derive(Debug, Clone, Default, Args)]
pub struct DrillFlag {
    /// Honour answers of the people in this file: drills only
    #[arg(long, value_name = "FILE", hide = true)]
    pub drill: Option<PathBuf>,
}

/// `drill`.
#[derive(Debug, Args)]
pub struct DrillArgs {
    /// The drill: a file, or its name below `drills` in a runbook directory
    #[arg(value_name = "FILE|NAME")]
    pub name: String,
    /// Let this go wrong; without a name, list what can
    #[arg(long, value_name = "FAULT", num_args = 0..=1, default_missing_value = "")]
    pub fault: Option<String>,
    /// How the run is shown.
    #[command(flatten)]
    pub ui: UiArgs,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `poll`.
#[derive(Debug, Clone, Args)]
pub struct PollArgs {
    /// The client's name
    #[arg(long)]
    pub client: String,
    /// The port
    #[arg(long)]
    pub port: u16,
    /// The page
    #[arg(long)]
    pub path: String,
    /// Milliseconds from one look to the next
    #[arg(long)]
    pub every: u64,
    /// Milliseconds until a look has failed
    #[arg(long)]
    pub patience: u64,
    /// The hosts
    #[arg(value_name = "HOST=ADDRESS", value_parser = host_address)]
    pub hosts: Vec<(HostName, IpAddr)>,
}

fn host_address(text: &str) -> Result<(HostName, IpAddr), String> {
    let (host, address) = text.split_once('=').ok_or("there is no `=`: write HOST=ADDRESS")?;
    let host = HostName::new(host).map_err(|error| error.to_string())?;
    let address = address.parse().map_err(|error| format!("`{address}` is no address: {error}"))?;
    Ok((host, address))
}
