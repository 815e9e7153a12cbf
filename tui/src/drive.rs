//! Runs an engine in the foreground, with its display and its questions.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use banister_core::run::{Answers, ExitCode, Voices};
use banister_core::source::SourceFile;
use banister_runtime::driver::{AskEvent, DriverError, Ended, Engine, Options};
use banister_runtime::journal::Limits;
use banister_runtime::settings::read_source;
use banister_runtime::ssh::SshSettings;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::ask::{Dialog, Tty, secret};
use crate::cli::{DrillFlag, RunOutput};
use crate::commands::timeline::markdown;
use crate::compile::{judge, say};
use crate::failure::Failure;
use crate::live::Live;
use crate::runtime::runtime;
use crate::{exit_code, terminal};

/// What every host of a lab has.
const LAB: &str = "/run/lab";

/// What the operator brings along.
pub(crate) struct Front {
    answers: Option<(SourceFile, Answers)>,
    terminal: Option<(Tty, UnboundedReceiver<AskEvent>)>,
    output: RunOutput,
    /// The drill says where its journal lies and how to verify it.
    is_drill: bool,
}

impl Front {
    /// Reads the answers and finds the terminal; gives what the engine needs of them to `make`.
    pub(crate) fn engine(
        answers: Option<&Path>,
        output: RunOutput,
        ssh_config: Option<&Path>,
        drill: &DrillFlag,
        make: impl FnOnce(Options<'_>) -> Result<Engine, DriverError>,
    ) -> Result<(Self, Engine), Failure> {
        let drill = drill.people()?;
        let voices = if drill.is_some() { Voices::Named } else { Voices::Own };
        let answers = answers.map(|path| read_answers(path, voices)).transpose()?;
        let (sender, receiver) = unbounded_channel();
        let tty = Tty::open();
        let options = Options {
            answers: answers.as_ref().map(|(_, answers)| answers.clone()).unwrap_or_default(),
            terminal: tty.is_some().then_some(sender),
            prompt: &mut |name| secret(name),
            limits: Limits::default(),
            drill,
            ssh: ssh(ssh_config)?,
        };
        let is_drill = options.drill.is_some();
        let engine = make(options)?;
        Ok((Self { is_drill, answers, terminal: tty.map(|tty| (tty, receiver)), output }, engine))
    }

    /// Runs to the end, and says how it was.
    pub(crate) fn drive(self, engine: Engine) -> Result<ExitCode, Failure> {
        let fault = |error: io::Error| Failure::new(exit_code::IO, format!("cannot start a thread: {error}"));
        let runtime = runtime()?;
        let run = engine.dir().clone();
        let live =
            Live::start(&engine, self.output, self.terminal.is_some(), runtime.handle().clone()).map_err(fault)?;
        if let Some((tty, events)) = self.terminal {
            let dialog = Dialog::new(tty, events, &engine, runtime.handle().clone());
            std::thread::Builder::new().name("ask".to_owned()).spawn(move || dialog.run()).map_err(fault)?;
        }
        let ended = runtime.block_on(engine.drive())?;
        // The display ends with the engine; a fault in it changes nothing about the run.
        drop(live.join());
        runtime.shutdown_background();
        let Ended { exit, trouble, resumable, warnings } = ended;
        if let Some((source, _)) = &self.answers {
            say(source, &warnings);
        }
        let id = run.id();
        if let Some(why) = trouble {
            terminal::complain(&Failure::new(exit, why));
        }
        let meaning = if exit == exit_code::DETACHED { "left, commands may still run" } else { exit.meaning() };
        terminal::talk(&format!("\nended with {exit}: {meaning}"));
        if resumable && !self.is_drill {
            terminal::talk(&format!("go on with: banister resume {id}"));
        }
        if self.output == RunOutput::Plain {
            match markdown(&run) {
                Ok(text) => terminal::data(&text)?,
                // The run ended as it ended; only its story cannot be told here.
                Err(failure) => terminal::complain(&failure),
            }
        }
        if !self.is_drill {
            terminal::talk(&format!("journal: {}\nverify it: banister verify {id}", run.journal_path().display()));
        }
        Ok(exit)
    }
}

impl DrillFlag {
    /// Groups of the people whom answers name, where this engine is one of a drill.
    fn people(&self) -> Result<Option<BTreeMap<String, Vec<String>>>, Failure> {
        let Some(file) = &self.drill else { return Ok(None) };
        // Not a lock, only a slip made hard: the first record says that the run is a drill.
        if !Path::new(LAB).exists() {
            let message = "`--drill` is for engines inside a lab: elsewhere nobody may answer for somebody else";
            return Err(Failure::new(exit_code::NOT_ALLOWED, message).hint("`banister drill` runs drills"));
        }
        let source = read_source(file)?;
        let people = serde_json::from_str(source.text());
        people.map(Some).map_err(|error| Failure::new(exit_code::BAD_RUNBOOK, format!("{}: {error}", file.display())))
    }
}

/// What is given for this engine; the run remembers it.
pub(crate) fn ssh(config: Option<&Path>) -> Result<SshSettings, Failure> {
    let absolute = |path: &Path| {
        // `none` is ssh's own word for no file at all.
        if path == Path::new("none") { Ok(path.to_owned()) } else { std::path::absolute(path) }
    };
    let config = config.map(absolute).transpose();
    let config =
        config.map_err(|error| Failure::new(exit_code::IO, format!("cannot find the file of `-F`: {error}")))?;
    if let Some(file) = config.as_deref().filter(|file| *file != Path::new("none") && !file.is_file()) {
        return Err(Failure::new(exit_code::USAGE, format!("there is no ssh configuration `{}`", file.display())));
    }
    Ok(SshSettings { config })
}

fn read_answers(path: &Path, voices: Voices) -> Result<(SourceFile, Answers), Failure> {
    let source = read_source(path)?;
    let (answers, findings) = Answers::parse(&source, voices);
    judge(&source, &findings)?;
    let answers = answers.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
    Ok((source, answers))
}
