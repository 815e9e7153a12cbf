//! The first lines of every page: where this is, NOW, NEXT, IF IT FAILS.

use banister_core::run::{Actor, Now};
use banister_core::view::{RunView, duration};
use chrono::{DateTime, Local, Utc};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::{RunModel, RunScreen};
use super::{WIDE, is_wide, now as now_line};
use crate::ui::text::{cut, fit, shown, width, wrap};

/// Characters of a run's id that are shown: enough to name it.
const ID: usize = 8;

/// Stands before the author's sentence.
const IF_IT_FAILS: &str = " IF IT FAILS  ";

/// Rows of a screen from which a long sentence may have two of them.
const TWO_ROWS: u16 = 16;

/// Rows that it takes at least.
pub(in crate::ui::run) fn height((width, height): (u16, u16)) -> u16 {
    let all = if is_wide((width, height)) { 5 } else { 4 };
    // The footer stays.
    all.min(height.saturating_sub(1))
}

/// Rows that it takes now: what to do if it fails is worth a row of what lies below.
pub(in crate::ui::run) fn height_now(screen: &RunScreen, size: (u16, u16)) -> u16 {
    let sentence = screen.model.board().map(|board| shown(&board.if_it_fails)).unwrap_or_default();
    let is_long = wrap(&sentence, room_of_sentence(size.0)).len() > 1;
    height(size).max(if is_long && size.1 >= TWO_ROWS { 5 } else { 0 })
}

fn room_of_sentence(cells: u16) -> usize {
    usize::from(cells).saturating_sub(width(IF_IT_FAILS) + 1).max(1)
}

/// The beginning of a run's id.
pub(super) fn short_id(id: &str) -> String {
    shown(id).chars().take(ID).collect()
}

/// A moment's time of day, as the person wants it: `14:22:07Z`, or local with its offset.
pub(in crate::ui::run) fn clock(model: &RunModel, at: DateTime<Utc>) -> String {
    if model.local_time {
        return at.with_timezone(&Local).format("%H:%M:%S%:z").to_string();
    }
    at.format("%H:%M:%SZ").to_string()
}

/// Draws the lines.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let model = &screen.model;
    let cells = usize::from(area.width);
    let Some((view, board)) = model.view.as_ref().zip(model.board()) else { return };
    let wide = area.width >= WIDE;
    let label = if wide { 14 } else { 8 };
    let mut lines = vec![place(model, view, cells, now)];
    lines.push(now_line::now(model, view, board, cells, label, now));
    lines.push(now_line::next(model, board, cells, label));
    let sentence = shown(&board.if_it_fails);
    let rows = if area.height >= 5 { 2 } else { 1 };
    let room = room_of_sentence(area.width);
    let mut wrapped = wrap(&sentence, room);
    if wrapped.len() > rows {
        // What does not fit says so.
        let rest = wrapped.split_off(rows - 1).join(" ");
        wrapped.push(cut(&format!("{rest} "), room.saturating_sub(1)).trim_end().to_owned());
        if let Some(last) = wrapped.last_mut()
            && !last.ends_with("..")
        {
            last.push_str("..");
        }
    }
    for (at, line) in wrapped.into_iter().enumerate() {
        let before = if at == 0 {
            Span::styled(IF_IT_FAILS, model.theme.label())
        } else {
            Span::raw(" ".repeat(width(IF_IT_FAILS)))
        };
        lines.push(Line::from(vec![before, Span::raw(line)]));
    }
    super::frames::lines(frame, area, lines);
}

