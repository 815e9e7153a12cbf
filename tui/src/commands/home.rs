//! Bare `banister`: home, and what is chosen there.

use std::io::IsTerminal as _;
use std::sync::mpsc::{Sender, channel};

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_runtime::driver::Clock;
use clap::CommandFactory as _;

use super::{attach, replay, resume, run};
use crate::ask::Tty;
use crate::cli::{
    AttachArgs, Cli, DrillFlag, HomeArgs, LaunchArgs, ReplayArgs, ResumeArgs, RunArgs, RunOutput, TargetArgs,
};
use crate::exit_code;
use crate::failure::Failure;
use crate::ui::home::{Chosen, HomeNews, HomeScreen, Job, PlainHome, work};
use crate::ui::{Mailbox, Nowhere, Post, Theme, chosen, play};

/// Shows home until the person leaves it. Where nobody sits the help is printed, as for any call without a command.
pub(crate) fn home(args: &HomeArgs) -> Result<ExitCode, Failure> {
    let theme = chosen(&args.ui, RunOutput::Plain)?;
    let mut said: Option<String> = None;
    loop {
        let chosen = match theme {
            Some(theme) => show(args, theme, said.take())?,
            None => {
                let sits = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
                let Some(mut tty) = sits.then(Tty::open).flatten() else {
                    // A reader that went away is no error.
                    drop(eprint(&Cli::command().render_help().to_string()));
                    return Ok(exit_code::USAGE);
                };
                if let Some(said) = said.take() {
                    tty.show(&format!("\n{}\n", visible(&said)));
                }
                ask(args, &mut tty)?
            }
        };
        said = match act(args, chosen) {
            None => return Ok(ExitCode::DONE),
            Some(Ok(exit)) if exit == exit_code::DETACHED => Some("detached, the run goes on".to_owned()),
            Some(Ok(exit)) => Some(format!("ended with {exit}: {}", exit.meaning())),
            Some(Err(failure)) if failure.hint.is_empty() => Some(failure.message),
            Some(Err(Failure { message, hint, .. })) => Some(format!("{message}; {hint}")),
        };
    }
}

fn eprint(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    std::io::stderr().lock().write_all(text.as_bytes())
}

fn fault(error: std::io::Error) -> Failure {
    Failure::new(exit_code::IO, format!("cannot use this terminal: {error}"))
}

/// Somebody who does home's work, until nobody sends him any more.
fn worker(args: &HomeArgs, post: Post<HomeNews>) -> Result<Sender<Job>, Failure> {
    let (sender, jobs) = channel();
    let (hosts, state) = (args.hosts.clone(), args.state.clone());
    let worker = std::thread::Builder::new().name("home".to_owned()).spawn(move || work(jobs, post, hosts, state));
    drop(worker.map_err(fault)?);
    Ok(sender)
}

/// The same in plain lines.
fn ask(args: &HomeArgs, tty: &mut Tty) -> Result<Chosen, Failure> {
    let (mailbox, post) = Mailbox::new();
    let jobs = worker(args, post)?;
    let now = Clock::new().map_err(fault)?.now();
    Ok(PlainHome::new(tty, jobs, &mailbox).choose(&now))
}

fn show(args: &HomeArgs, theme: Theme, said: Option<String>) -> Result<Chosen, Failure> {
    let (mailbox, post) = Mailbox::new();
    let sender = worker(args, post.clone())?;
    let mut screen = HomeScreen::new(theme, sender, said);
    play(&mut screen, &mailbox, &post, &mut Nowhere).map_err(fault)?;
    Ok(screen.chosen.unwrap_or(Chosen::Quit))
}

/// Does what was chosen exactly as the command line would. `None`: nothing more is wanted.
fn act(args: &HomeArgs, chosen: Chosen) -> Option<Result<ExitCode, Failure>> {
    let (state, ui, output) = (args.state.clone(), args.ui.clone(), RunOutput::Plain);
    let launch = |ui| LaunchArgs { answers: None, output, foreground: false, drill: DrillFlag::default(), ui };
    Some(match chosen {
        Chosen::Quit => return None,
        Chosen::Attach(id) => attach::attach(&AttachArgs { run: id.to_string(), watch: false, output, state, ui }),
        Chosen::Look(id) => {
            let args = ReplayArgs { run: id.to_string(), speed: f64::INFINITY, state, ui };
            replay::replay(&args)
        }
        Chosen::Resume(id) => resume::resume(&ResumeArgs {
            run: id.to_string(),
            ssh_config: args.hosts.ssh_config.clone(),
            state,
            launch: launch(ui),
        }),
        Chosen::Start { file, params, incident, plan } => run::run(&RunArgs {
            runbook: file.display().to_string(),
            target: TargetArgs { params, hosts: args.hosts.clone() },
            state,
            incident,
            plan: Some(plan),
            launch: launch(ui),
        }),
    })
}
