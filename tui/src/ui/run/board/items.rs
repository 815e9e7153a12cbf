//! Which rows of the steps are to be seen: folds, filter, cursor.

use std::collections::BTreeMap;

use banister_core::view::StepRow;

use super::{Board, Group, GroupKind, RowId, StepLine, is_trouble, rank};
use crate::ui::text::shown;

/// Above so many lines only the batches that matter now stand open.
const MANY_LINES: usize = 24;

/// One row of the steps.
#[derive(Clone)]
pub(crate) enum StepItem<'a> {
    /// The line above an open batch.
    Head(&'a Group),
    /// Groups of one state in one row.
    Folded {
        /// The first of them.
        first: &'a Group,
        /// The last.
        last: &'a Group,
        /// Their state.
        word: &'static str,
        /// Hosts of all of them.
        hosts: usize,
    },
    /// A step on all its hosts.
    Line(&'a StepLine),
    /// One of them.
    Instance(&'a StepRow),
}

impl StepItem<'_> {
    /// Its name for cursor and folds.
    pub(crate) fn id(&self) -> RowId {
        match self {
            Self::Head(group) | Self::Folded { first: group, .. } => group.id.clone(),
            Self::Line(line) => line.id.clone(),
            Self::Instance(row) => RowId::Instance(row.path.clone()),
        }
    }

    fn word(&self) -> &str {
        match self {
            Self::Head(_) => "ok",
            Self::Folded { word, .. } => word,
            Self::Line(line) => &line.word,
            Self::Instance(row) => &row.word,
        }
    }
}

impl Board {
    /// The rows to be seen. `folds` says which of them a person opened or folded.
    pub(crate) fn step_items(&self, folds: &BTreeMap<RowId, bool>, filter: Option<&str>) -> Vec<StepItem<'_>> {
        if let Some(filter) = filter.filter(|filter| !filter.is_empty()) {
            return self.filtered(filter);
        }
        let is_long = self.lines().count() > MANY_LINES;
        let mut items: Vec<StepItem<'_>> = Vec::new();
        let mut was_next = false;
        for group in &self.groups {
            let word = group.word();
            // The next batch is of interest when nothing of the roll is under way.
            let is_next = word == Some("todo") && !was_next;
            was_next |= is_next || word.is_none();
            let open = folds.get(&group.id).copied().unwrap_or(match (group.kind, word) {
                (GroupKind::Preconditions, word) => word != Some("ok"),
                (GroupKind::Step, _) | (_, None) => true,
                _ => !is_long || is_next,
            });
            match (open, word) {
                (true, _) => self.open(group, folds, &mut items),
                (false, word) => {
                    let word = word.unwrap_or_else(|| first_word(group));
                    match items.last_mut() {
                        Some(StepItem::Folded { first, last, word: its, hosts })
                            if *its == word && first.top == group.top && first.kind == group.kind =>
                        {
                            (*last, *hosts) = (group, *hosts + group.hosts.len());
                        }
                        _ => items.push(StepItem::Folded { first: group, last: group, word, hosts: group.hosts.len() }),
                    }
                }
            }
        }
        items
    }

    fn open<'a>(&'a self, group: &'a Group, folds: &BTreeMap<RowId, bool>, items: &mut Vec<StepItem<'a>>) {
        if group.kind != GroupKind::Step {
            items.push(StepItem::Head(group));
        }
        for line in &group.lines {
            items.push(StepItem::Line(line));
            if folds.get(&line.id).copied().unwrap_or(false) && line.members.len() > 1 {
                items.extend(line.members.iter().filter_map(|at| self.steps.get(*at)).map(StepItem::Instance));
            }
        }
    }

    fn filtered(&self, filter: &str) -> Vec<StepItem<'_>> {
        let filter = filter.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&filter);
        let mut items = Vec::new();
        for line in self.lines() {
            let name = matches!(&line.id, RowId::Line { name, .. } if has(name));
            if name || has(&line.title) || has(&line.word) || has(&line.number) {
                items.push(StepItem::Line(line));
            } else if line.hosts.iter().any(|host| has(host.as_str())) {
                items.push(StepItem::Line(line));
                let rows = line.members.iter().filter_map(|at| self.steps.get(*at));
                let rows = rows.filter(|row| row.host.as_ref().is_some_and(|host| has(host.as_str())));
                items.extend(rows.map(StepItem::Instance));
            }
        }
        items
    }

    /// The row of the cursor: where the person put it, else what matters now.
    pub(crate) fn cursor_of(items: &[StepItem<'_>], cursor: Option<&RowId>) -> usize {
        let put = cursor.and_then(|id| items.iter().position(|item| item.id() == *id));
        put.unwrap_or_else(|| {
            let lines = || items.iter().enumerate().filter(|(_, item)| matches!(item, StepItem::Line(_)));
            let trouble = lines().filter(|(_, item)| is_trouble(item.word()));
            let most = trouble.min_by_key(|(_, item)| rank(item.word()));
            let here = |words: [&'static str; 3]| lines().find(move |(_, item)| words.contains(&item.word()));
            most.or_else(|| here(["RUN", "undo", "HELD"]))
                .or_else(|| here(["todo"; 3]))
                .or_else(|| lines().next_back())
                .map_or(0, |(at, _)| at)
        })
    }

    /// The sentence of a row, for copying.
    pub(crate) fn words_of(item: &StepItem<'_>) -> String {
        match item {
            StepItem::Head(group) => format!("batch {}", group.batch),
            StepItem::Folded { first, last, word, .. } => format!("{word} batches {} to {}", first.batch, last.batch),
            StepItem::Line(line) => format!("{} {} {}", line.word, line.number, line.title),
            StepItem::Instance(row) => {
                format!("{} {} {}", row.word, row.path, row.why.as_deref().map_or_else(String::new, shown))
            }
        }
    }
}

fn first_word(group: &Group) -> &'static str {
    let most = group.lines.iter().min_by_key(|line| rank(&line.word)).map_or("todo", |line| line.word.as_str());
    super::hosts::WORDS.into_iter().find(|word| *word == most).unwrap_or("todo")
}
