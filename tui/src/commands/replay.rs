//! `banister replay`: plays the record of a run on the screen it had.

use std::sync::Arc;
use std::time::Duration;

use banister_core::run::{ExitCode, Record};
use banister_runtime::driver::operator;
use banister_runtime::journal::Follower;

use chrono::{DateTime, Utc};

use crate::cli::ReplayArgs;
use crate::failure::Failure;
use crate::ui::run::RunScreen;
use crate::ui::{Heard, Mailbox, Nowhere, Post, Theme, play};
use crate::{exit_code, select};

/// Nobody waits longer for the next record, however long the run did.
const LONGEST: Duration = Duration::from_secs(3);

pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    let plan = Arc::new(run.read_plan()?.0);
    let mut follower = Follower::open(&run.journal_path())?;
    let mut records = Vec::new();
    while let Some(followed) = follower.next()? {
        records.push(followed.record);
    }
    let fault = |error: std::io::Error| Failure::new(exit_code::IO, format!("cannot use this terminal: {error}"));
    let (mailbox, post) = Mailbox::new();
    let welcome = Heard::Welcome { run: run.id().to_string(), plan, you: operator(), watch: true, seq: 0 };
    let (player, speed) = (post.clone(), args.speed);
    std::thread::Builder::new()
        .name("replay".to_owned())
        .spawn(move || perform(&player, welcome, records, speed))
        .map_err(fault)?;
    let mut screen = RunScreen::new(Theme::of_terminal(args.ui.theme));
    screen.model.replay = true;
    play(&mut screen, &mailbox, &post, &mut Nowhere).map_err(fault)?;
    Ok(ExitCode::DONE)
}

fn scaled(gap: Duration, speed: f64) -> Duration {
    Duration::from_secs_f64((gap.as_secs_f64() / speed.max(0.01)).min(LONGEST.as_secs_f64()))
}

/// Says everything again, at its time.
fn perform(post: &Post, welcome: Heard, records: Vec<Record>, speed: f64) {
    let mut before: Option<DateTime<Utc>> = None;
    if !post.news(welcome) {
        return;
    }
    for record in records {
        let gap = before.map_or(Duration::ZERO, |before| (record.at - before).to_std().unwrap_or_default());
        before = Some(record.at);
        std::thread::sleep(scaled(gap, speed));
        if !post.news(Heard::Record(Box::new(record))) {
            return;
        }
    }
}
