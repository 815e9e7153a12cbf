//! `banister lab`: throw-away hosts on this machine.

mod keep;
mod reach;
mod root;
mod up;

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_lab::{LabHost, OPS, Standing, standing_dir};

use crate::cli::{LabArgs, LabCommand};
use crate::failure::Failure;
use crate::{exit_code, terminal};

pub(super) fn lab(args: &LabArgs) -> Result<ExitCode, Failure> {
    // What other programs start asks nobody.
    let is_for_people =
        !matches!(args.command, LabCommand::Keep { .. } | LabCommand::Relay { .. } | LabCommand::Connect { .. });
    if is_for_people && let Some(exit) = root::offer()? {
        return Ok(exit);
    }
    match &args.command {
        LabCommand::Up { hosts, packages } => up::up(*hosts, packages),
        LabCommand::Down => down(),
        LabCommand::List => list(),
        LabCommand::Ssh { host, command } => reach::ssh(&standing()?, host, command),
        LabCommand::Exec { host, command } => reach::exec(&standing()?, host, command),
        LabCommand::Keep { hosts, packages } => keep::keep(*hosts, packages),
        LabCommand::Relay { dir, host } => reach::relay(dir, host),
        LabCommand::Connect { address } => reach::connect(*address),
    }
}

/// What is said where no lab is up.
const NONE: &str = "no lab is up";

/// The lab that is up.
fn standing() -> Result<Standing, Failure> {
    let found = Standing::find(&standing_dir())?;
    found.ok_or_else(|| Failure::new(exit_code::NO_INPUT, NONE).hint("`banister lab up` makes one"))
}

fn down() -> Result<ExitCode, Failure> {
    match Standing::find(&standing_dir())? {
        Some(lab) => {
            lab.down()?;
            terminal::talk("the lab is down, nothing of it is left");
        }
        None => terminal::talk(NONE),
    }
    Ok(ExitCode::DONE)
}

fn list() -> Result<ExitCode, Failure> {
    let Some(lab) = Standing::find(&standing_dir())? else {
        terminal::talk(NONE);
        return Ok(ExitCode::DONE);
    };
    let lab = &lab;
    // Side by side: one that is silent takes seconds.
    let lines: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = lab.hosts().map(|host| scope.spawn(move || line(lab, host))).collect();
        asked.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    terminal::data(&lines.concat())?;
    Ok(ExitCode::DONE)
}

/// A host, its address, and whether its sshd lets us in.
fn line(lab: &Standing, host: &LabHost) -> String {
    let options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "--", host.name(), "true"];
    let tried = lab.command(OPS, "ssh").map_err(|error| error.to_string());
    let tried = tried.and_then(|mut ssh| ssh.args(options).output().map_err(|error| error.to_string()));
    let state = match tried {
        Ok(output) if output.status.success() => "answers".to_owned(),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("does not answer: {}", visible(said.trim().lines().last().unwrap_or_default()))
        }
        Err(error) => format!("does not answer: {error}"),
    };
    format!("{:<8}  {:<15}  {state}\n", host.name(), host.address().to_string())
}
