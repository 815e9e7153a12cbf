//! Root for the lab alone, if the person at the terminal agrees.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use banister_core::run::ExitCode;

use crate::ask::Tty;
use crate::cli::DrillArgs;
use crate::exit_code;
use crate::failure::Failure;
use crate::select;

/// Offers to run the drill by sudo; `None` where nobody can be asked, or they want the simulated world.
pub(super) fn offer(args: &DrillArgs) -> Result<Option<ExitCode>, Failure> {
    let Some(mut tty) = Tty::open() else { return Ok(None) };
    tty.show(
        "lab hosts need root: they have mounts and networks of their own, and nothing of them reaches this machine\n  \
         1  sudo       `sudo` asks for your password, and the drill runs in a lab\n  \
         2  simulated  the drill runs in a simulated world\n",
    );
    loop {
        match tty.ask_plainly("choose 1 to 2: ").as_deref() {
            None => return Ok(None),
            Some("2" | "simulated") => return Ok(None),
            Some("1" | "sudo") => break,
            Some(_) => {}
        }
    }
    let state = select::state(&args.state)?;
    let fail = |error: std::io::Error| Failure::new(exit_code::IO, format!("cannot run sudo: {error}"));
    let program = std::env::current_exe().map_err(fail)?;
    let mut command = Command::new("sudo");
    command.arg("--").arg(program).arg("drill").arg(&args.name);
    if let Some(fault) = &args.fault {
        command.args(["--fault", fault]);
    }
    let status = command.arg("--state-dir").arg(state.path()).status().map_err(fail)?;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(Some(ExitCode(u8::try_from(code).unwrap_or(u8::MAX))))
}
