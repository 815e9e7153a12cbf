//! The screen of a run that is played again: the same one, in the run's own time.

use banister_core::run::Now;
use chrono::TimeDelta;
use ratatui::Frame;

use super::{Pace, Played};
use crate::ui::run::RunScreen;
use crate::ui::{Heard, Key, Message, Order, Program, Theme};
use banister_runtime::driver::operator;

/// Half and twice as fast. They mean nothing on a run's screen, so that one key has one meaning.
const SLOWER: Key = Key::Char(',');
const FASTER: Key = Key::Char('.');

/// The run's screen, and the run's time.
pub(crate) struct Replayed {
    screen: RunScreen,
    pace: Pace,
    /// The run's time, the reader's clock when it was that, and how fast it goes.
    clock: Option<Clock>,
}

struct Clock {
    at: Now,
    since: u64,
    speed: f64,
    most: f64,
}

impl Replayed {
    pub(crate) fn new(theme: Theme, pace: Pace) -> Self {
        let mut screen = RunScreen::new(theme);
        screen.model.replay = true;
        Self { screen, pace, clock: None }
    }

    /// What the run's clocks show when ours show this.
    fn now(&self, now: &Now) -> Now {
        let Some(clock) = &self.clock else { return now.clone() };
        #[expect(
            clippy::cast_precision_loss,
            reason = "nanoseconds of a replay: far below what a double holds exactly"
        )]
        let passed = now.elapsed.saturating_sub(clock.since) as f64 / 1e9 * clock.speed;
        let passed = TimeDelta::milliseconds(num_of(passed.min(clock.most) * 1e3));
        let nanoseconds = passed.num_nanoseconds().and_then(|ns| u64::try_from(ns).ok()).unwrap_or(0);
        let at = &clock.at;
        Now { wall: at.wall + passed, elapsed: at.elapsed.saturating_add(nanoseconds), boot: at.boot.clone() }
    }

    fn heard(&mut self, played: Played, now: &Now) -> Vec<Order> {
        let heard = match played {
            Played::Begins { run, plan } => Heard::Welcome { run, plan, you: operator(), watch: true, seq: 0 },
            Played::Clock { at, speed, most } => {
                self.clock = Some(Clock { at, since: now.elapsed, speed, most });
                return Vec::new();
            }
            Played::Record(record) => {
                let at = Now { wall: record.at, elapsed: record.elapsed, boot: record.boot.clone() };
                self.clock = Some(Clock { at, since: now.elapsed, speed: 0.0, most: 0.0 });
                Heard::Record(record)
            }
            Played::Output { key, stream, bytes } => {
                Heard::Output { key: (*key).clone(), stream: stream.to_string(), bytes }
            }
            Played::Skipped(text) => Heard::Notice(text),
            Played::Ends(Some(exit)) => Heard::Ended(exit),
            Played::Ends(None) => Heard::Notice("the record ends here, without the run's end".to_owned()),
        };
        let now = self.now(now);
        self.screen.update(Message::Heard(heard), &now)
    }

    /// Whether a dialog or a search has the keys.
    fn takes_text(&self) -> bool {
        self.screen.place.is_typing || !self.screen.overlays.is_empty()
    }

    fn change(&mut self, key: Key, now: &Now) {
        let speed = if key == SLOWER { self.pace.slower() } else { self.pace.faster() };
        let text = if speed > 0.0 { format!("replay {speed}x") } else { "replay stands; . goes on".to_owned() };
        let now = self.now(now);
        self.screen.model.say(text, false, &now);
    }
}

/// The whole part; the arguments are small.
fn num_of(milliseconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the part below a millisecond is not shown; a cast saturates")]
    let whole = milliseconds as i64;
    whole
}

impl Program<Played> for Replayed {
    fn update(&mut self, message: Message<Played>, now: &Now) -> Vec<Order> {
        let message = match message {
            Message::Heard(played) => return self.heard(played, now),
            Message::Key(key) if (key == SLOWER || key == FASTER) && !self.takes_text() => {
                self.change(key, now);
                return Vec::new();
            }
            Message::Key(key) => Message::Key(key),
            Message::Paste(text) => Message::Paste(text),
            Message::Resize { width, height } => Message::Resize { width, height },
            Message::Notice(text) => Message::Notice(text),
            Message::Tick => Message::Tick,
            Message::Back => Message::Back,
            Message::Shelled(went) => Message::Shelled(went),
            Message::Stop => Message::Stop,
            Message::Hangup => Message::Hangup,
        };
        let now = self.now(now);
        self.screen.update(message, &now)
    }

    fn is_ready(&self) -> bool {
        self.screen.is_ready()
    }

    fn draw(&self, frame: &mut Frame<'_>, now: &Now) {
        self.screen.draw(frame, &self.now(now));
    }
}

impl Drop for Replayed {
    fn drop(&mut self) {
        self.pace.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::at_ms;

    #[test]
    fn the_keys_of_the_pace_mean_nothing_else() {
        assert_eq!([SLOWER, FASTER].map(crate::ui::run::action), [None, None]);
    }

    #[test]
    fn the_screen_is_in_the_runs_time() {
        let mut replayed = Replayed::new(Theme::MONO, Pace::new(10.0));
        let at = at_ms(60_000);
        let clock = Played::Clock { at: at.clone(), speed: 10.0, most: 30.0 };
        replayed.update(Message::Heard(clock), &at_ms(1_000));
        assert_eq!(replayed.now(&at_ms(1_000)), at);
        assert_eq!(replayed.now(&at_ms(2_500)), at_ms(75_000));
        assert_eq!(replayed.now(&at_ms(20_000)), at_ms(90_000), "not beyond what comes next");
    }
}
