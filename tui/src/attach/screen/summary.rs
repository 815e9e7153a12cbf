//! What remains on the terminal when a run's screen is left: a few lines, where they can be scrolled to.

use banister_core::run::{Ask, ExitCode};
use banister_core::source::visible;
use banister_runtime::state::RunDir;

use crate::ask::status_of;
use crate::terminal;
use crate::ui::run::{Link, RunModel};

/// Asks that are named.
const ASKS: usize = 4;

/// Says how the run stands, and how to come back.
pub(super) fn say(run: &RunDir, model: &RunModel, is_drill: bool) {
    terminal::talk(&text(run, model, is_drill));
}

fn text(run: &RunDir, model: &RunModel, is_drill: bool) -> String {
    let id = run.id();
    let mut lines = vec![format!("run {id}")];
    let view = model.view.as_ref().filter(|_| !model.is_behind());
    lines.extend(view.map(status_of));
    let asks: Vec<&Ask> =
        view.into_iter().flat_map(|view| view.state().asks()).filter(|ask| ask.unavailable.is_none()).collect();
    lines.extend(asks.iter().take(ASKS).map(|ask| format!("  ASK          {}", visible(&ask.id.path.to_string()))));
    if asks.len() > ASKS {
        lines.push(format!("  and {} asks more", asks.len() - ASKS));
    }
    let is_over = view.is_some_and(|view| view.state().finished().is_some());
    match &model.link {
        Link::Ended(exit) => {
            lines.push(format!("ended with {exit}: {}", meaning(*exit)));
            // A drill has a state directory of its own, and says itself what can be done there.
            if !is_drill {
                let next = if is_over { "timeline" } else { "resume" };
                lines.push(format!("go on with: banister {next} {id}"));
                lines.push(format!("journal: {}; verify it: banister verify {id}", run.journal_path().display()));
            }
        }
        // What it was is said as the failure that follows.
        Link::Lost(_) => {}
        Link::Connecting | Link::Live => {
            lines.push(format!("detached, the run goes on; come back with: banister attach {id}"));
        }
    }
    lines.join("\n")
}

fn meaning(exit: ExitCode) -> &'static str {
    if exit == crate::exit_code::DETACHED { "left, commands may still run" } else { exit.meaning() }
}
