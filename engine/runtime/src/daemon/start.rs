//! The front's side: starting an engine.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use banister_core::plan::{ParamValue, Plan, SecretReference};

use super::{DaemonError, Greeting, HandOver};
use crate::access::Access;
use crate::state::RunDir;

/// What is started as the engine.
#[derive(Debug, Clone)]
pub struct Program {
    /// This program, by its absolute path.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Bytes of a greeting, at most.
const MAX_GREETING: u64 = 64 * 1024;

/// Starts a process for the engine of a run and waits until it is ready, or says why it is not. The process is told
/// everything it needs before this returns, and needs nobody from then on.
///
/// # Errors
/// A [`DaemonError`] if there is no process, or it said nothing. That it refused is no error but its [`Greeting`].
pub fn start(run: &RunDir, plan: &Plan, program: &Program, hand_over: &HandOver) -> Result<Greeting, DaemonError> {
    let fail = |source| DaemonError::Start { program: program.path.clone(), source };
    let log = run.path().join("engine.log");
    let mut command = Command::new(&program.path);
    command.args(&program.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log_file(&log).map_err(fail)?);
    // What was read already must not lie in the environment of a process that lives for hours.
    for variable in variables(plan) {
        command.env_remove(variable);
    }
    let mut child = command.spawn().map_err(fail)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let written = match (serde_json::to_vec(hand_over), stdin) {
        (Ok(mut line), Some(mut stdin)) => {
            line.push(b'\n');
            stdin.write_all(&line)
        }
        (Err(error), _) => Err(error.into()),
        (Ok(_), None) => Err(io::ErrorKind::BrokenPipe.into()),
    };
    // One that refuses at once may not have read all of it: what it says counts.
    let mut line = Vec::new();
    if let Some(stdout) = stdout {
        let mut reader = BufReader::new(io::Read::take(stdout, MAX_GREETING));
        reader.read_until(b'\n', &mut line).map_err(fail)?;
    }
    match serde_json::from_slice(&line) {
        Ok(greeting) => Ok(greeting),
        Err(_) => {
            // A child that has ended leaves its number behind until it is waited for.
            let ended = child.try_wait();
            match (written, ended) {
                (Err(source), Ok(None)) => Err(fail(source)),
                _ => Err(DaemonError::Silent { log }),
            }
        }
    }
}

/// Where an engine's own standard error goes: what it says there is for whoever looks for a fault of banister.
fn log_file(path: &Path) -> io::Result<std::fs::File> {
    let nofollow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(nofollow).open(path)?;
    Access::beside(path)?.seal(&file)?;
    Ok(file)
}

/// The variables of the environment that hold secrets of a plan.
fn variables(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.params.values().filter_map(|value| match value {
        ParamValue::Secret(SecretReference::Env(variable)) => Some(variable.as_str()),
        _ => None,
    })
}
