//! The process of a run's engine. `run` and `resume` start it; nobody types it.

use banister_core::run::{Answers, ExitCode, Voices};
use banister_runtime::daemon::{Greeting, HandOver, enter, receive};
use banister_runtime::driver::{Engine, Options, SecretsFrom, Serving, Station};
use banister_runtime::journal::Limits;
use banister_runtime::ssh::SshSettings;
use tokio::runtime::Runtime;

use crate::cli::EngineArgs;
use crate::failure::Failure;
use crate::runtime::runtime;
use crate::{exit_code, select, terminal};

pub(super) fn engine(args: &EngineArgs) -> Result<ExitCode, Failure> {
    let fault = |error: banister_runtime::daemon::DaemonError| Failure::from(error);
    match begin(args) {
        Ok((runtime, serving)) => {
            enter(&Greeting::Ready { seq: serving.seq() }).map_err(fault)?;
            let ended = runtime.block_on(serving.run());
            runtime.shutdown_background();
            if let Some(why) = ended.trouble {
                // Whoever is attached was told; this is for the log.
                terminal::complain(&Failure::new(ended.exit, why));
            }
            Ok(ended.exit)
        }
        Err(Failure { exit, message, hint }) => {
            enter(&Greeting::Failed { exit: exit.0, message, hint }).map_err(fault)?;
            Ok(exit)
        }
    }
}

/// Everything that may fail before the run goes on; what fails is said by the front.
fn begin(args: &EngineArgs) -> Result<(Runtime, Serving), Failure> {
    let hand_over = receive()?;
    let run = select::run(&args.run, &args.state)?;
    let secrets = SecretsFrom::Known(hand_over.secrets());
    let answers = answers(&hand_over)?;
    let options = Options {
        answers,
        station: Station::Daemon { can_ask: hand_over.can_ask },
        secrets,
        limits: Limits::default(),
        drill: hand_over.people,
        ssh: SshSettings { config: hand_over.ssh_config },
    };
    let runtime = runtime()?;
    let engine = Engine::resume(&run, options)?;
    let serving = runtime.block_on(engine.serve())?.with_front();
    Ok((runtime, serving))
}

/// The answers, which the front has read already and found good.
fn answers(hand_over: &HandOver) -> Result<Answers, Failure> {
    let Some(source) = hand_over.answers() else { return Ok(Answers::default()) };
    let voices = if hand_over.people.is_some() { Voices::Named } else { Voices::Own };
    let bad = || Failure::new(exit_code::BAD_RUNBOOK, format!("{}: the answers cannot be read", source.name()));
    Answers::parse(&source, voices).0.ok_or_else(bad)
}
