//! The engine of a drill: this program, inside `ops`.

use std::io;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use banister_lab::OPS;

use super::stage::Stage;
use crate::ask::Tty;
use crate::exit_code;
use crate::failure::Failure;

/// What engines of one drill are started with.
pub(super) struct Engines<'s> {
    pub(super) stage: &'s Stage,
    /// The file of the people whom answers name.
    pub(super) people: PathBuf,
    /// Somebody sits at the terminal.
    pub(super) has_terminal: bool,
    /// It is shown on a full screen.
    pub(super) has_screen: bool,
}

impl Engines<'_> {
    /// `banister run` and its further arguments.
    pub(super) fn run(&self, args: &[String]) -> Result<Child, Failure> {
        self.start("run", args)
    }

    /// A screen on the run again, for a person who left it: a drill goes on to the end of its run.
    pub(super) fn attach(&self, run: &str) -> Result<Child, Failure> {
        let fail = |error| Failure::new(exit_code::IO, format!("cannot show the run: {error}"));
        self.stage.banister().args(["attach", run, "--state-dir"]).arg(&self.stage.dir).spawn().map_err(fail)
    }

    /// `banister resume`.
    pub(super) fn resume(&self, run: &str, answers: &str) -> Result<Child, Failure> {
        self.start("resume", &[run.to_owned(), "--answers".to_owned(), answers.to_owned()])
    }

    fn start(&self, word: &str, args: &[String]) -> Result<Child, Failure> {
        let fail = |error| Failure::new(exit_code::IO, format!("cannot start the engine: {error}"));
        let mut command = self.stage.banister();
        command.arg(word).args(args);
        if !self.has_screen {
            // Nobody looks: killing this process must be killing the engine. A screen outlives its engine, and says so.
            command.arg("--foreground");
        }
        command.arg("--state-dir").arg(&self.stage.dir).arg("--drill").arg(&self.people);
        // What was chosen out here holds in there, whatever the lab knows of this terminal.
        command.arg("--ui").arg(if self.has_screen { "tui" } else { "plain" });
        if !self.has_terminal {
            // A terminal behind standard error would be taken for one that somebody sits at.
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        let mut child = command.spawn().map_err(fail)?;
        if let Some(mut talk) = child.stderr.take() {
            std::thread::spawn(move || io::copy(&mut talk, &mut io::stderr()));
        }
        Ok(child)
    }

    /// kill -9 of the engine itself, whoever stands between; gives its end.
    pub(super) fn kill(&self, child: &mut Child, pid: u32) -> Result<ExitStatus, Failure> {
        let fail = |error: io::Error| Failure::new(exit_code::IO, format!("cannot kill the engine: {error}"));
        let killed = self.stage.lab.command(OPS, "kill").args(["-KILL", &pid.to_string()]).status().map_err(fail)?;
        if !killed.success() {
            return Err(fail(io::Error::other(format!("kill: {killed}"))));
        }
        child.wait().map_err(fail)
    }
}

/// Whether somebody sits at the terminal.
pub(super) fn has_terminal() -> bool {
    Tty::open().is_some()
}
