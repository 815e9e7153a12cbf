//! How long things usually take, by the runs there were.
//!
//! Real durations replace what the author expected. Times in which a run waited for people are in none of them: they
//! say something about people, not about the step.

use std::collections::{BTreeMap, BTreeSet};

use super::{RunView, StepRow};
use crate::plan::{Segment, StepPath};

/// The middle half of the durations that were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualRange {
    /// A quarter took less, milliseconds.
    pub low_ms: u64,
    /// A quarter took longer, milliseconds.
    pub high_ms: u64,
    /// In so many runs.
    pub runs: u32,
}

/// Durations of the steps of one runbook, over its runs; shortest first.
#[derive(Debug, Clone, Default)]
pub struct Usual {
    steps: BTreeMap<String, (Vec<u64>, u32)>,
    whole: Vec<u64>,
}

impl Usual {
    /// Adds a run: each of its steps that ended as it should, and the whole of it if all of it did.
    pub fn add(&mut self, view: &RunView) {
        let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let waited: BTreeSet<&StepPath> = view.waits().iter().map(|wait| &wait.ask.path).collect();
        for row in view.steps().filter(|row| row.word == "ok") {
            // A gate that a person gave more time says how long that person took.
            let is_own = row.kind != "gate" || !waited.contains(&row.path);
            if let Some(took) = took(&row).filter(|_| is_own) {
                seen.entry(name(&row.path)).or_default().push(took);
            }
        }
        for (step, times) in seen {
            let (all, runs) = self.steps.entry(step).or_default();
            all.extend(times);
            all.sort_unstable();
            *runs += 1;
        }
        if let (Some(began), Some(ended), Some(exit)) = (view.began(), view.ended(), view.exit())
            && exit == crate::run::ExitCode::DONE
        {
            let whole = u64::try_from(ended.signed_duration_since(began).num_milliseconds()).unwrap_or(0);
            let waited: u64 = view.wait_rows().filter_map(|wait| wait.waited_ms).sum();
            self.whole.push(whole.saturating_sub(waited));
            self.whole.sort_unstable();
        }
    }

    /// What an instance usually takes, by all instances of its step; `None` if no run tells.
    #[must_use]
    pub fn of(&self, path: &StepPath) -> Option<UsualRange> {
        let (times, runs) = self.steps.get(&name(path))?;
        range(times, *runs)
    }

    /// The middle of what was seen of an instance's step, milliseconds.
    pub(super) fn middle_ms(&self, path: &StepPath) -> Option<u64> {
        let (times, _) = self.steps.get(&name(path))?;
        times.get(times.len().saturating_sub(1) / 2).copied()
    }

    /// What the whole run usually takes, without the waiting for people.
    #[must_use]
    pub fn whole(&self) -> Option<UsualRange> {
        range(&self.whole, u32::try_from(self.whole.len()).unwrap_or(u32::MAX))
    }
}

/// The step as such: host and batch say nothing about how long it takes.
fn name(path: &StepPath) -> String {
    let parts = path.segments().iter().filter(|part| !matches!(part, Segment::Host(_) | Segment::Batch(_)));
    parts.map(ToString::to_string).collect::<Vec<_>>().join("/")
}

/// What the machine needed; nothing where a person did.
fn took(row: &StepRow) -> Option<u64> {
    match row.kind.as_str() {
        "pause" | "approve" | "manual" | "note" | "wait" => None,
        "gate" => {
            let (began, ended) = (row.began?, row.ended?);
            u64::try_from(ended.signed_duration_since(began).num_milliseconds()).ok()
        }
        // A retried step waited for its next try, and perhaps for a person: only its last attempt counts.
        _ => row.took_ms,
    }
}

/// Times are sorted.
fn range(sorted: &[u64], runs: u32) -> Option<UsualRange> {
    let at = |quarter: usize| sorted.get((sorted.len().saturating_sub(1)) * quarter / 4).copied();
    Some(UsualRange { low_ms: at(1)?, high_ms: at(3)?, runs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::all;

    #[test]
    fn the_middle_half_of_what_was_seen() {
        for (times, low, high) in [(vec![5], 5, 5), (vec![1, 9], 1, 1), (vec![1, 2, 3, 4, 5], 2, 4)] {
            let range = range(&times, 1).unwrap();
            assert_eq!((range.low_ms, range.high_ms), (low, high), "{times:?}");
        }
        assert_eq!(range(&[], 0), None);
    }

    #[test]
    fn a_run_teaches_what_its_steps_take_whatever_their_host() {
        let story = all().into_iter().find(|story| story.name == "smooth").unwrap();
        let mut view = RunView::new(story.plan.clone());
        story.records.iter().for_each(|record| view.apply(record).unwrap());
        let mut usual = Usual::default();
        usual.add(&view);
        usual.add(&view);
        let [one, other] = ["roll/@web-1/restart", "roll/@web-4/restart"].map(|path| StepPath::parse(path).unwrap());
        let range = usual.of(&one).unwrap();
        assert_eq!(range.runs, 2);
        assert_eq!(usual.of(&other), Some(range));
        assert!(usual.whole().is_some());
        assert_eq!(usual.of(&StepPath::parse("nothing").unwrap()), None);
    }
}
