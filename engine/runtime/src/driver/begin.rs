//! Making an engine: a start writes down what will run, and is a resume from there on.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::Answers;
use banister_core::run::{Input, RecordKind, Run, StartInfo};
use banister_core::runbook::ParamName;
use tokio_util::sync::CancellationToken;

use super::facts::Origin;
use super::people::operator;
use super::signals::Interrupts;
use super::station::Station;
use super::{Clock, DriverError, Engine, Feed, Inbox};
use crate::journal::Limits;
use crate::secrets::Secrets;
use crate::ssh::SshSettings;
use crate::state::{RunDir, RunId, Start, StateDir};

/// What belongs to one engine and not to the run.
pub struct Options<'a> {
    /// Answers given beforehand.
    pub answers: Answers,
    /// Where it runs, and who can be asked there.
    pub station: Station,
    /// Where the values of secrets come from.
    pub secrets: SecretsFrom<'a>,
    /// Room that the journal needs.
    pub limits: Limits,
    /// Set in drills: the groups of the people whom answers name. Nobody else's answers are honoured elsewhere.
    pub drill: Option<BTreeMap<String, Vec<String>>>,
    /// How hosts are reached; what is not said here is as it was when the run began.
    pub ssh: SshSettings,
}

/// Where the values of secrets come from.
pub enum SecretsFrom<'a> {
    /// From where their references say; this is asked for those that are typed.
    References(&'a mut dyn FnMut(&ParamName) -> io::Result<Vec<u8>>),
    /// They were read already.
    Known(Secrets),
}

impl SecretsFrom<'_> {
    fn of(self, plan: &Plan) -> Result<Secrets, DriverError> {
        match self {
            Self::References(prompt) => Ok(Secrets::load(&plan.params, prompt)?),
            Self::Known(secrets) => Ok(secrets),
        }
    }
}

/// Writes down what a new run will do, and nothing else: [`Engine::resume`] starts it. Whoever calls it has read its
/// secrets, so that a missing one leaves nothing behind.
///
/// # Errors
/// A [`DriverError`]; where the answers are for another plan, nothing was made.
pub fn prepare(
    state: &StateDir,
    (plan, plan_hash): (&Plan, &str),
    origin: &Origin,
    answers: &Answers,
    (ssh, drill): (&SshSettings, bool),
) -> Result<RunDir, DriverError> {
    check_answers(answers, plan_hash)?;
    let run = state.create_run(&RunId::random())?;
    let plan_digest = run.write_plan(plan)?;
    let info = StartInfo { drill, ..origin.info(run.id(), plan_digest, ssh) };
    run.write_start(&Start { plan_hash: plan_hash.to_owned(), info })?;
    Ok(run)
}

impl Engine {
    /// Makes a new run: its directory, its plan, its lock.
    ///
    /// # Errors
    /// A [`DriverError`]; nothing was run.
    pub fn begin(
        state: &StateDir,
        plan: &Plan,
        plan_hash: &str,
        origin: &Origin,
        options: Options<'_>,
    ) -> Result<Self, DriverError> {
        // Before anything is made: a missing secret leaves nothing behind.
        let secrets = SecretsFrom::Known(options.secrets.of(plan)?);
        let drill = options.drill.is_some();
        let run = prepare(state, (plan, plan_hash), origin, &options.answers, (&options.ssh, drill))?;
        Self::resume(&run, Options { secrets, ..options })
    }

    /// Takes up a run whose engine ended or died.
    ///
    /// # Errors
    /// A [`DriverError`]; nothing was run.
    pub fn resume(run: &RunDir, options: Options<'_>) -> Result<Self, DriverError> {
        let lock = run.lock()?;
        let clock = Clock::new().map_err(|source| DriverError::Machine { what: "read this boot's id", source })?;
        let id = lock.run().id().to_string();
        let (plan, digest) = lock.run().read_plan()?;
        let (journal, before) = lock.resume_journal(options.limits, &clock.now())?;
        let operator = operator();
        let (plan_hash, recorded, ssh_config, drill, first) = match before.first().map(|record| &record.kind) {
            Some(RecordKind::RunPlanned { plan_hash, info, .. }) => {
                let resumed = Input::Resumed { actor: operator.clone() };
                (plan_hash.clone(), info.plan_digest.clone(), info.ssh_config.clone(), info.drill, resumed)
            }
            // The engine that began it died before its first record: it is started now.
            _ => {
                let Start { plan_hash, info } = lock.run().read_start()?;
                let (recorded, ssh_config) = (info.plan_digest.clone(), info.ssh_config.clone());
                let drill = info.drill;
                (plan_hash, recorded, ssh_config, drill, Input::Start { actor: operator.clone(), info: Box::new(info) })
            }
        };
        if digest != recorded {
            return Err(DriverError::PlanChanged { run: id, found: digest, recorded });
        }
        if options.drill.is_some() && !drill {
            return Err(DriverError::NotADrill { run: id });
        }
        check_answers(&options.answers, &plan_hash)?;
        let run = Run::resume(Arc::new(plan), &plan_hash, &before)
            .map_err(|source| DriverError::Replay { run: id.clone(), source })?;
        if let Some(exit) = run.state().finished() {
            return Err(DriverError::Over { run: id, exit });
        }
        let secrets = options.secrets.of(run.plan())?;
        let leave = CancellationToken::new();
        Ok(Self {
            lock,
            run,
            journal,
            clock,
            secrets,
            first,
            operator,
            answers: options.answers,
            station: options.station,
            people: options.drill.unwrap_or_default(),
            ssh: SshSettings { config: options.ssh.config.or(ssh_config.map(Into::into)) },
            inbox: Inbox::new(),
            feed: Feed::default(),
            before,
            interrupts: Interrupts::new(leave.clone()),
            leave,
        })
    }
}

/// What was agreed to beforehand was agreed to for one plan: for another one nothing runs.
fn check_answers(answers: &Answers, plan_hash: &str) -> Result<(), DriverError> {
    let other = answers.unused().iter().find_map(|answer| {
        let given = answer.plan.as_deref().filter(|given| *given != plan_hash)?;
        Some(DriverError::AnswerForOtherPlan {
            step: answer.path.to_string(),
            given: given.to_owned(),
            plan: plan_hash.to_owned(),
        })
    });
    other.map_or(Ok(()), Err)
}
