//! `banister doctor`: looks whether a run would find what it needs, one line each.
//!
//! Nothing is called `ok` that was not tried here and now.

use std::io::{self, IsTerminal as _};
use std::process::{Command, Stdio};

use banister_core::plan::{Inventory, Transport};
use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_runtime::driver::skews;
use banister_runtime::journal::Limits;
use banister_runtime::state::StateDir;
use rustix::termios::tcgetwinsize;

use crate::cli::DoctorArgs;
use crate::failure::Failure;
use crate::inventory::inventory;
use crate::launch::ssh;
use crate::runtime::runtime;
use crate::settings::Settings;
use crate::terminal;

/// How far a host's clock may be from this machine's, in milliseconds.
const MOST_SKEW: i64 = 2_000;
/// A sync that takes longer is felt at every step.
const SLOW_SYNC_MS: u128 = 100;
/// The smallest terminal whose lines are not broken.
const SMALLEST: (u16, u16) = (80, 24);

const SICK: ExitCode = ExitCode(1);

/// One line.
struct Finding {
    word: &'static str,
    text: String,
}

fn ok(text: impl Into<String>) -> Finding {
    Finding { word: "ok", text: text.into() }
}

fn warn(text: impl Into<String>) -> Finding {
    Finding { word: "WARN", text: text.into() }
}

fn fail(text: impl Into<String>) -> Finding {
    Finding { word: "FAIL", text: text.into() }
}

pub(super) fn doctor(args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let mut findings = Vec::new();
    findings.extend([tty(), utf8()]);
    let settings = Settings::read();
    let hosts = match &settings {
        Ok(settings) => {
            findings.push(ok("configuration: it can be used"));
            findings.push(state(settings, args));
            hosts(settings, args, &mut findings)
        }
        Err(failure) => {
            findings.push(fail(format!("configuration: {}", failure.message)));
            None
        }
    };
    findings.push(shell());
    let over_ssh = |inventory: &Inventory| inventory.hosts().iter().any(|host| host.transport == Transport::Ssh);
    let needed = hosts.as_ref().is_some_and(over_ssh);
    findings.extend([client(needed), agent(), lab()]);
    if let Some(inventory) = hosts.filter(over_ssh) {
        findings.extend(clocks(&inventory, args)?);
    }
    let text: String = findings.iter().map(|f| format!("{:<4}  {}\n", f.word, visible(&f.text))).collect();
    terminal::data(&text)?;
    Ok(if findings.iter().any(|finding| finding.word == "FAIL") { SICK } else { ExitCode::DONE })
}

/// Where people are asked.
fn tty() -> Finding {
    let err = io::stderr();
    if !err.is_terminal() {
        return warn("terminal: none here, so nobody can be asked: give `--answers`, or an ask ends the run (41)");
    }
    let term = std::env::var("TERM").unwrap_or_default();
    if term.is_empty() || term == "dumb" {
        return warn(format!("terminal: TERM is `{term}`, which knows nothing: set it to what your terminal is"));
    }
    let colours = if terminal::colour(&err) { "colours" } else { "no colours" };
    match tcgetwinsize(&err) {
        Ok(size) if size.ws_col >= SMALLEST.0 && size.ws_row >= SMALLEST.1 => {
            ok(format!("terminal: {} x {}, {term}, {colours}", size.ws_col, size.ws_row))
        }
        Ok(size) => {
            let (columns, rows) = SMALLEST;
            let (w, h) = (size.ws_col, size.ws_row);
            warn(format!("terminal: {w} x {h}, {term}: make it at least {columns} x {rows}, or lines will be broken"))
        }
        Err(error) => warn(format!("terminal: {term}, and it does not say how large it is ({error})")),
    }
}

fn utf8() -> Finding {
    if terminal::knows_utf8() {
        ok("locale: UTF-8")
    } else {
        warn("locale: not UTF-8, pictures are drawn in ASCII: set LANG=C.UTF-8")
    }
}

fn state(settings: &Settings, args: &DoctorArgs) -> Finding {
    let path = settings.state_dir(&args.state);
    let mut shared = false;
    let examined = StateDir::open(&path).and_then(|state| {
        shared = state.is_shared();
        state.examine()
    });
    let place = format!("state directory {}", path.display());
    let seen = match examined {
        Ok(seen) => seen,
        Err(error) => return fail(format!("{place}: {error}")),
    };
    let (free, needed) = (seen.free >> 20, Limits::default().min_free >> 20);
    let sync = seen.sync.as_millis();
    if free < needed {
        return fail(format!("{place}: {free} MiB free, a run needs {needed}: make room, or give --state-dir"));
    }
    // A shared one that is open to more than its group does not open at all.
    if seen.mode & 0o077 != 0 && !shared {
        return warn(format!("{place}: mode {:04o}, others can look into it: chmod 700 {}", seen.mode, path.display()));
    }
    if sync > SLOW_SYNC_MS {
        return warn(format!("{place}: a sync takes {sync} ms, and every change waits for one: give a faster disk"));
    }
    ok(format!("{place}: mode {:04o}, {free} MiB free, a sync takes {sync} ms", seen.mode))
}

