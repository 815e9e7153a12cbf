//! The rows of a run's screen, made once after each record and kept until the next.
//!
//! ```text
//!   RunView ─▶ Board { groups of lines (steps.rs), rosters of hosts (hosts.rs) }   once a record, when it is looked at
//!   Board + Place ─▶ items (items.rs)                                             folds, filter and cursor: at each frame
//! ```

mod hosts;
mod items;
mod row_id;
mod steps;

use std::collections::BTreeMap;

use banister_core::plan::StepPath;
use banister_core::run::AskKind;
use banister_core::view::{AskRow, NextRow, RunView, RunningRow, StepRow};

pub(crate) use hosts::{HostItem, HostLine, Roster, folded_words};
pub(crate) use items::StepItem;
pub(crate) use row_id::RowId;
pub(crate) use steps::{Group, GroupKind, StepLine, tries};

/// Everything that pages show of the run, at one record.
pub(crate) struct Board {
    /// Every instance, in the order of the plan.
    pub(crate) steps: Vec<StepRow>,
    by_path: BTreeMap<StepPath, usize>,
    /// Instances put together: those of a step, or of a batch, are one line.
    pub(crate) groups: Vec<Group>,
    /// The hosts of each roll; of the whole plan if it has none.
    pub(crate) rosters: Vec<Roster>,
    pub(crate) now: Vec<RunningRow>,
    pub(crate) next: Option<NextRow>,
    pub(crate) next_ask: Option<NextRow>,
    pub(crate) if_it_fails: String,
    pub(crate) asks: Vec<AskRow>,
    /// Hosts that were changed, and hosts in all.
    pub(crate) touched: (usize, usize),
}

impl Board {
    pub(super) fn new(view: &RunView) -> Self {
        let steps: Vec<StepRow> = view.steps().collect();
        let by_path: BTreeMap<StepPath, usize> =
            steps.iter().enumerate().map(|(at, row)| (row.path.clone(), at)).collect();
        let mut groups = steps::groups(view.plan(), &steps);
        for wait in view.waits().iter().filter(|wait| wait.kind == AskKind::GateTimeout) {
            let Some((at, until)) = by_path.get(&wait.ask.path).zip(wait.until.as_ref()) else { continue };
            // A gate that was not looked at again ended before the wait did.
            let is_in = steps.get(*at).and_then(|row| row.ended).is_some_and(|ended| until.wall <= ended);
            let line = groups.iter_mut().flat_map(|group| &mut group.lines).find(|line| line.members.contains(at));
            if let Some(line) = line.filter(|_| is_in) {
                line.took_ms = line.took_ms.map(|ms| ms.saturating_sub(wait.waited_ms(until)));
            }
        }
        let rosters = hosts::rosters(view, &steps);
        Self {
            by_path,
            groups,
            rosters,
            now: view.now().collect(),
            next: view.next(),
            next_ask: view.next_ask(),
            if_it_fails: view.if_it_fails().to_owned(),
            asks: view.asks().collect(),
            touched: view.touched(),
            steps,
        }
    }

    /// One instance.
    pub(crate) fn step(&self, path: &StepPath) -> Option<&StepRow> {
        self.by_path.get(path).and_then(|at| self.steps.get(*at))
    }

    /// The line that an instance is part of.
    pub(crate) fn line_of(&self, path: &StepPath) -> Option<&StepLine> {
        let at = *self.by_path.get(path)?;
        self.lines().find(|line| line.members.contains(&at))
    }

