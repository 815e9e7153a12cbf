//! `banister rehearse`: plays a runbook through in a simulated world.
//!
//! Nothing is sent and nothing is kept: it makes no state directory, reads no secret and asks nobody.

use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::{Answers, ExitCode, Graph, StartInfo, Voices};
use banister_core::source::{SourceFile, visible};
use banister_core::view::{Plain, RunView};
use banister_core::world::{RehearsalError, World, rehearse as play};
use banister_runtime::settings::read_source;
use chrono::{DateTime, Utc};

use crate::cli::RehearseArgs;
use crate::compile::{Compiled, compile, judge, say};
use crate::exit_code;
use crate::failure::Failure;
use crate::terminal;

pub(super) fn rehearse(args: &RehearseArgs) -> Result<ExitCode, Failure> {
    let compiled = compile(&args.runbook, &args.target)?;
    let info = info(&compiled);
    let plan = Arc::new(compiled.plan);
    let world_source = read_source(&args.world)?;
    let mut world = world(&world_source, &plan)?;
    let answers_source = args.answers.as_deref().map(read_source).transpose()?;
    if let Some(source) = &answers_source {
        let (answers, findings) = Answers::parse(source, Voices::Named);
        judge(source, &findings)?;
        // Those of the world are somebody else's night: the two are never mixed.
        world.answers = answers.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
    }
    // Always the same moment, so that the same files give the same lines; midnight, so that times can be subtracted.
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let rehearsal = play(Arc::clone(&plan), &plan.hash(), &world, info, start).map_err(no_end)?;

    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str("SIMULATED ");
        text.push_str(words);
        text.push('\n');
    };
    line(&format!("world {}: nothing is sent to any host", visible(&world.name)));
    let (mut view, mut plain) = (RunView::new(plan), Plain::new());
    for record in &rehearsal.records {
        view.apply(record).map_err(|error| Failure::new(ExitCode::BUG, error.to_string()))?;
        plain.lines(&view, record).iter().for_each(|words| line(words));
    }
    line(&format!("ended with {}: {}", rehearsal.exit, rehearsal.exit.meaning()));
    terminal::data(&text)?;
    say(&world_source, &rehearsal.unused);
    say(answers_source.as_ref().unwrap_or(&world_source), &rehearsal.answers);
    Ok(rehearsal.exit)
}

/// The simulated world of a file, checked against the plan.
pub(crate) fn world(source: &SourceFile, plan: &Arc<Plan>) -> Result<World, Failure> {
    let (world, findings) = World::parse(source);
    judge(source, &findings)?;
    let world = world.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
    judge(source, &world.check(&Graph::new(Arc::clone(plan))))?;
    Ok(world)
}

/// Why a rehearsal came to no end.
pub(crate) fn no_end(error: RehearsalError) -> Failure {
    match error {
        RehearsalError::Endless { .. } => Failure::new(exit_code::BAD_RUNBOOK, error.to_string()).hint(
            "a reply of the world that is repeated for ever, or a gate that is; give the list another last entry",
        ),
        RehearsalError::Stuck | RehearsalError::Fault => Failure::new(ExitCode::BUG, error.to_string()),
    }
}

/// What the first record says; of this machine nothing, because the run is not on it.
pub(crate) fn info(compiled: &Compiled) -> StartInfo {
    let digest = |source: &SourceFile| Plan::file_digest(source.text().as_bytes());
    StartInfo {
        run: "simulated".to_owned(),
        plan_digest: Plan::file_digest(&compiled.plan.canonical_json()),
        runbook_file: compiled.source.name().to_owned(),
        runbook_digest: digest(&compiled.source),
        git_commit: None,
        git_dirty: None,
        inventory_digest: compiled.inventory.as_ref().map(digest),
        incident: None,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        machine: "simulated".to_owned(),
        time_zone: "+00:00".to_owned(),
        drill: true,
        ssh_config: None,
    }
}
