//! Many rows alike become one: `batch 1 ok, 2 hosts`.
//!
//! Only rows of what went as it should are folded: trouble, people and exceptions always keep their own.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::model::Row;
use crate::runbook::{HostName, StepId};

/// Batches in a row that are worth one row.
const BATCHES: usize = 3;

/// Which rows are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alike {
    /// Preconditions.
    Preconditions,
    /// One step on several hosts.
    Step(StepId),
    /// One batch of a roll, its gate with it.
    Batch(StepId, u32),
}

/// What a row brings along for folding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fold {
    pub(super) alike: Alike,
    pub(super) began: DateTime<Utc>,
    pub(super) hosts: BTreeSet<HostName>,
    /// Last batch of the row; the first is in `alike`.
    pub(super) last: u32,
    /// A gate after it held.
    pub(super) gated: bool,
}

/// Folds rows, which stand in the order of time.
pub(super) fn fold(rows: Vec<Row>) -> Vec<Row> {
    let mut groups: BTreeMap<Alike, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(fold) = &row.fold {
            groups.entry(fold.alike.clone()).or_default().push(at);
        }
    }
    groups.retain(|_, group| group.len() > 1);
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    for (alike, group) in groups {
        let last = group.last().copied();
        let taken: Vec<Row> = group.into_iter().filter_map(|at| rows.get_mut(at).and_then(Option::take)).collect();
        // A group's row stands where its last row stood.
        if let Some(place) = last.and_then(|at| rows.get_mut(at)) {
            *place = one(&alike, taken);
        }
    }
    batches(rows.into_iter().flatten().collect())
}

fn one(alike: &Alike, rows: Vec<Row>) -> Option<Row> {
    let folds = || rows.iter().filter_map(|r| r.fold.as_ref());
    let hosts: BTreeSet<HostName> = folds().flat_map(|f| f.hosts.iter().cloned()).collect();
    let began = folds().map(|f| f.began).min()?;
    let gated = folds().any(|f| f.gated);
    let usual_ms = usual(alike, &rows);
    let mut row = rows.into_iter().last()?;
    row.took_ms = Some(between(began, row.at));
    row.usual_ms = usual_ms;
    row.path = None;
    let last = match alike {
        Alike::Batch(_, batch) => *batch,
        _ => 0,
    };
    row.what = match alike {
        Alike::Preconditions => format!("preconditions hold, {}", count(hosts.len())),
        Alike::Step(step) => format!("{step} ok, {}", count(hosts.len())),
        Alike::Batch(roll, batch) if gated => format!("{roll}: batch {batch} ok, {}", count(hosts.len())),
        Alike::Batch(roll, batch) => format!("{roll}: batch {batch}, {} ok", count(hosts.len())),
    };
    row.fold = Some(Fold { alike: alike.clone(), began, hosts, last, gated });
    Some(row)
}

/// Steps of a batch run one after the other on each host, hosts side by side; without all of them nothing is usual.
fn usual(alike: &Alike, rows: &[Row]) -> Option<u64> {
    let commands = rows.iter().filter(|r| !r.fold.as_ref().is_some_and(|f| f.gated));
    match alike {
        Alike::Batch(..) => {
            let by_step: BTreeMap<_, _> = commands.map(|r| (r.path.as_ref().map(|p| p.id()), r.usual_ms)).collect();
            by_step.into_values().sum()
        }
        Alike::Preconditions | Alike::Step(_) => commands.map(|r| r.usual_ms).max().flatten(),
    }
}

/// Whole batches that follow each other with nothing in between become one row.
fn batches(rows: Vec<Row>) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::with_capacity(rows.len());
    let mut chain: Vec<Row> = Vec::new();
    for row in rows {
        if !chain.last().is_some_and(|last| is_next(last, &row)) {
            close(&mut folded, &mut chain);
        }
        chain.push(row);
    }
    close(&mut folded, &mut chain);
    folded
}

fn is_next(last: &Row, row: &Row) -> bool {
    match (&last.fold, &row.fold) {
        (Some(a), Some(b)) => match (&a.alike, &b.alike) {
            (Alike::Batch(x, _), Alike::Batch(y, next)) => x == y && a.gated && b.gated && a.last + 1 == *next,
            _ => false,
        },
        _ => false,
    }
}

fn close(folded: &mut Vec<Row>, chain: &mut Vec<Row>) {
    let rows = std::mem::take(chain);
    if rows.len() < BATCHES {
        folded.extend(rows);
        return;
    }
    let folds: Vec<Fold> = rows.iter().filter_map(|r| r.fold.clone()).collect();
    let usual_ms = rows.iter().map(|r| r.usual_ms).sum();
    let (Some(first), Some(last), Some(mut row)) = (folds.first(), folds.last(), rows.into_iter().last()) else {
        return;
    };
    let Alike::Batch(roll, batch) = &first.alike else { return };
    let hosts: BTreeSet<HostName> = folds.iter().flat_map(|f| f.hosts.iter().cloned()).collect();
    row.took_ms = Some(between(first.began, row.at));
    row.usual_ms = usual_ms;
    row.what = format!("{roll}: batches {batch} to {} ok, {}", last.last, count(hosts.len()));
    folded.push(row);
}

fn count(hosts: usize) -> String {
    format!("{hosts} {}", if hosts == 1 { "host" } else { "hosts" })
}

fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from(to.signed_duration_since(from).num_milliseconds()).unwrap_or(0)
}
