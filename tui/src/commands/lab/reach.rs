//! Ways into the hosts of a lab: for people, and for the machine's own ssh.

use std::env;
use std::io::{self, IsTerminal as _, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::Duration;

use banister_core::run::ExitCode;
use banister_lab::{LabError, OPS, Standing};

use crate::exit_code;
use crate::failure::Failure;

/// sshd's port in every host.
const PORT: u16 = 22;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// From `ops`, which knows every host and its key: the machine itself need not have an ssh client.
pub(super) fn ssh(lab: &Standing, host: &str, command: &[String]) -> Result<ExitCode, Failure> {
    let name = host.rsplit_once('@').map_or(host, |(_, name)| name);
    if host.starts_with('-') || !lab.hosts().any(|host| host.name() == name) {
        return Err(LabError::NoHost(name.to_owned()).into());
    }
    run(lab.command(OPS, "ssh")?.arg("--").arg(host).args(command))
}

pub(super) fn exec(lab: &Standing, host: &str, command: &[String]) -> Result<ExitCode, Failure> {
    let Some((program, arguments)) = command.split_first() else { return Ok(exit_code::USAGE) };
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        return run(&mut lab.command_on_terminal(host, &words)?);
    }
    run(lab.command(host, program)?.args(arguments))
}

fn run(command: &mut Command) -> Result<ExitCode, Failure> {
    let status = command.status().map_err(|error| Failure::new(exit_code::IO, format!("nsenter: {error}")))?;
    Ok(exit(status))
}

/// What a shell would make of it.
pub(super) fn exit(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

/// What ssh runs on the machine to reach a host: this program again, in the lab's network.
pub(super) fn relay(dir: &Path, host: &str) -> Result<ExitCode, Failure> {
    let lab = Standing::find(dir)?.ok_or(LabError::Down)?;
    let host = lab.host(host).ok_or_else(|| LabError::NoHost(host.to_owned()))?;
    let address = SocketAddr::from((host.address(), PORT));
    let fail = |error: io::Error| Failure::new(exit_code::IO, format!("nsenter: {error}"));
    let me = env::current_exe().map_err(fail)?;
    // It returns only if it could not.
    Err(fail(lab.in_network(&me)?.args(["lab", "connect", &address.to_string()]).exec()))
}

/// Standard input goes to the address, what comes back to standard output, until the other side has said all.
pub(super) fn connect(address: SocketAddr) -> Result<ExitCode, Failure> {
    let fail = |error: io::Error| Failure::new(exit_code::UNAVAILABLE, format!("{address}: {error}"));
    let stream = TcpStream::connect_timeout(&address, CONNECT).map_err(fail)?;
    stream.set_nodelay(true).map_err(fail)?;
    let there = stream.try_clone().map_err(fail)?;
    thread::spawn(move || {
        // Whatever ended it, the other side is told that no more will come.
        let _ = copy(io::stdin().lock(), &there);
        let _ = there.shutdown(Shutdown::Write);
    });
    copy(&stream, io::stdout().lock()).map_err(fail)?;
    Ok(ExitCode::DONE)
}

/// Copies until the end; every piece is passed on at once.
fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(piece.get(..length).unwrap_or_default())?;
        to.flush()?;
    }
}
