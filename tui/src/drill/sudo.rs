//! Root for the lab alone, if the person at the terminal agrees.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use banister_core::run::ExitCode;
use banister_runtime::state::StateDir;

use super::stage::quoted;
use crate::ask::Tty;
use crate::cli::DrillArgs;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{exit_code, select};

/// Offers to run the drill by sudo; `None` where nobody can be asked, or they want the simulated world.
pub(super) fn offer(args: &DrillArgs) -> Result<Option<ExitCode>, Failure> {
    let Some(mut tty) = Tty::open() else { return Ok(None) };
    let fail = |error: std::io::Error| Failure::new(exit_code::IO, format!("cannot run sudo: {error}"));
    let program = std::env::current_exe().map_err(fail)?;
    let mut words = vec![program.display().to_string(), "drill".to_owned(), args.name.clone()];
    if let Some(fault) = &args.fault {
        words.extend(["--fault".to_owned(), fault.clone()]);
    }
    // Whatever sudo makes of the environment: the journal is kept where it would be kept without.
    let state = Settings::read()?.state_dir(&args.state);
    words.extend(["--state-dir".to_owned(), state.display().to_string()]);
    let line: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    tty.show(&format!(
        "lab hosts need root: they have mounts and networks of their own. This would run:\n\n  sudo {}\n\n",
        line.join(" ")
    ));
    let typed = tty.ask_plainly("type `go` to run it, anything else for the simulated world: ");
    if typed.as_deref() != Some("go") {
        return Ok(None);
    }
    // What lies above the drill's own directory must not become root's.
    select::state(&args.state)?;
    StateDir::make_drills(&state)?;
    let status = Command::new("sudo").arg("--").args(words).status().map_err(fail)?;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(Some(ExitCode(u8::try_from(code).unwrap_or(u8::MAX))))
}