/// The inventory of this call; what is wrong with it is said above the lines.
fn hosts(settings: &Settings, args: &DoctorArgs, findings: &mut Vec<Finding>) -> Option<Inventory> {
    match inventory(settings, &args.hosts) {
        Ok((inventory, source)) => {
            let place = source.map_or_else(|| "none, this machine alone".to_owned(), |s| s.name().to_owned());
            let (environment, count) = (inventory.environment(), inventory.hosts().len());
            findings.push(ok(format!("inventory: {place}; environment {environment}, hosts with this one {count}")));
            Some(inventory)
        }
        Err(failure) => {
            let why = if failure.message.is_empty() { "it cannot be used, see above" } else { &failure.message };
            findings.push(fail(format!("inventory: {why}")));
            None
        }
    }
}

/// What steps on this machine need.
fn shell() -> Finding {
    match output("sh", &["-c", "command -v setsid"]) {
        Ok((0, text, _)) => ok(format!("shell: sh runs here, and has {}", text.trim())),
        Ok(_) => fail("shell: `setsid` is missing here, so no step on localhost can run: install util-linux"),
        Err(error) => fail(format!("shell: `sh` cannot be started: {error}")),
    }
}

fn client(needed: bool) -> Finding {
    let missing = |what: &str, error: &io::Error| {
        let text = format!("ssh client: `{what}` cannot be started ({error}): install OpenSSH's client");
        if needed { fail(text) } else { warn(text) }
    };
    let version = match output("ssh", &["-V"]) {
        Ok((_, out, err)) => out + &err,
        Err(error) => return missing("ssh", &error),
    };
    match output("ssh-keygen", &["-F", "localhost", "-f", "/dev/null"]) {
        Ok(_) => ok(format!("ssh client: {}", version.lines().next().unwrap_or("it does not say its version"))),
        Err(error) => missing("ssh-keygen", &error),
    }
}

fn agent() -> Finding {
    if std::env::var_os("SSH_AUTH_SOCK").is_none_or(|socket| socket.is_empty()) {
        return warn("ssh agent: none (SSH_AUTH_SOCK is not set): only keys without a passphrase can be used");
    }
    match output("ssh-add", &["-l"]) {
        Ok((0, text, _)) => {
            let keys = text.lines().count();
            ok(format!("ssh agent: it answers and holds {keys} key{}", if keys == 1 { "" } else { "s" }))
        }
        Ok((1, ..)) => warn("ssh agent: it answers and holds no key: `ssh-add`"),
        Ok((_, _, said)) => {
            let said = said.lines().next().unwrap_or_default().to_owned();
            warn(format!(
                "ssh agent: SSH_AUTH_SOCK leads nowhere ({said}): start one with `eval $(ssh-agent)`, then `ssh-add`"
            ))
        }
        Err(error) => warn(format!("ssh agent: `ssh-add` cannot be started ({error})")),
    }
}

fn lab() -> Finding {
    match banister_lab::available() {
        Ok(()) => ok("lab: hosts to break can be made here"),
        Err(why) => warn(format!("lab: {why}; drills are SIMULATED here")),
    }
}

/// Also whether each host can be reached at all.
fn clocks(inventory: &Inventory, args: &DoctorArgs) -> Result<Vec<Finding>, Failure> {
    let ssh = ssh(args.hosts.ssh_config.as_deref())?;
    let runtime = runtime()?;
    let answers = runtime.block_on(skews(inventory.hosts(), &ssh));
    runtime.shutdown_background();
    let finding = |(host, answer): (_, Result<i64, String>)| match answer {
        Ok(ms) if ms.abs() > MOST_SKEW => {
            let way = if ms > 0 { "ahead of" } else { "behind" };
            let seconds = ms.abs() / 1000;
            warn(format!(
                "{host}: reached; its clock is at least {seconds} s {way} this machine's: look at its time service"
            ))
        }
        Ok(_) => ok(format!("{host}: reached; its clock and this machine's agree within {} s", MOST_SKEW / 1000)),
        Err(why) => fail(format!("{host}: {why}")),
    };
    Ok(answers.into_iter().map(finding).collect())
}

/// Status and both streams of a program.
fn output(program: &str, arguments: &[&str]) -> io::Result<(i32, String, String)> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr)))
}
