//! Bare `banister`: home, and what is chosen there.

use std::sync::mpsc::channel;

use banister_core::run::ExitCode;
use clap::CommandFactory as _;

use super::{attach, replay, resume, run};
use crate::cli::{
    AttachArgs, Cli, DrillFlag, HomeArgs, LaunchArgs, ReplayArgs, ResumeArgs, RunArgs, RunOutput, TargetArgs,
};
use crate::exit_code;
use crate::failure::Failure;
use crate::ui::home::{Chosen, HomeScreen, work};
use crate::ui::{Mailbox, Nowhere, Theme, chosen, play};

/// Shows home until the person leaves it. Without a terminal for it the help is printed, as for any call without a
/// command.
pub(crate) fn home(args: &HomeArgs) -> Result<ExitCode, Failure> {
    let Some(theme) = chosen(&args.ui, RunOutput::Plain)? else {
        // A reader that went away is no error.
        drop(eprint(&Cli::command().render_help().to_string()));
        return Ok(exit_code::USAGE);
    };
    let mut said = None;
    loop {
        let chosen = show(args, theme, said.take())?;
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

fn show(args: &HomeArgs, theme: Theme, said: Option<String>) -> Result<Chosen, Failure> {
    let fault = |error: std::io::Error| Failure::new(exit_code::IO, format!("cannot use this terminal: {error}"));
    let (mailbox, post) = Mailbox::new();
    let (sender, jobs) = channel();
    let (its, hosts, state) = (post.clone(), args.hosts.clone(), args.state.clone());
    let worker = std::thread::Builder::new().name("home".to_owned()).spawn(move || work(jobs, its, hosts, state));
    drop(worker.map_err(fault)?);
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
