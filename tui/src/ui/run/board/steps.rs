//! Instances put together into lines and groups.

use banister_core::plan::{Action, Plan, Segment};
use banister_core::run::Purpose;
use banister_core::runbook::HostName;
use banister_core::view::StepRow;
use chrono::{DateTime, TimeDelta, Utc};

use super::{RowId, rank};
use crate::ui::text::shown;

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupKind {
    Preconditions,
    /// A top-level step that is no roll.
    Step,
    /// A batch of a roll.
    Batch,
}

/// Lines that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: RowId,
    pub(crate) kind: GroupKind,
    /// Position of the top-level step.
    pub(crate) top: usize,
    /// Batch, from 1; 0 where it is none.
    pub(crate) batch: u32,
    /// Where.
    pub(crate) hosts: Vec<HostName>,
    pub(crate) lines: Vec<StepLine>,
}

/// A step on all its hosts: of the whole run, or of a batch.
#[derive(Debug, Clone)]
pub(crate) struct StepLine {
    pub(crate) id: RowId,
    /// `3`, in a roll `3.1`; the gate of a roll has the roll's.
    pub(crate) number: String,
    /// As it is shown.
    pub(crate) title: String,
    /// The state word that matters most of them.
    pub(crate) word: String,
    /// Positions in [`super::Board::steps`].
    pub(crate) members: Vec<usize>,
    /// How many are over and well.
    pub(crate) done: usize,
    /// How many were left out.
    pub(crate) left_out: usize,
    pub(crate) hosts: Vec<HostName>,
    pub(crate) began: Option<DateTime<Utc>>,
    /// When all were over.
    pub(crate) ended: Option<DateTime<Utc>>,
    /// Milliseconds its commands ran, once all are over; of what has none, as long as it lasted.
    pub(crate) took_ms: Option<u64>,
    /// While a command of it runs: when it would have begun, had all that ran before it run right before it.
    pub(crate) runs_from: Option<DateTime<Utc>>,
    pub(crate) usual_ms: Option<u64>,
    pub(crate) limit_ms: Option<u64>,
    /// Attempts of the one that needed most.
    pub(crate) tries: u32,
    /// Who settled it, where it was a person.
    pub(crate) by: Option<String>,
    /// It is a person's part: a pause, an approval, a manual step.
    pub(crate) is_for_people: bool,
    /// A contradicting outcome came late.
    pub(crate) late: bool,
    /// The plan alone says that what of it is still to come will be skipped.
    pub(crate) will_skip: bool,
}

impl StepLine {
    /// The instance that matters most.
    pub(crate) fn first<'a>(&self, steps: &'a [StepRow]) -> Option<&'a StepRow> {
        self.members.iter().filter_map(|at| steps.get(*at)).min_by_key(|row| rank(&row.word))
    }

    /// Its word, and how many of its hosts are over where they differ.
    pub(crate) fn progress(&self) -> Option<String> {
        let partly = self.members.len() > 1 && self.done > 0 && self.done < self.members.len();
        let mut says = Vec::new();
        if partly {
            says.push(format!("{}/{}", self.done, self.members.len()));
        }
        if self.left_out > 0 && self.word != "excl" {
            says.push(format!("{} excl", self.left_out));
        }
        (!says.is_empty()).then(|| says.join("  "))
    }
}

impl Group {
    /// Its state, if all its lines have the same; skipped and excluded ones are over as well.
    pub(crate) fn word(&self) -> Option<&'static str> {
        let all = |fits: fn(&str) -> bool| self.lines.iter().all(|line| fits(&line.word));
        if all(|word| matches!(word, "ok" | "skip" | "excl" | "hand")) {
            Some("ok")
        } else if all(|word| word == "todo") {
            Some("todo")
        } else if all(|word| word == "never") {
            Some("never")
        } else {
            None
        }
    }
}

