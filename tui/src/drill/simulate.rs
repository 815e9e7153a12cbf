//! A drill where no lab can be made: the simulated world stands in, and every line says so.

use std::sync::Arc;

use banister_core::drill::{Evidence, judge};
use banister_core::run::ExitCode;
use banister_core::source::{SourceFile, visible};
use banister_core::view::{Plain, RunView};
use banister_core::world::rehearse as play;
use chrono::{DateTime, Utc};

use super::file::DrillFile;
use super::{NOT_AS_EXPECTED, Named, say_head};
use crate::commands::rehearse;
use crate::compile::Compiled;
use crate::exit_code;
use crate::failure::Failure;
use crate::terminal;

/// Plays the drill's runbook in its simulated world. What only hosts could show is not checked, and never `ok`.
pub(super) fn simulate(file: &DrillFile, fault: Option<Named<'_>>, why: &str) -> Result<ExitCode, Failure> {
    let drill = &file.drill;
    let (name, body) = (fault.map(|(name, _)| name), fault.map(|(_, fault)| fault));
    let world = match body {
        Some(body) => body.world.as_deref(),
        None => drill.world.as_deref(),
    };
    let Some(world) = world else {
        let what = name.map_or_else(String::new, |name| format!(" with fault `{name}`"));
        let message = format!("{why}; and no simulated world can stand in for drill `{}`{what}", drill.name);
        return Err(Failure::new(exit_code::UNAVAILABLE, message).hint("run it as root on a Debian machine"));
    };
    let inventory = SourceFile::new("inventory of the lab that is not there", drill.inventory());
    let (plan, source) = file.plan(&inventory, body)?;
    let plan = Arc::new(plan);
    let world_source = file.near(world)?;
    let mut world = rehearse::world(&world_source, &plan)?;
    world.answers = drill.answers(body).clone();
    world.people.clone_from(&drill.people);
    let compiled = Compiled { plan: plan.as_ref().clone(), source, inventory: Some(inventory) };
    let hash = plan.hash();
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let rehearsal =
        play(Arc::clone(&plan), &hash, &world, rehearse::info(&compiled), start).map_err(rehearse::no_end)?;

    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str("SIMULATED ");
        text.push_str(words);
        text.push('\n');
    };
    line(&format!("no lab: {why}"));
    line(&format!("world {}: nothing is sent to any host", visible(&world.name)));
    say_head(drill, fault).lines().for_each(&mut line);
    let (mut view, mut plain) = (RunView::new(plan), Plain::new());
    for record in &rehearsal.records {
        view.apply(record).map_err(|error| Failure::new(ExitCode::BUG, error.to_string()))?;
        plain.lines(&view, record).iter().for_each(|words| line(words));
    }
    line(&format!("ended with {}: {}", rehearsal.exit, rehearsal.exit.meaning()));
    let evidence =
        Evidence { records: rehearsal.records, exit: Some(rehearsal.exit.0), plan_hash: hash, ..Evidence::default() };
    let (mut is_good, mut open) = (true, 0);
    for check in drill.checks(body) {
        // Nobody used the hosts, and nothing happened to them.
        let verdicts = judge(check, &evidence).filter(|_| check.kind.needs_only_the_journal());
        let Some(verdicts) = verdicts else {
            open += 1;
            line(&format!("not checked {}", check.name));
            continue;
        };
        for verdict in verdicts {
            is_good &= verdict.holds;
            line(&verdict.line());
        }
    }
    line(&format!("{open} checks need real hosts"));
    terminal::data(&text)?;
    Ok(if is_good { ExitCode::DONE } else { NOT_AS_EXPECTED })
}
