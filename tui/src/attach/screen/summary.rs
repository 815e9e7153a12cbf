//! What remains on the terminal when a run's screen is left: a few lines, where they can be scrolled to.

use banister_core::run::{Ask, ExitCode};
use banister_core::source::visible;

use crate::ask::status;
use crate::attach::Board;
use crate::terminal;
use crate::ui::run::Link;

/// Asks that are named.
const ASKS: usize = 4;

/// Says how the run stands, and how to come back.
pub(super) fn say(board: &Board, link: &Link) {
    terminal::talk(&text(board, link));
}

fn text(board: &Board, link: &Link) -> String {
    let id = board.run.id();
    let mut lines = vec![format!("run {id}"), status(board)];
    let view = board.view();
    let asks: Vec<&Ask> = view.state().asks().filter(|ask| ask.unavailable.is_none()).collect();
    lines.extend(asks.iter().take(ASKS).map(|ask| format!("  ASK          {}", visible(&ask.id.path.to_string()))));
    if asks.len() > ASKS {
        lines.push(format!("  and {} asks more", asks.len() - ASKS));
    }
    let is_over = view.state().finished().is_some();
    match link {
        Link::Ended(exit) => {
            lines.push(format!("ended with {exit}: {}", meaning(*exit)));
            let next = if is_over { "timeline" } else { "resume" };
            lines.push(format!("go on with: banister {next} {id}"));
            lines.push(format!("journal: {}; verify it: banister verify {id}", board.run.journal_path().display()));
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