/// `[PROD] runbook  run 7f3a9c1e  INC-4312      14:22:07Z  T+12:39`.
fn place(model: &RunModel, view: &RunView, cells: usize, now: &Now) -> Line<'static> {
    let theme = model.theme;
    let environment = &view.plan().environment;
    let badge = format!("[{}]", cut(&shown(environment).to_uppercase(), 16));
    let began = view.began();
    let until = view.ended().unwrap_or(now.wall);
    let elapsed = began.map_or(0, |began| u64::try_from((until - began).num_milliseconds()).unwrap_or(0));
    let time = format!("{}  T+{} ", clock(model, now.wall), duration(elapsed / 1000 * 1000));
    let mut right = Vec::new();
    if cells >= WIDE.into() {
        right.extend(people(model, view));
    }
    right.push(time);
    let mut marks = Vec::new();
    if model.replay {
        marks.push("REPLAY".to_owned());
    }
    if model.watch && !model.replay {
        marks.push("WATCHING".to_owned());
    }
    if view.state().info().is_some_and(|info| info.drill) {
        marks.push("DRILL".to_owned());
    }
    // NOW has the ask: that nothing starts after its answer would not be said anywhere.
    if view.state().is_held() && view.state().asks().next().is_some() {
        marks.push("HELD".to_owned());
    }
    // Handed over, and not taken up: whoever looks is who is needed.
    if is_penless(view) && !model.replay {
        marks.push("NO PEN".to_owned());
    }
    match view.state().asks().count() {
        0 => {}
        1 => marks.push("ASK".to_owned()),
        asks => marks.push(format!("ASK {asks}")),
    }
    // A wide screen names the others; several screens of one account have one name.
    if model.people.len() > 1 && (cells < WIDE.into() || !right.iter().any(|said| said.starts_with("also here"))) {
        marks.push(format!("{} here", model.people.len()));
    }
    // A wide screen always has room for it; a narrow one says it to whom it is news.
    if cells < WIDE.into()
        && !model.replay
        && view.ended().is_none()
        && let Some(pen) = view.state().pen().filter(|pen| !pen.is_same_person(&model.you))
    {
        marks.push(format!("pen {}", cut(&shown(&pen.to_string()), 12)));
    }
    let marks: String = marks.iter().map(|mark| format!("  {mark}")).collect();
    let mut right = right.join("  ");
    let need = 1 + width(&badge) + 1 + width(&marks);
    // The clock goes before the name of what runs does.
    if need + 8 + width(&right) > cells {
        right = if need + 8 + 10 > cells { String::new() } else { format!("T+{} ", duration(elapsed / 1000 * 1000)) };
    }
    let room = cells.saturating_sub(need + width(&right) + 2);
    let name = shown(&view.plan().runbook);
    let id = short_id(&model.run);
    let incident = view.incident().map(|incident| format!("  {}", cut(&shown(incident), 20))).unwrap_or_default();
    let whole = [format!("{name}  run {id}{incident}"), format!("{name}  run {id}"), format!("{name}  {id}")];
    let fits = whole.into_iter().find(|text| width(text) <= room);
    let what = fits.unwrap_or_else(|| cut(&name, room).into_owned());
    let spaces = room.saturating_sub(width(&what));
    Line::from(vec![
        Span::raw(" "),
        Span::styled(badge, theme.environment(environment)),
        Span::styled(format!(" {what}"), theme.label()),
        Span::styled(marks, theme.attention()),
        Span::raw(" ".repeat(spaces + 2)),
        Span::raw(right),
    ])
}

/// Nobody drives a run that has begun and is not over.
pub(in crate::ui::run) fn is_penless(view: &RunView) -> bool {
    view.state().pen().is_none() && view.began().is_some() && view.ended().is_none()
}

/// Who drives and who else is here.
fn people(model: &RunModel, view: &RunView) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(pen) = view.state().pen() {
        let you = if pen.is_same_person(&model.you) { " (you)" } else { "" };
        said.push(format!("pen {}{you}", cut(&shown(&pen.to_string()), 16)));
    }
    let mut others: Vec<String> = Vec::new();
    let has_pen = |who: &Actor| view.state().pen().is_some_and(|pen| pen.is_same_person(who));
    let is_other = |who: &Actor| !who.is_same_person(&model.you) && !has_pen(who);
    for presence in model.people.iter().filter(|presence| is_other(&presence.who)) {
        let watches = if presence.watch { " (watching)" } else { "" };
        let name = format!("{}{watches}", shown(&presence.who.to_string()));
        if !others.contains(&name) {
            others.push(name);
        }
    }
    if !others.is_empty() {
        said.push(format!("also here: {}", cut(&others.join(", "), 30)));
    }
    said
}

/// A label and a text, with something at the right that is kept.
pub(super) fn labelled(label: Span<'static>, text: &str, right: &str, cells: usize) -> Vec<Span<'static>> {
    let used = width(&label.content);
    let right_cells = if right.is_empty() { 0 } else { width(right) + 3 };
    let room = cells.saturating_sub(used + right_cells);
    if room < 12 && !right.is_empty() {
        let room = cells.saturating_sub(used);
        return vec![
            label,
            Span::raw(fit(&format!("{} {right}", cut(text, room.saturating_sub(width(right) + 1))), room)),
        ];
    }
    let mut spans = vec![label, Span::raw(fit(text, room))];
    if !right.is_empty() {
        spans.push(Span::raw(format!("  {right} ")));
    }
    spans
}
