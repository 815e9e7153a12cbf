//! Hosts with what matters most on each of them.

use std::collections::BTreeMap;

use banister_core::plan::StepPath;
use banister_core::runbook::HostName;
use banister_core::view::{RunView, StepRow};
use chrono::{DateTime, Utc};

use super::{RowId, rank, short_names};

/// Up to so many hosts stand in the order of the roll; more are put in the order of what needs a person.
const FEW: usize = 12;
/// The state words, what needs a person first.
pub(super) const WORDS: [&str; 13] =
    ["STUCK", "UNKN", "FAIL", "ASK", "HELD", "undo", "RUN", "todo", "never", "excl", "skip", "hand", "ok"];

/// The hosts of a roll.
#[derive(Debug, Clone)]
pub(crate) struct Roster {
    /// Position of the roll in the plan; `None`: the hosts of the plan.
    pub(crate) top: Option<usize>,
    pub(crate) batches: u32,
    /// The batch under way, from 1.
    pub(crate) batch: Option<u32>,
    /// Hosts that failed and count.
    pub(crate) spent: u32,
    /// Hosts that may.
    pub(crate) budget: u32,
    pub(crate) hosts: Vec<HostLine>,
}

/// One host.
#[derive(Debug, Clone)]
pub(crate) struct HostLine {
    pub(crate) name: HostName,
    pub(crate) word: String,
    /// From a host or a person: `shown` makes it fit to be seen.
    pub(crate) why: Option<String>,
    /// From 1; 0 where there are none.
    pub(crate) batch: u32,
    pub(crate) took_ms: u64,
    /// It counts against the budget.
    pub(crate) counted: bool,
    /// The instance that says most about it.
    pub(crate) path: Option<StepPath>,
    /// When that began.
    began: Option<DateTime<Utc>>,
}

/// One row of the hosts.
#[derive(Clone)]
pub(crate) enum HostItem<'a> {
    Host(&'a HostLine),
    /// All hosts of a state that nobody needs to look at.
    State {
        word: &'static str,
        hosts: Vec<&'a HostLine>,
        open: bool,
    },
}

impl HostItem<'_> {
    /// Its name for cursor and folds.
    pub(crate) fn id(&self) -> RowId {
        match self {
            Self::Host(line) => RowId::Host(line.name.to_string()),
            Self::State { word, .. } => RowId::State(word),
        }
    }
}

/// Every roster of a run.
pub(super) fn rosters(view: &RunView, steps: &[StepRow]) -> Vec<Roster> {
    let plan = view.plan();
    let most = most(steps);
    let mut rosters: Vec<Roster> = Vec::new();
    for roll in view.rolls() {
        let host = |row: banister_core::view::HostRow| HostLine {
            path: most.get(&(Some(&roll.step), &row.name)).map(|step| step.path.clone()),
            began: most.get(&(Some(&roll.step), &row.name)).and_then(|step| step.began),
            name: row.name,
            word: row.word,
            why: row.why,
            batch: row.batch,
            took_ms: row.took_ms,
            counted: row.counted,
        };
        rosters.push(Roster {
            top: plan.steps.iter().position(|step| step.id == roll.step),
            batches: roll.batches,
            batch: roll.batch,
            spent: roll.spent,
            budget: roll.budget,
            hosts: roll.hosts.into_iter().map(host).collect(),
        });
    }
    if rosters.is_empty() {
        let hosts = plan.hosts.iter().map(|host| {
            let step = most.get(&(None, &host.name)).copied();
            let own = steps.iter().filter(|row| row.host.as_ref() == Some(&host.name));
            HostLine {
                name: host.name.clone(),
                word: step.map_or_else(|| "todo".to_owned(), |row| row.word.clone()),
                why: step.and_then(|row| row.why.clone()),
                batch: 0,
                took_ms: own.filter_map(|row| row.took_ms).sum(),
                counted: false,
                path: step.map(|row| row.path.clone()),
                began: step.and_then(|row| row.began),
            }
        });
        let hosts = hosts.collect();
        rosters.push(Roster { top: None, batches: 0, batch: None, spent: 0, budget: 0, hosts });
    }
    refused(view, &mut rosters);
    rosters
}

/// A host that cannot be used has no step that says so.
fn refused(view: &RunView, rosters: &mut [Roster]) {
    let state = view.state();
    for line in rosters.iter_mut().flat_map(|roster| &mut roster.hosts) {
        let Some(host) = state.graph().find_host(&line.name).map(|host| state.host(host)) else { continue };
        if let Some(why) = &host.refused {
            (line.word, line.why) = ("FAIL".to_owned(), Some(why.clone()));
        } else if let Some(by) = &host.locked {
            (line.word, line.why) = ("ASK".to_owned(), Some(by.to_string()));
        }
    }
}

type Of<'a> = (Option<&'a banister_core::runbook::StepId>, &'a HostName);

/// The instance that says most about each host: of each roll, and under `None` of everything.
fn most(steps: &[StepRow]) -> BTreeMap<Of<'_>, &StepRow> {
    let mut most: BTreeMap<Of<'_>, &StepRow> = BTreeMap::new();
    for row in steps.iter().filter(|row| !row.path.is_precondition()) {
        let Some(host) = &row.host else { continue };
        let of_roll = row.batch.map(|_| Some(row.path.root()));
        for of in [Some(None), of_roll].into_iter().flatten() {
            let is = most.entry((of, host)).or_insert(row);
            // Of two that are done the later one says more, of two to come the first.
            let (old, new) = (weight(&is.word), weight(&row.word));
            if new < old || (new == old && old == u8::MAX) {
                *is = row;
            }
        }
    }
    most
}

