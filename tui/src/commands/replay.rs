//! `banister replay`: plays the record of a run on the screen it had, or as plain lines.

use banister_core::run::ExitCode;
use banister_core::source::visible;
use banister_core::view::{Plain, RunView, output_line};

use crate::cli::{ReplayArgs, RunOutput};
use crate::failure::Failure;
use crate::replay::{Pace, Played, Replayed, Script, perform};
use crate::ui::{Mailbox, Nowhere, chosen, play};
use crate::{exit_code, select, terminal};

pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let theme = chosen(&args.ui, RunOutput::Plain)?;
    if theme.is_none() {
        goes(args.speed)?;
    }
    let run = select::run(&args.run, &args.state)?;
    let script = Script::read(&run, args.speed.is_infinite())?;
    let pace = Pace::new(args.speed);
    let Some(theme) = theme else { return plain(script, &pace) };
    let fault = |error: std::io::Error| Failure::new(exit_code::IO, format!("cannot use this terminal: {error}"));
    let (mailbox, post) = Mailbox::new();
    let (player, its) = (post.clone(), pace.clone());
    let performing = move || perform(script, &its, &mut |played| player.news(played));
    std::thread::Builder::new().name("replay".to_owned()).spawn(performing).map_err(fault)?;
    let mut screen = Replayed::new(theme, pace);
    play(&mut screen, &mailbox, &post, &mut Nowhere).map_err(fault)?;
    Ok(ExitCode::DONE)
}

/// Lines need a speed: they have no key that goes on, and a replay that stands would stand for ever.
fn goes(speed: f64) -> Result<(), Failure> {
    if speed > 0.0 {
        return Ok(());
    }
    let why = format!("at speed {speed} no line ever comes");
    Err(Failure::new(exit_code::USAGE, why).hint("give `--speed` a number above 0, or `inf`"))
}

/// Lines at their time, on standard output: here they are the data.
fn plain(script: Script, pace: &Pace) -> Result<ExitCode, Failure> {
    let mut view = RunView::new(script.plan.clone());
    let mut lines = Plain::new();
    let mut failure = None;
    perform(script, pace, &mut |played| {
        let text = match played {
            Played::Record(record) => match view.apply(&record) {
                Ok(()) => lines.lines(&view, &record),
                Err(error) => vec![format!("note: cannot show record {}: {error}", record.seq)],
            },
            Played::Output { key, bytes, .. } => bytes
                .split(|b| *b == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| output_line(key.host.as_str(), line))
                .collect(),
            Played::Skipped(text) => vec![format!("  .. {}", visible(&text))],
            Played::Ends(None) => vec!["note: the record ends here, without the run's end".to_owned()],
            Played::Begins { .. } | Played::Clock { .. } | Played::Ends(Some(_)) => return true,
        };
        let text: String = text.iter().map(|line| format!("{line}\n")).collect();
        failure = terminal::data(&text).err();
        failure.is_none()
    });
    failure.map_or(Ok(ExitCode::DONE), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_would_never_come_are_refused() {
        for (speed, goes_on) in
            [(1.0, true), (0.01, true), (f64::INFINITY, true), (0.0, false), (-1.0, false), (f64::NAN, false)]
        {
            assert_eq!(goes(speed).is_ok(), goes_on, "{speed}");
        }
    }
}
