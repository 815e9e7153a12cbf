//! Starts engines: in a process of their own, or in this one.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use banister_core::plan::Plan;
use banister_core::run::{Answers, ExitCode, Voices};
use banister_core::source::SourceFile;
use banister_runtime::daemon::{Greeting, HandOver, Program, start};
use banister_runtime::driver::{DriverError, Engine, Options, SecretsFrom, Station};
use banister_runtime::journal::Limits;
use banister_runtime::secrets::Secrets;
use banister_runtime::settings::read_source;
use banister_runtime::ssh::SshSettings;
use banister_runtime::state::{RunDir, StateDir};
use tokio::sync::mpsc::unbounded_channel;

use crate::ask::{Tty, secret};
use crate::attach::{How, Role, Shown, attach};
use crate::cli::{DrillFlag, LaunchArgs, RunOutput};
use crate::compile::judge;
use crate::exit_code;
use crate::failure::Failure;
use crate::runtime::runtime;
use crate::ui::{Theme, chosen};

/// What every host of a lab has.
const LAB: &str = "/run/lab";

/// Everything an engine needs of whoever starts it, read and found good.
pub(crate) struct Launch {
    answers: Option<(SourceFile, Answers)>,
    nothing: Answers,
    people: Option<BTreeMap<String, Vec<String>>>,
    ssh: SshSettings,
    secrets: Secrets,
    tty: Option<Tty>,
    output: RunOutput,
    foreground: bool,
    screen: Option<Theme>,
}

impl Launch {
    /// Reads answers and secrets, and finds the terminal. Nothing was made when it fails.
    pub(crate) fn read(given: &LaunchArgs, ssh_config: Option<&Path>, plan: &Plan) -> Result<Self, Failure> {
        let people = given.drill.people()?;
        let voices = if people.is_some() { Voices::Named } else { Voices::Own };
        let answers = given.answers.as_deref().map(|path| read_answers(path, voices)).transpose()?;
        let ssh = ssh(ssh_config)?;
        let secrets = Secrets::load(&plan.params, &mut |name| secret(name)).map_err(DriverError::from)?;
        let (tty, output, foreground) = (Tty::open(), given.output, given.foreground);
        // An engine in this process shares its terminal with plain lines only: its end must not wait for a screen.
        let screen = if foreground { None } else { chosen(&given.ui, output)? };
        Ok(Self { answers, nothing: Answers::default(), people, ssh, secrets, tty, output, foreground, screen })
    }

    /// Answers given beforehand.
    pub(crate) fn answers(&self) -> &Answers {
        self.answers.as_ref().map_or(&self.nothing, |(_, answers)| answers)
    }

    /// How hosts are reached.
    pub(crate) fn ssh(&self) -> &SshSettings {
        &self.ssh
    }

    /// Whether people may be named whom the kernel does not know.
    pub(crate) fn is_drill(&self) -> bool {
        self.people.is_some()
    }

    /// Starts the engine of a run that is prepared, or was interrupted, and attaches to it until its end.
    pub(crate) fn go(self, state: &StateDir, run: &RunDir, plan: &Plan) -> Result<ExitCode, Failure> {
        if self.foreground { self.stay(run) } else { self.send_off(state, run, plan) }
    }

    /// In a process of its own.
    fn send_off(self, state: &StateDir, run: &RunDir, plan: &Plan) -> Result<ExitCode, Failure> {
        let is_drill = self.is_drill();
        let mut hand_over =
            HandOver::new(&self.secrets, self.tty.is_some()).with_answers(self.answers.as_ref().map(|(file, _)| file));
        hand_over.people = self.people;
        hand_over.ssh_config = self.ssh.config;
        let fault = |error: io::Error| Failure::new(exit_code::IO, format!("cannot find this program: {error}"));
        let dir = std::path::absolute(state.path()).map_err(fault)?;
        let args = ["engine", "--run", run.id().as_str(), "--state-dir"].map(str::to_owned);
        let args = args.into_iter().map(Into::into).chain([dir.into_os_string()]).collect();
        let program = Program { path: std::env::current_exe().map_err(fault)?, args };
        let seq = match start(run, plan, &program, &hand_over)? {
            Greeting::Ready { seq } => seq,
            Greeting::Failed { exit, message, hint } => return Err(Failure { exit: ExitCode(exit), message, hint }),
        };
        // What the engine has is not needed here any more.
        drop(hand_over);
        let (role, shown) = (Role::Starter, Shown::After(seq));
        attach(
            run,
            How { role, watch: false, output: self.output, tty: self.tty, shown, is_drill, screen: self.screen },
        )
    }

    /// In this process, on which the run then depends.
    fn stay(self, run: &RunDir) -> Result<ExitCode, Failure> {
        let is_drill = self.is_drill();
        let runtime = runtime()?;
        let (terminal, asked) = unbounded_channel();
        let options = Options {
            answers: self.answers.map(|(_, answers)| answers).unwrap_or_default(),
            station: Station::Foreground { terminal: self.tty.is_some().then_some(terminal) },
            secrets: SecretsFrom::Known(self.secrets),
            limits: Limits::default(),
            drill: self.people,
            ssh: self.ssh,
        };
        let serving = runtime.block_on(Engine::resume(run, options)?.serve())?.with_front();
        let role = Role::Foreground { interrupts: serving.interrupts(), asked };
        let shown = Shown::After(serving.seq());
        let how = How { role, watch: false, output: self.output, tty: self.tty, shown, is_drill, screen: None };
        let front = {
            let run = run.clone();
            std::thread::Builder::new().name("front".to_owned()).spawn(move || attach(&run, how))
        };
        let front = front.map_err(|error| Failure::new(exit_code::IO, format!("cannot start a thread: {error}")))?;
        let ended = runtime.block_on(serving.run());
        runtime.shutdown_background();
        // The display ends with the engine; a fault in it changes nothing about how the run ended.
        match front.join() {
            Ok(Err(failure)) if failure.exit == ExitCode::DONE => Err(failure),
            Ok(Err(failure)) => {
                crate::terminal::complain(&failure);
                Ok(ended.exit)
            }
            Ok(Ok(_)) | Err(_) => Ok(ended.exit),
        }
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