/// Puts the instances of a plan together.
pub(super) fn groups(plan: &Plan, steps: &[StepRow]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, row) in steps.iter().enumerate() {
        let top = plan.steps.iter().position(|step| !row.path.is_precondition() && step.id == *row.path.root());
        let batch = row.batch.or(row.path.batch()).unwrap_or(0);
        let (id, kind) = match (top, batch) {
            (None, _) => (RowId::Preconditions, GroupKind::Preconditions),
            (Some(top), 0) => (RowId::Group { top, batch }, GroupKind::Step),
            (Some(top), _) => (RowId::Group { top, batch }, GroupKind::Batch),
        };
        // Instances come group by group, undo steps at the end of all: the last groups are the likely ones.
        let place = groups.iter().rposition(|group| group.id == id).unwrap_or_else(|| {
            let group = Group { id, kind, top: top.unwrap_or_default(), batch, hosts: Vec::new(), lines: Vec::new() };
            groups.push(group);
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.add(plan, top, at, row);
        }
    }
    for group in &mut groups {
        group.lines.iter_mut().for_each(|line| line.finish(steps));
        // Each host has each step: the longest line names them all, and nothing is searched for ten thousand of them.
        let longest = group.lines.iter().max_by_key(|line| line.hosts.len());
        group.hosts = longest.map(|line| line.hosts.clone()).unwrap_or_default();
    }
    groups
}

impl Group {
    fn add(&mut self, plan: &Plan, top: Option<usize>, at: usize, row: &StepRow) {
        let name = name(row);
        let line = self.lines.iter().position(|line| matches!(&line.id, RowId::Line { name: its, .. } if *its == name));
        let line = line.unwrap_or_else(|| {
            let undoes = name.rfind('~').and_then(|end| name.get(..end)).map(str::to_owned);
            let new = StepLine::new(plan, top, self.batch, name, row);
            // What undoes a step stands behind it.
            let behind = undoes.and_then(|of| {
                let is = |line: &StepLine| matches!(&line.id, RowId::Line { name, .. } if *name == of);
                self.lines.iter().position(is)
            });
            let place = behind.map_or(self.lines.len(), |behind| behind + 1);
            self.lines.insert(place, new);
            place
        });
        if let Some(line) = self.lines.get_mut(line) {
            line.members.push(at);
        }
    }
}

/// The name of a line within its group: the steps of a path without hosts and batches.
fn name(row: &StepRow) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Step(id) | Segment::Precondition(id) => Some(format!("{id}")),
        Segment::Undo(id) => Some(format!("~{id}")),
        Segment::Host(_) | Segment::Batch(_) => None,
    };
    row.path.segments().iter().filter_map(part).collect::<Vec<_>>().join("")
}

impl StepLine {
    fn new(plan: &Plan, top: Option<usize>, batch: u32, name: String, row: &StepRow) -> Self {
        let undo = if row.path.segments().iter().any(|part| matches!(part, Segment::Undo(_))) { "undo: " } else { "" };
        Self {
            number: number(plan, top, row),
            title: undo.to_owned(),
            word: String::new(),
            members: Vec::new(),
            done: 0,
            left_out: 0,
            hosts: Vec::new(),
            began: None,
            ended: None,
            took_ms: None,
            runs_from: None,
            usual_ms: row.usual_ms,
            limit_ms: row.limit_ms,
            tries: 0,
            by: None,
            is_for_people: matches!(row.kind.as_str(), "pause" | "approve" | "manual"),
            late: false,
            will_skip: false,
            id: RowId::Line { top, batch, name },
        }
    }

