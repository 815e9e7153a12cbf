//! Moving about: panes, cursors, the output, the search. Nothing of it is part of the run.

use banister_core::run::Now;

use super::board::{HostItem, StepItem};
use super::looking::{host_cursor, looked, roster};
use super::{Action, Board, Page, Pane, Place, RowId, RunModel, RunScreen, StreamKey};
use crate::ui::text::shown;
use crate::ui::{Key, Order};

/// After so long without a key a line says what changed meanwhile.
const AWAY: chrono::TimeDelta = chrono::TimeDelta::seconds(60);
/// Columns that one key goes to the right.
const STEP_RIGHT: usize = 8;

impl RunScreen {
    /// Moves, if the action is one that does.
    pub(super) fn moves(&mut self, action: Action) -> bool {
        let place = &mut self.place;
        match action {
            Action::NextPane => enter(
                place,
                match place.pane {
                    Pane::Steps => Pane::Hosts,
                    Pane::Hosts => Pane::Output,
                    Pane::Output => Pane::Steps,
                },
            ),
            Action::PreviousPane => enter(
                place,
                match place.pane {
                    Pane::Steps => Pane::Output,
                    Pane::Hosts => Pane::Steps,
                    Pane::Output => Pane::Hosts,
                },
            ),
            Action::Zoom => place.zoom = !place.zoom,
            Action::Wrap => (place.wrap, place.right) = (!place.wrap, 0),
            Action::OtherStream => {
                let is_stderr = looked(&self.model, place).is_some_and(|looked| looked.stderr);
                (place.stderr, place.at) = (Some(!is_stderr), None);
            }
            Action::Follow => follow(place),
            Action::Search => place.is_typing = true,
            Action::Back if place.text().is_some() => *place.text_mut() = None,
            Action::Back if place.page == Page::Run && place.zoom => place.zoom = false,
            Action::Back if place.page == Page::Run => follow(place),
            Action::Back => (place.page, place.zoom) = (Page::Run, false),
            _ if place.page != Page::Run => return false,
            Action::Up => self.by(-1),
            Action::Down => self.by(1),
            Action::PageUp => self.by(-self.page_rows()),
            Action::PageDown => self.by(self.page_rows()),
            Action::Top => self.by(i64::MIN / 2),
            Action::Bottom if place.pane == Pane::Output => place.at = None,
            Action::Bottom => self.by(i64::MAX / 2),
            Action::Left => place.right = place.right.saturating_sub(STEP_RIGHT),
            Action::Right => place.right += STEP_RIGHT,
            Action::Fold => self.fold(),
            Action::SearchNext => self.seek(true),
            Action::SearchPrevious => self.seek(false),
            Action::Open if self.opens_output() => enter(&mut self.place, Pane::Output),
            _ => return false,
        }
        true
    }

    /// Enter on a row shows its output, unless it asks: then the ask is opened.
    fn opens_output(&self) -> bool {
        let asks = looked(&self.model, &self.place)
            .and_then(|looked| self.model.board()?.step(&looked.path)?.ask.clone())
            .is_some();
        self.place.pane != Pane::Output && !asks
    }

    fn page_rows(&self) -> i64 {
        if self.place.pane == Pane::Output {
            return i64::try_from(self.place.rows.get().saturating_sub(1)).unwrap_or(1).max(1);
        }
        i64::from(self.model.size.1 / 2).max(1)
    }

    /// Moves the cursor of the pane by so many rows.
    fn by(&mut self, rows: i64) {
        let (model, place) = (&self.model, &mut self.place);
        let Some(board) = model.board() else { return };
        let go = |at: usize, len: usize| {
            let at = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(rows);
            usize::try_from(at.max(0)).unwrap_or(usize::MAX).min(len.saturating_sub(1))
        };
        match place.pane {
            Pane::Steps => {
                let items = model.step_items(board, place);
                let at = go(Board::cursor_of(&items, place.step.as_ref()), items.len());
                place.step = items.get(at).map(StepItem::id);
                // Another step: whoever looks at it wants its end.
                (place.at, place.host) = (None, None);
            }
            Pane::Hosts => {
                let Some(roster) = roster(model, board, place) else { return };
                let items = model.host_items(roster, place);
                let at = go(host_cursor(model, place, roster, &items), items.len());
                place.host = items.get(at).map(HostItem::id);
                place.at = None;
            }
            Pane::Output => {
                let Some((first, end)) = extent(model, place) else { return };
                let last = end.saturating_sub(1);
                // The first screen is full: at the top of it the last row is no longer the first line.
                let first = (first + place.rows.get().saturating_sub(1)).min(last);
                let at = place.at.unwrap_or(last).clamp(first, last);
                let moved = if rows < 0 {
                    at.saturating_sub(rows.unsigned_abs())
                } else {
                    at.saturating_add(rows.unsigned_abs())
                };
                // The end is followed again by whoever reaches it.
                place.at = (moved < last).then_some(moved.max(first));
            }
        }
    }