fn weight(word: &str) -> u8 {
    if rank(word) > 8 { u8::MAX } else { rank(word) }
}

impl Roster {
    /// Whether it is a batch under way, or one of the hosts wants somebody.
    pub(crate) fn is_busy(&self) -> bool {
        self.batch.is_some() || self.hosts.iter().any(|host| rank(&host.word) <= 6)
    }

    /// How many hosts have each word, in the order of what needs a person; only those that there are.
    pub(crate) fn counts(&self) -> Vec<(usize, &'static str)> {
        let count = |word: &str| self.hosts.iter().filter(|host| host.word == word).count();
        let mut counts: Vec<_> = WORDS.into_iter().map(|word| (count(word), word)).filter(|(n, _)| *n > 0).collect();
        // What is done is read first, as in the steps.
        counts.sort_by_key(|(_, word)| *word != "ok");
        counts
    }

    /// The rows to be seen.
    /// `running`: how many hosts that only run may stand there one by one.
    pub(crate) fn items(
        &self,
        folds: &BTreeMap<RowId, bool>,
        filter: Option<&str>,
        running: usize,
    ) -> Vec<HostItem<'_>> {
        if let Some(filter) = filter.filter(|filter| !filter.is_empty()) {
            let filter = filter.to_lowercase();
            let has = |host: &&HostLine| {
                host.name.as_str().to_lowercase().contains(&filter) || host.word.to_lowercase().contains(&filter)
            };
            return self.hosts.iter().filter(has).map(HostItem::Host).collect();
        }
        if self.hosts.len() <= FEW {
            return self.hosts.iter().map(HostItem::Host).collect();
        }
        let mut first: Vec<&HostLine> = self.hosts.iter().filter(|host| rank(&host.word) < rank("RUN")).collect();
        first.sort_by_key(|host| rank(&host.word));
        let mut items: Vec<HostItem<'_>> = first.into_iter().map(HostItem::Host).collect();
        // What has run longest is looked at first.
        let mut runs: Vec<&HostLine> = self.hosts.iter().filter(|host| host.word == "RUN").collect();
        runs.sort_by_key(|host| host.began);
        let rest = if runs.len() > running + 1 { runs.split_off(running) } else { Vec::new() };
        items.extend(runs.into_iter().map(HostItem::Host));
        fold("RUN", rest, folds, &mut items);
        // Hosts of the batch under way that wait for their turn, or of the one that comes.
        let is_todo = |host: &&HostLine| host.word == "todo";
        let next = self.batch.filter(|batch| self.hosts.iter().any(|host| is_todo(&host) && host.batch == *batch));
        let next = next.or_else(|| self.hosts.iter().filter(is_todo).map(|host| host.batch).min());
        let is_next = |host: &&HostLine| host.word == "todo" && Some(host.batch) == next && host.batch > 0;
        let coming: Vec<&HostLine> = self.hosts.iter().filter(is_next).collect();
        // A batch of fifty that has not begun is no news either.
        let shows_coming = coming.len() <= FEW;
        if shows_coming {
            items.extend(coming.into_iter().map(HostItem::Host));
        }
        for word in ["excl", "skip", "hand", "ok", "todo", "never"] {
            let rest = |host: &&HostLine| host.word == word && !(shows_coming && is_next(host));
            let hosts: Vec<&HostLine> = self.hosts.iter().filter(rest).collect();
            fold(word, hosts, folds, &mut items);
        }
        items
    }

    /// The row of the cursor: where the person put it, else the first host that matters. While a gate looks at a batch,
    /// its hosts do, not those that come after it.
    pub(crate) fn cursor_of(&self, items: &[HostItem<'_>], cursor: Option<&RowId>) -> usize {
        let put = cursor.and_then(|id| items.iter().position(|item| item.id() == *id));
        put.unwrap_or_else(|| {
            let hosts = items.iter().enumerate().filter_map(|(at, item)| match item {
                HostItem::Host(host) if rank(&host.word) <= rank("RUN") => Some((at, (rank(&host.word), 0))),
                HostItem::Host(host) if self.batch == Some(host.batch) => Some((at, (rank("RUN"), rank(&host.word)))),
                HostItem::Host(host) => Some((at, (rank(&host.word), 0))),
                HostItem::State { .. } => None,
            });
            hosts.min_by_key(|(at, rank)| (*rank, *at)).map_or(0, |(at, _)| at)
        })
    }
}

/// One row for hosts of a state, and they themselves if a person opened it.
fn fold<'a>(
    word: &'static str,
    hosts: Vec<&'a HostLine>,
    folds: &BTreeMap<RowId, bool>,
    items: &mut Vec<HostItem<'a>>,
) {
    if hosts.is_empty() {
        return;
    }
    let open = folds.get(&RowId::State(word)).copied().unwrap_or(false);
    let shown = if open { hosts.clone() } else { Vec::new() };
    items.push(HostItem::State { word, hosts, open });
    items.extend(shown.into_iter().map(HostItem::Host));
}

/// What a folded row says beside its count: `batches 3 to 6`, or who they are.
pub(crate) fn folded_words(word: &str, hosts: &[&HostLine], cells: usize) -> String {
    let batches: Vec<u32> = hosts.iter().map(|host| host.batch).filter(|batch| *batch > 0).collect();
    match (word, batches.iter().min(), batches.iter().max()) {
        ("todo" | "never", Some(low), Some(high)) if low == high => format!("batch {low}"),
        ("todo" | "never", Some(low), Some(high)) => format!("batches {low} to {high}"),
        _ => short_names(&hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(), cells),
    }
}
