//! `-i` on the command line → the hosts a command may touch.

use std::path::Path;

use banister_core::plan::Inventory;
use banister_core::source::SourceFile;
use banister_runtime::inventory::{SshHosts, ssh_hosts};
use banister_runtime::settings::{read_source, ssh_dir};

use crate::cli::HostsArgs;
use crate::compile::{Tell, Told, judge_telling, on_terminal};
use crate::exit_code;
use crate::failure::Failure;
use crate::settings::Settings;

/// What `-i` says to take the hosts of the ssh configuration.
const SSH: &str = "ssh";
/// Lines about hosts that were left out; a configuration of hundreds must not push everything else off the screen.
const MOST_NOTES: usize = 5;

/// Reads the inventory of this call, and its text if there is one. What is wrong with it is said.
pub(crate) fn inventory(settings: &Settings, args: &HostsArgs) -> Result<(Inventory, Option<SourceFile>), Failure> {
    inventory_telling(settings, args, &mut on_terminal)
}

/// The same for who has another place for what is said.
pub(crate) fn inventory_telling(
    settings: &Settings,
    args: &HostsArgs,
    tell: Tell<'_>,
) -> Result<(Inventory, Option<SourceFile>), Failure> {
    let Some(path) = settings.inventory(args) else { return Ok((Inventory::local(), None)) };
    // What the configuration names is always a file: its paths are made absolute when it is read.
    let source = if path == Path::new(SSH) { from_ssh(settings, args, tell)? } else { read_source(path)? };
    let (inventory, findings) = Inventory::parse(&source);
    judge_telling(&source, &findings, tell)?;
    let inventory = inventory.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
    Ok((inventory, Some(source)))
}

fn from_ssh(settings: &Settings, args: &HostsArgs, tell: Tell<'_>) -> Result<SourceFile, Failure> {
    let default = ssh_dir().map(|dir| dir.join("config"));
    let hosts = ssh_hosts(args.ssh_config.as_deref(), default.as_deref(), settings.home())?;
    let SshHosts { left_out, .. } = &hosts;
    for note in left_out.iter().take(MOST_NOTES) {
        tell(Told::Note(note.to_string()));
    }
    if left_out.len() > MOST_NOTES {
        tell(Told::Note(format!("{} more were left out", left_out.len() - MOST_NOTES)));
    }
    Ok(hosts.source())
}
