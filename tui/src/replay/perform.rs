//! Says everything again, at its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banister_core::plan::Plan;
use banister_core::run::{BootId, ExitCode, Now, Record};
use banister_core::view::duration;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Act, Pace, Script};
use banister_core::run::EffectKey;
use banister_runtime::output::StreamKind;

/// Nobody waits longer for the next thing, however long the run did.
const LONGEST: f64 = 3.0;

/// One thing that a replay says.
#[derive(Debug, Clone)]
pub(crate) enum Played {
    /// What is played.
    Begins { run: String, plan: Arc<Plan> },
    /// The run's time is this, and goes on so many seconds a second, for so many of its seconds.
    Clock { at: Now, speed: f64, most: f64 },
    /// Something happened.
    Record(Box<Record>),
    /// A command printed something.
    Output { key: Arc<EffectKey>, stream: StreamKind, bytes: Vec<u8> },
    /// Nothing happened for so long, and not all of it was waited for.
    Skipped(String),
    /// The record ends here.
    Ends(Option<ExitCode>),
}

/// Plays a script until its end, or until `say` is false.
pub(crate) fn perform(script: Script, pace: &Pace, say: &mut dyn FnMut(Played) -> bool) {
    let mut time = Time { at: None, base: None };
    let (run, plan) = (script.run.clone(), script.plan.clone());
    if !say(Played::Begins { run, plan }) {
        return;
    }
    for (at, act) in &script.acts {
        if !pass(&mut time, *at, pace, say) {
            return;
        }
        let played = match act {
            Act::Record(record) => {
                time.base = Some((record.at, record.elapsed, record.boot.clone()));
                Played::Record(record.clone())
            }
            Act::Output { key, chunk } => {
                Played::Output { key: key.clone(), stream: chunk.stream, bytes: script.bytes(key, chunk) }
            }
        };
        if !say(played) {
            return;
        }
    }
    say(Played::Ends(script.exit));
}

/// Where the replay is in the run's time.
struct Time {
    at: Option<DateTime<Utc>>,
    /// The last record's clocks.
    base: Option<(DateTime<Utc>, u64, BootId)>,
}

impl Time {
    /// The run's clocks at a moment of it.
    fn now(&self, at: DateTime<Utc>) -> Option<Now> {
        let (wall, elapsed, boot) = self.base.clone()?;
        let since = (at - wall).num_nanoseconds().and_then(|ns| u64::try_from(ns).ok()).unwrap_or(0);
        Some(Now { wall: at, elapsed: elapsed.saturating_add(since), boot })
    }
}

/// Lets the run's time pass until a moment of it; false when nobody looks any more.
fn pass(time: &mut Time, to: DateTime<Utc>, pace: &Pace, say: &mut dyn FnMut(Played) -> bool) -> bool {
    let Some(from) = time.at.replace(to) else { return true };
    let gap = (to - from).to_std().unwrap_or_default().as_secs_f64();
    let mut left = gap;
    let mut is_short = false;
    while left > 0.0 {
        let speed = pace.speed();
        // What stands is not hurried.
        let hurried = if speed > 0.0 { speed.max(left / LONGEST) } else { 0.0 };
        is_short |= hurried > speed;
        if hurried.is_infinite() {
            break;
        }
        let here = to - TimeDelta::from_std(Duration::from_secs_f64(left)).unwrap_or_default();
        if let Some(at) = time.now(here)
            && !say(Played::Clock { at, speed: hurried, most: left })
        {
            return false;
        }
        let began = Instant::now();
        let long = (hurried > 0.0).then(|| Duration::from_secs_f64(left / hurried));
        if !pace.wait(speed, long) {
            return false;
        }
        left -= began.elapsed().as_secs_f64() * hurried;
        // A clock ticks in steps: less than one of them is nothing.
        if left < 0.001 {
            break;
        }
    }
    let milliseconds = u64::try_from((to - from).num_milliseconds()).unwrap_or(0);
    !is_short || say(Played::Skipped(format!("{} later", duration(milliseconds))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(gap_ms: i64, speed: f64) -> Vec<Played> {
        let from: DateTime<Utc> = "2026-11-21T14:00:00Z".parse().expect("a moment");
        let mut time = Time { at: Some(from), base: Some((from, 5, BootId("b".to_owned()))) };
        let mut said = Vec::new();
        let to = from + TimeDelta::milliseconds(gap_ms);
        assert!(pass(&mut time, to, &Pace::new(speed), &mut |played| {
            said.push(played);
            true
        }));
        said
    }

    #[test]
    fn a_gap_is_played_in_the_runs_time_and_a_long_one_is_shortened_and_said() {
        let short = passes(40, 4.0);
        let [Played::Clock { at, speed, most }] = short.as_slice() else { panic!("{short:?}") };
        assert_eq!((at.elapsed, *speed, *most), (5, 4.0, 0.04));
        let long = passes(250_000, 1e9);
        assert!(matches!(long.as_slice(), [Played::Clock { .. }]), "fast enough: {long:?}");
        let none = passes(250_000, f64::INFINITY);
        assert!(none.is_empty(), "{none:?}");
        assert!(passes(0, 1.0).is_empty());
    }

    #[test]
    fn who_leaves_is_not_waited_for() {
        let from: DateTime<Utc> = "2026-11-21T14:00:00Z".parse().expect("a moment");
        let mut time = Time { at: Some(from), base: Some((from, 0, BootId("b".to_owned()))) };
        let pace = Pace::new(0.0);
        pace.end();
        assert!(!pass(&mut time, from + TimeDelta::seconds(9), &pace, &mut |_| true));
    }
}