    /// Opens or folds what is under the cursor.
    fn fold(&mut self) {
        let (model, place) = (&self.model, &mut self.place);
        let Some(board) = model.board() else { return };
        if place.pane == Pane::Hosts {
            let Some(roster) = roster(model, board, place) else { return };
            let items = model.host_items(roster, place);
            if let Some(HostItem::State { word, open, .. }) =
                items.get(host_cursor(model, place, roster, &items)).cloned()
            {
                place.host = Some(RowId::State(word));
                place.folds.insert(RowId::State(word), !open);
            }
            return;
        }
        let items = model.step_items(board, place);
        let Some(item) = items.get(Board::cursor_of(&items, place.step.as_ref())).cloned() else { return };
        place.step = Some(item.id());
        match item {
            StepItem::Head(group) => drop(place.folds.insert(group.id.clone(), false)),
            StepItem::Folded { first, last, .. } => {
                let of = board.groups.iter().filter(|group| group.kind == first.kind && group.top == first.top);
                let all = of.filter(|group| (first.batch..=last.batch).contains(&group.batch));
                place.folds.extend(all.map(|group| (group.id.clone(), true)));
            }
            StepItem::Line(line) if line.members.len() > 1 => {
                let open = place.folds.get(&line.id).copied().unwrap_or(false);
                place.folds.insert(line.id.clone(), !open);
            }
            // The batch around it.
            StepItem::Line(line) => {
                let group = board.groups.iter().find(|group| group.lines.iter().any(|its| its.id == line.id));
                if let Some(group) = group.filter(|group| group.kind != super::board::GroupKind::Step) {
                    place.folds.insert(group.id.clone(), false);
                    place.step = Some(group.id.clone());
                }
            }
            StepItem::Instance(row) => {
                if let Some(line) = board.line_of(&row.path) {
                    place.folds.insert(line.id.clone(), false);
                    place.step = Some(line.id.clone());
                }
            }
        }
    }

    /// Goes to the next place of the search, or the one before.
    fn seek(&mut self, forward: bool) {
        let (model, place) = (&self.model, &mut self.place);
        let (Some(search), Some((first, end))) = (place.search.clone(), extent(model, place)) else { return };
        let Some(stream) = stream_name(model, place).and_then(|name| model.outputs.of(&name)) else { return };
        let has = |at: &u64| {
            stream.line(*at).is_some_and(|line| is_in(&shown(&banister_core::source::visible_bytes(line)), &search))
        };
        let at = place.at.unwrap_or(end.saturating_sub(1));
        let found = if forward { (at + 1..end).find(has) } else { (first..at).rev().find(has) };
        if found.is_some() {
            place.at = found;
            enter(place, Pane::Output);
        }
    }

    /// Keys while a search is typed.
    pub(super) fn search_key(&mut self, key: Key) -> Vec<Order> {
        let place = &mut self.place;
        let text = place.text_mut().get_or_insert_default();
        match key {
            Key::Char(c) => text.push(c),
            Key::Backspace => drop(text.pop()),
            Key::Enter => place.is_typing = false,
            Key::Esc => {
                *place.text_mut() = None;
                place.is_typing = false;
            }
            _ => {}
        }
        if !place.is_typing {
            if place.text().is_some_and(str::is_empty) {
                *place.text_mut() = None;
            }
            if key == Key::Enter && place.page == Page::Run && place.pane == Pane::Output {
                self.seek(false);
            }
        }
        Vec::new()
    }

    /// A key came: who was away for a while is told what changed.
    pub(super) fn mark_place(&mut self, now: &Now) {
        let before = self.place.touched.replace(now.wall);
        let away = before.map(|before| now.wall - before).filter(|away| *away > AWAY);
        let seq = self.model.view.as_ref().map_or(0, |view| view.state().seq());
        // Most keys find the run as the key before them did.
        if away.is_none() && std::mem::replace(&mut self.place.seen_at, seq) == seq {
            return;
        }
        self.place.seen_at = seq;
        let Some(board) = self.model.board() else { return };
        let mut changed = Vec::new();
        if away.is_some() {
            for line in board.lines() {
                if self.place.seen.get(&line.id).is_some_and(|word| *word != line.word) {
                    let number = if line.number.is_empty() { &line.title } else { &line.number };
                    let batch = match &line.id {
                        RowId::Line { batch, .. } if *batch > 0 => format!(" batch {batch}"),
                        _ => String::new(),
                    };
                    changed.push(format!("step {number}{batch} {}", line.word));
                }
            }
            let asks = board.asks.len();
            if asks > 0 {
                changed.push(if asks == 1 { "1 ask open".to_owned() } else { format!("{asks} asks open") });
            }
        }
        self.place.seen = board.lines().map(|line| (line.id.clone(), line.word.clone())).collect();
        let Some(away) = away else { return };
        let ms = u64::try_from(away.num_milliseconds()).unwrap_or(0);
        let what = if changed.is_empty() { "nothing changed".to_owned() } else { summary(&changed) };
        self.model.say(format!("away {}: {what}", banister_core::view::duration(ms)), false, now);
    }
}

/// The last of what changed matters most to who comes back.
fn summary(changed: &[String]) -> String {
    const MOST: usize = 4;
    let left = changed.len().saturating_sub(MOST);
    let shown = changed.get(left..).unwrap_or_default().join(", ");
    if left > 0 { format!("{left} more, {shown}") } else { shown }
}

fn enter(place: &mut Place, pane: Pane) {
    place.pane = pane;
    if pane != Pane::Output {
        place.list = pane;
    }
}

/// Everything follows the run again.
fn follow(place: &mut Place) {
    (place.at, place.step, place.host, place.right) = (None, None, None, 0);
}

/// The stream that the output pane shows.
pub(super) fn stream_name(model: &RunModel, place: &Place) -> Option<StreamKey> {
    let looked = looked(model, place)?;
    Some(StreamKey { path: looked.path, host: looked.host?, stderr: looked.stderr })
}

fn extent(model: &RunModel, place: &Place) -> Option<(u64, u64)> {
    let stream = model.outputs.of(&stream_name(model, place)?)?;
    (stream.end() > stream.first()).then(|| (stream.first(), stream.end()))
}

/// Whether a line holds what is searched for; capital letters count only if there are some in it.
pub(super) fn is_in(line: &str, search: &str) -> bool {
    !search.is_empty() && super::view::hits(line, search).next().is_some()
}
