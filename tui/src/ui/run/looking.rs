//! What the person looks at: which command's output, and what the engine must send for it.

use banister_core::plan::StepPath;
use banister_core::run::{EffectKey, Now, Purpose};
use banister_core::runbook::HostName;
use banister_core::view::{Attempt, StepRow};
use banister_runtime::control::Verb;
use banister_runtime::driver::Wanted;

use super::board::{HostItem, Roster, StepItem};
use super::{Board, Link, Pane, Place, RowId, RunModel, RunScreen, StreamKey};
use crate::ui::Order;

/// A command under the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) path: StepPath,
    /// Where; a gate looks at several hosts, a person's part has none.
    pub(crate) host: Option<HostName>,
    /// Its last attempt; `None` before the first.
    pub(crate) key: Option<EffectKey>,
    /// Whether it is standard error that is looked at.
    pub(crate) stderr: bool,
}

impl RunScreen {
    /// The roll whose hosts are shown: that of the step under the cursor, else the one under way, else the first.
    pub(crate) fn roster<'a>(&'a self, board: &'a Board) -> Option<&'a Roster> {
        roster(&self.model, board, &self.place)
    }

    /// The row of the hosts' cursor.
    pub(crate) fn host_cursor(&self, roster: &Roster, items: &[HostItem<'_>]) -> usize {
        host_cursor(&self.model, &self.place, roster, items)
    }

    /// What the output pane shows.
    pub(crate) fn looked(&self) -> Option<Looked> {
        looked(&self.model, &self.place)
    }

    /// Tells the engine what is looked at, once it has been looked at for a tick: a cursor on its way down a list of
    /// hosts must not order the output of each.
    pub(super) fn look_after(&mut self, _now: &Now) -> Vec<Order> {
        if self.model.replay || self.model.is_behind() {
            return Vec::new();
        }
        let Some(looked) = self.looked() else { return Vec::new() };
        let Some(host) = looked.host.clone() else { return Vec::new() };
        let stderr = looked.stderr;
        match &self.place.looked {
            Some(was) if *was == looked => {
                if std::mem::replace(&mut self.place.told, true) {
                    return Vec::new();
                }
            }
            _ => {
                (self.place.looked, self.place.told) = (Some(looked), false);
                return Vec::new();
            }
        }
        let output = Wanted::Step { path: looked.path.clone(), host: Some(host) };
        let mut orders = Vec::new();
        if self.model.link == Link::Live {
            orders.push(self.model.send(super::model::WANT, Verb::Want { output }));
        }
        // What was printed before somebody looked is stored, and is read once.
        if let Some(key) = looked.key.filter(|key| !self.is_whole(key, stderr)) {
            orders.push(self.model.read(&key, stderr));
        }
        orders
    }

    fn is_whole(&self, key: &EffectKey, stderr: bool) -> bool {
        let name = StreamKey { path: key.path.clone(), host: key.host.clone(), stderr };
        let attempt = self.model.board().and_then(|board| board.step(&key.path)).and_then(|row| row.attempts.last());
        let Some(attempt) = attempt.filter(|attempt| attempt.ended.is_some()) else { return false };
        let bytes = if stderr { attempt.stderr_bytes } else { attempt.stdout_bytes };
        let has = self.model.outputs.of(&name).filter(|stream| stream.attempt == key.attempt);
        has.map_or(0, |stream| stream.bytes) >= bytes
    }
}

/// As [`RunScreen::roster`].
pub(super) fn roster<'a>(model: &'a RunModel, board: &'a Board, place: &Place) -> Option<&'a Roster> {
    let items = model.step_items(board, place);
    let top = match items.get(Board::cursor_of(&items, place.step.as_ref())) {
        Some(StepItem::Head(group) | StepItem::Folded { first: group, .. }) => Some(group.top),
        Some(StepItem::Line(line)) => line.top(),
        Some(StepItem::Instance(row)) => board.line_of(&row.path).and_then(|line| line.top()),
        None => None,
    };
    let own = top.and_then(|top| board.rosters.iter().find(|roster| roster.top == Some(top)));
    own.or_else(|| board.rosters.iter().find(|roster| roster.is_busy()))
        .or_else(|| board.rosters.iter().find(|roster| roster.hosts.iter().any(|host| host.word == "todo")))
        .or_else(|| board.rosters.last())
}

/// Whether a step was chosen and no host: then the step says what is looked at, also on the way through the hosts to its
/// output.
fn is_steps_choice(place: &Place) -> bool {
    place.step.is_some() && place.host.is_none()
}

/// The row of the hosts' cursor.
pub(super) fn host_cursor(model: &RunModel, place: &Place, roster: &Roster, items: &[HostItem<'_>]) -> usize {
    let of_step = is_steps_choice(place).then(|| looked(model, place)?.host).flatten();
    let of_step = of_step.map(|host| RowId::Host(host.to_string()));
    roster.cursor_of(items, place.host.as_ref().or(of_step.as_ref()))
}

/// As [`RunScreen::looked`].
pub(super) fn looked(model: &RunModel, place: &Place) -> Option<Looked> {
    let board = model.board()?;
    let host_row = || {
        let roster = roster(model, board, place)?;
        let items = model.host_items(roster, place);
        match items.get(host_cursor(model, place, roster, &items))? {
            HostItem::Host(line) => Some((*line).clone()),
            HostItem::State { .. } => None,
        }
    };
    let row = if place.list == Pane::Hosts && !is_steps_choice(place) {
        board.step(host_row()?.path.as_ref()?)?
    } else {
        let items = model.step_items(board, place);
        match items.get(Board::cursor_of(&items, place.step.as_ref()))? {
            StepItem::Instance(row) => row,
            StepItem::Line(line) => {
                // Of the hosts of a line the one that the person put the cursor on, if he did.
                let put = place.host.as_ref().and_then(|_| host_row());
                let members = || line.members.iter().filter_map(|at| board.steps.get(*at));
                let on_host = put.and_then(|put| members().find(|row| row.host.as_ref() == Some(&put.name)));
                on_host.or_else(|| line.first(&board.steps))?
            }
            StepItem::Head(group) => group.lines.last()?.first(&board.steps)?,
            StepItem::Folded { .. } => return None,
        }
    };
    let host = row.host.clone().or_else(|| host_of_gate(model, row));
    let attempt = last(row);
    // Why it failed is what is looked for; a person who chose a stream has it.
    let is_error = attempt.is_some_and(|its| its.ended.is_some() && its.word != "ok" && its.stderr_bytes > 0);
    let stderr = place.stderr.unwrap_or(is_error);
    let key = attempt.zip(host.clone()).map(|(attempt, host)| EffectKey {
        run: model.run.clone(),
        path: row.path.clone(),
        host,
        purpose: attempt.purpose,
        attempt: attempt.attempt,
    });
    Some(Looked { path: row.path.clone(), host, key, stderr })
}

/// The attempt whose output is of interest: the last that is the step's own or a sample, else the last.
fn last(row: &StepRow) -> Option<&Attempt> {
    let is_own = |attempt: &&Attempt| matches!(attempt.purpose, Purpose::Main | Purpose::Sample);
    row.attempts.iter().rev().find(is_own).or(row.attempts.last())
}

/// A gate's samples come from several hosts: one where the last was bad, else the first.
fn host_of_gate(model: &RunModel, row: &StepRow) -> Option<HostName> {
    let bad = row.sample.as_ref().and_then(|sample| sample.bad.first()).map(|(host, _)| host.clone());
    bad.or_else(|| {
        let view = model.view.as_ref()?;
        let task = view.state().graph().find(&row.path)?;
        let hosts = view.state().gate_hosts(task);
        hosts.first().map(|host| view.plan().host(*host).name.clone())
    })
}

impl RunModel {
    /// The rows of the steps. A narrow screen spends none on the heads of batches: each line there names its hosts.
    pub(crate) fn step_items<'a>(&self, board: &'a Board, place: &Place) -> Vec<StepItem<'a>> {
        let mut items = board.step_items(&place.folds, place.step_filter.as_deref());
        if !super::view::is_wide(self.size) {
            items.retain(|item| !matches!(item, StepItem::Head(_)));
        }
        items
    }

    /// The rows of the hosts; how many of those that run stand one by one depends on the rows there are.
    pub(crate) fn host_items<'a>(&self, roster: &'a Roster, place: &Place) -> Vec<HostItem<'a>> {
        let running = usize::from(self.size.1.saturating_sub(6) / 6).max(2);
        roster.items(&place.folds, place.host_filter.as_deref(), running)
    }
}
