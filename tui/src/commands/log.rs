//! `banister log`: shows the records of a run.

use std::sync::Arc;
use std::time::Duration;

use banister_core::run::ExitCode;
use banister_core::view::{Event, Plain, RunView};
use banister_runtime::journal::{Follower, RunEnd, Tail};

use crate::cli::{LogArgs, LogFormat};
use crate::failure::Failure;
use crate::{select, terminal};

/// How often a growing journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(super) fn log(args: &LogArgs) -> Result<ExitCode, Failure> {
    let run = select::run(&args.run, &args.state)?;
    let mut view = RunView::new(Arc::new(run.read_plan()?.0));
    let mut plain = Plain::new();
    let mut follower = Follower::open(&run.journal_path())?;
    loop {
        // Asked before the reading: an engine that ends in between has written all it will by the time it is read.
        let goes_on = args.follow && run.is_running()?;
        while let Some(followed) = follower.next()? {
            view.apply(&followed.record)
                .map_err(|error| Failure::new(ExitCode::JOURNAL_BROKEN, format!("the records do not fold: {error}")))?;
            match args.format {
                LogFormat::Human => {
                    for line in plain.lines(&view, &followed.record) {
                        terminal::data(&format!("{line}\n"))?;
                    }
                }
                LogFormat::Ndjson => {
                    terminal::data(&format!("{}\n", Event::of(&view, &followed.record).to_line()))?;
                }
            }
        }
        if !goes_on || follower.end() != RunEnd::Open {
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    match follower.into_tail() {
        Tail::Whole | Tail::LacksLf => Ok(ExitCode::DONE),
        Tail::Torn { at, len, .. } => {
            terminal::talk(&format!("note: the journal ends in {len} torn bytes at {at}; resume answers them"));
            Ok(ExitCode::DONE)
        }
        Tail::Corrupt { line, why } => {
            let message = format!("the journal does not verify, line {line}: {why}");
            Err(Failure::new(ExitCode::JOURNAL_BROKEN, message).hint("`banister verify RUN` says how far it is whole"))
        }
    }
}