    fn finish(&mut self, steps: &[StepRow]) {
        let members: Vec<&StepRow> = self.members.iter().filter_map(|at| steps.get(*at)).collect();
        self.hosts = members.iter().filter_map(|row| row.host.clone()).collect();
        self.title.push_str(&title(&members));
        self.done = members.iter().filter(|row| rank(&row.word) > 8).count();
        // Hosts that were left out do not make a step of many another one: it is said beside its word.
        let is_done = |row: &&&StepRow| row.word == "ok";
        let most = members.iter().min_by_key(|row| rank(&row.word));
        let most =
            most.map(|most| if rank(&most.word) > 8 { members.iter().find(is_done).unwrap_or(most) } else { most });
        self.word = most.map_or_else(String::new, |row| row.word.clone());
        self.left_out = members.iter().filter(|row| row.word == "excl").count();
        self.began = members.iter().filter_map(|row| row.began).min();
        if members.iter().all(|row| row.ended.is_some()) {
            self.ended = members.iter().filter_map(|row| row.ended).max();
        }
        let (ran_ms, running) = ran(&members);
        self.runs_from = running.map(|from| from - TimeDelta::milliseconds(i64::try_from(ran_ms).unwrap_or(0)));
        self.took_ms = match members.as_slice() {
            // One attempt of one command: what it needed itself.
            [row] if row.took_ms.is_some() && row.attempts.len() <= 1 && row.ended.is_some() => row.took_ms,
            _ if self.ended.is_some() && ran_ms > 0 => Some(ran_ms),
            _ => self.began.zip(self.ended).map(|(began, ended)| between(began, ended)),
        };
        self.usual_ms = members.iter().filter_map(|row| row.usual_ms).max();
        self.tries = members.iter().map(|row| tries(row)).max().unwrap_or(0);
        self.by = members.iter().find_map(|row| row.by.clone());
        self.late = members.iter().any(|row| row.late);
        self.will_skip = self.word == "todo" && members.iter().all(|row| row.word != "todo" || row.will_skip);
    }
}

fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from(to.signed_duration_since(from).num_milliseconds()).unwrap_or(0)
}

/// Milliseconds in which commands of some instances ran, until one that runs now began, and since when that is. What a
/// person was asked for lies between them; what was shown for an approval is no part of the step's work.
fn ran(members: &[&StepRow]) -> (u64, Option<DateTime<Utc>>) {
    let attempts = members.iter().flat_map(|row| &row.attempts).filter(|its| its.purpose != Purpose::Preview);
    let mut times: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = attempts.map(|its| (its.began, its.ended)).collect();
    times.sort();
    let running = times.iter().find(|(_, ended)| ended.is_none()).map(|(began, _)| *began);
    let (mut ms, mut counted) = (0, DateTime::<Utc>::MIN_UTC);
    for (from, to) in times {
        let to = running.into_iter().chain(to).min().unwrap_or(from);
        // Those that ran at the same time are counted once.
        ms += between(from.max(counted), to);
        counted = counted.max(to);
    }
    (ms, running)
}

/// What people read of a line: a title that names its host names it for no other.
fn title(members: &[&StepRow]) -> String {
    let Some(first) = members.first() else { return String::new() };
    let same = members.iter().all(|row| row.title == first.title);
    match &first.host {
        Some(host) if !same => shown(&first.title.replace(host.as_str(), "each host")),
        _ => shown(&first.title),
    }
}

/// Attempts at its own command.
pub(crate) fn tries(row: &StepRow) -> u32 {
    let own = row.attempts.iter().filter(|attempt| attempt.purpose == Purpose::Main);
    own.map(|attempt| attempt.attempt).max().unwrap_or(0)
}

/// The number by which people speak of a step: its position in the runbook, and within a roll.
fn number(plan: &Plan, top: Option<usize>, row: &StepRow) -> String {
    let Some(top) = top else { return String::new() };
    let Some(Action::Roll(roll)) = plan.steps.get(top).map(|step| &step.action) else { return (top + 1).to_string() };
    let inner = row.path.segments().iter().skip(1).find_map(|part| match part {
        Segment::Step(id) => roll.steps.iter().position(|step| step.id == *id),
        _ => None,
    });
    inner.map_or_else(|| (top + 1).to_string(), |inner| format!("{}.{}", top + 1, inner + 1))
}

impl StepLine {
    /// Position of its top-level step.
    pub(crate) fn top(&self) -> Option<usize> {
        match &self.id {
            RowId::Line { top, .. } => *top,
            _ => None,
        }
    }
}