    /// Every line, in the order of the plan.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &StepLine> {
        self.groups.iter().flat_map(|group| &group.lines)
    }

    /// An instance as people speak of it: `3.1 Stop the broker`.
    pub(crate) fn name(&self, path: &StepPath) -> String {
        match self.line_of(path).zip(self.step(path)) {
            Some((line, row)) => {
                format!("{} {}", line.number, crate::ui::text::shown(&row.title)).trim_start().to_owned()
            }
            None => path.to_string(),
        }
    }

    /// How many lines of steps have each of some words: `6 ok  1 RUN  0 FAIL  7 to go`; the others only where there are
    /// some.
    pub(crate) fn counts(&self) -> Vec<(usize, &'static str)> {
        let count = |fits: fn(&str) -> bool| {
            self.groups
                .iter()
                .filter(|group| group.kind != GroupKind::Preconditions)
                .flat_map(|group| &group.lines)
                .filter(|line| fits(&line.word))
                .count()
        };
        let left_out = count(|word| matches!(word, "skip" | "excl"));
        let counts = [
            (count(|word| matches!(word, "ok" | "hand")), "ok"),
            (left_out, "left out"),
            (count(|word| matches!(word, "RUN" | "undo")), "RUN"),
            (count(|word| word == "ASK"), "ASK"),
            (count(|word| word == "HELD"), "HELD"),
            (count(|word| word == "UNKN"), "UNKN"),
            (count(|word| word == "STUCK"), "STUCK"),
            (count(|word| word == "FAIL"), "FAIL"),
            (count(|word| word == "never"), "never"),
            (count(|word| word == "todo"), "to go"),
        ];
        // What was left out is not well; it takes the room of what there is none of.
        let always = |word: &str| word == "ok" || (left_out == 0 && matches!(word, "RUN" | "FAIL" | "to go"));
        counts.into_iter().filter(|(count, word)| *count > 0 || always(word)).collect()
    }
}

/// How much a state word matters to the person at the screen: what needs one first.
pub(crate) fn rank(word: &str) -> u8 {
    match word {
        "STUCK" => 0,
        "UNKN" => 1,
        "FAIL" => 2,
        "ASK" => 3,
        "HELD" => 4,
        "undo" => 5,
        "RUN" => 6,
        "todo" => 7,
        "never" => 8,
        "excl" => 9,
        "skip" => 10,
        "hand" => 11,
        _ => 12,
    }
}

/// Whether a state wants somebody to look.
pub(crate) fn is_trouble(word: &str) -> bool {
    rank(word) <= 3
}

/// Names as short as they can be read: `kafka-01,02`.
pub(crate) fn short_names<T: AsRef<str>>(names: &[T], cells: usize) -> String {
    let Some(first) = names.first().map(AsRef::as_ref) else { return String::new() };
    let prefix = names.iter().map(AsRef::as_ref).fold(first, |prefix, name| {
        let same = prefix.char_indices().zip(name.chars()).find(|((_, a), b)| a != b);
        let end = same.map_or(prefix.len().min(name.len()), |((at, _), _)| at);
        prefix.get(..end).unwrap_or_default()
    });
    // Only what is counted is cut off: `kafka-01,02`, never `kafka-01,1` of `kafka-11`.
    let prefix = prefix.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut text = crate::ui::text::shown(first);
    for (at, name) in names.iter().enumerate().skip(1) {
        let short = crate::ui::text::shown(name.as_ref().get(prefix.len()..).unwrap_or_default());
        let rest = names.len() - at;
        let more = if rest > 1 { format!(" +{rest}").len() } else { 0 };
        if text.len() + 1 + short.len() + more > cells {
            return format!("{text} +{rest}");
        }
        text.push(',');
        text.push_str(&short);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_short_as_they_can_be_read() {
        for (names, cells, expect) in [
            (vec!["kafka-01", "kafka-02"], 20, "kafka-01,02"),
            (vec!["web-9", "web-10", "web-11"], 20, "web-9,10,11"),
            (vec!["web-001", "web-002", "web-003", "web-004"], 13, "web-001 +3"),
            (vec!["web-001", "web-002", "web-003", "web-004"], 15, "web-001,002 +2"),
            (vec!["app", "db"], 20, "app,db"),
            (vec!["app"], 2, "app"),
            (vec![], 2, ""),
        ] {
            assert_eq!(short_names(&names, cells), expect);
        }
    }
}
