//! The full-screen front end.
//!
//! ```text
//!   socket ─▶ link (thread): Body ─▶ Heard ─▶ Mailbox ─▶ RunScreen
//!     ▲                                                    │ Order::Send
//!     └──────────────── Line ◀── Outlet (Desk) ◀───────────┘
//! ```

mod desk;
mod line;
mod link;
mod summary;

use std::io;
use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::ExitCode;
use banister_core::view::RunView;
use banister_runtime::driver::Wanted;
use banister_runtime::history::usual;
use banister_runtime::state::{RunDir, StateDir};

use super::connect::connect;
use super::front::without;
use super::{How, gone};
use crate::exit_code;
use crate::failure::Failure;
use crate::ui::run::{Link, RunScreen};
use crate::ui::{Heard, Mailbox, Post, Theme, play};

use desk::Desk;
use line::Line;

/// Attaches with a full screen, until the person leaves it.
pub(super) fn full(run: &RunDir, how: How, theme: Theme) -> Result<ExitCode, Failure> {
    let Some((welcome, client)) = connect(run, how.watch, Wanted::None {})? else { return without(run, &how) };
    let (teller, hearer) = client.split()?;
    let plan = Arc::new((*welcome.plan).clone());
    let (mailbox, post) = Mailbox::new();
    let line = Arc::new(Line::new(teller));
    let linked = link::start(run.clone(), line.clone(), hearer, post.clone(), &welcome, how.is_drill);
    let linked = linked.map_err(no_thread)?;
    remember(run, &plan, &post).map_err(no_thread)?;
    let mut screen = RunScreen::new(theme);
    let mut desk = Desk::new(run, &plan, line.clone(), post.clone());
    let played = play(&mut screen, &mailbox, &post, &mut desk);
    // Nobody reads any more: what brings news ends, and the engine is left.
    drop((mailbox, desk));
    line.hang_up();
    // A fault in it was seen as a lost connection.
    drop(linked.join());
    played.map_err(|error| Failure::new(exit_code::IO, format!("cannot use this terminal: {error}")))?;
    // The record of the end comes before the engine's last word: who leaves in between has left nothing behind.
    if let Link::Connecting | Link::Live = screen.model.link
        && let Some(exit) = screen.model.view.as_ref().filter(|_| !screen.model.is_behind()).and_then(RunView::exit)
    {
        screen.model.link = Link::Ended(exit);
    }
    summary::say(run, &screen.model, how.is_drill);
    match screen.model.link {
        Link::Ended(exit) => Ok(exit),
        Link::Lost(_) => Err(gone::killed(run)),
        Link::Connecting | Link::Live => Ok(exit_code::DETACHED),
    }
}

/// Looks in the background how long things usually take.
fn remember(run: &RunDir, plan: &Arc<Plan>, post: &Post) -> io::Result<()> {
    let (run, plan, post) = (run.clone(), plan.clone(), post.clone());
    let look = move || {
        // `STATE/runs/ID`.
        let state = run.path().ancestors().nth(2).and_then(|dir| StateDir::open(dir).ok());
        if let Some(state) = state {
            let usual = usual(&state, &plan.runbook, &plan.environment);
            post.news(Heard::Usual(Arc::new(usual)));
        }
    };
    std::thread::Builder::new().name("usual".to_owned()).spawn(look).map(drop)
}

fn no_thread(error: io::Error) -> Failure {
    Failure::new(exit_code::IO, format!("cannot start a thread: {error}"))
}
