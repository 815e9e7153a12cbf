//! The timeline so far, the newest at the end, notes inline.

use banister_core::timeline::{Row, RowKind};
use banister_core::view::duration;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::RunScreen;
use super::clock;
use super::pager;
use crate::ui::run::{Place, RunModel};
use crate::ui::text::{cut, fit, fit_right, shown, width, wrap};

/// Columns from which on the times that things took have a place of their own.
const WIDE: u16 = 110;

/// The rows that the filter lets through.
pub(in crate::ui::run) fn rows<'m>(model: &'m RunModel, place: &Place) -> Vec<&'m Row> {
    let wanted = place.search.as_deref().unwrap_or_default().to_lowercase();
    let fits = |row: &&Row| {
        let path = row.path.as_ref().map(ToString::to_string).unwrap_or_default();
        wanted.is_empty()
            || [row.who.as_str(), row.what.as_str(), path.as_str(), word(row.kind)]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
    };
    model.story.rows().iter().filter(fits).collect()
}

/// Draws the page.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect) {
    let (model, place) = (&screen.model, &screen.place);
    let rows = rows(model, place);
    let body = super::page::head(screen, frame, area, &summary(model, place, rows.len()));
    pager::draw(frame, body, rows.len(), place.line, |n| {
        rows.get(n).map(|row| lines(row, model, body.width)).unwrap_or_default()
    });
}

fn summary(model: &RunModel, place: &Place, shown: usize) -> String {
    let all = model.story.rows().len() + model.story.dropped;
    let zone = if model.local_time { "local time" } else { "UTC" };
    match &place.search {
        Some(_) => format!("timeline  {shown} of {all}  {zone}"),
        None if model.story.dropped > 0 => {
            format!("timeline  the last {shown} of {all}, all: banister timeline  {zone}")
        }
        None => format!("timeline  {all}  {zone}"),
    }
}

fn word(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Note => "NOTE",
        RowKind::Decision => "DECIDE",
        RowKind::BreakGlass => "BREAK-GLASS",
        RowKind::Exception => "EXCEPTION",
        RowKind::Run | RowKind::Step | RowKind::Trouble | RowKind::Person => "",
    }
}

/// One row; what was said in many words goes on below.
fn lines(row: &Row, model: &RunModel, columns: u16) -> Vec<Line<'static>> {
    let theme = model.theme;
    let (mark, style) = match row.kind {
        RowKind::Trouble => ("!", theme.attention()),
        RowKind::Exception | RowKind::BreakGlass => ("!", theme.word("FAIL")),
        RowKind::Decision => ("*", theme.label()),
        RowKind::Note => ("*", Style::new()),
        RowKind::Run | RowKind::Step | RowKind::Person => (" ", Style::new()),
    };
    let who = if columns < 60 { 8 } else { 12 };
    let at = format!(
        " {} {mark} {} ",
        fit(&clock(model, row.at), if model.local_time { 14 } else { 9 }),
        fit(&shown(&row.who), who)
    );
    let times = if columns >= WIDE { 24 } else { 0 };
    let room = usize::from(columns).saturating_sub(width(&at) + times).max(8);
    let mut what = String::new();
    for part in
        [word(row.kind).to_owned(), row.path.as_ref().map(ToString::to_string).unwrap_or_default(), row.what.clone()]
    {
        if !part.is_empty() {
            what.push_str(if what.is_empty() { "" } else { "  " });
            what.push_str(&part);
        }
    }
    if let Some(learned) = row.learned {
        what.push_str(&format!("  [written down {}]", clock(model, learned)));
    }
    let took = row.took_ms.map(duration);
    let usual = row.usual_ms.map(|ms| format!("usual {}", duration(ms)));
    if times == 0
        && columns >= 80
        && let Some(took) = &took
    {
        what.push_str(&format!("  took {took}"));
    }
    let aside = format!("{} {}", fit_right(&took.unwrap_or_default(), 9), fit(&usual.unwrap_or_default(), 14));
    let blank = " ".repeat(width(&at));
    wrap(&shown(&what), room)
        .into_iter()
        .enumerate()
        .map(|(n, part)| {
            let lead = if n == 0 { at.clone() } else { blank.clone() };
            let part = cut(&part, room).into_owned();
            let end = if n == 0 && times > 0 { aside.clone() } else { String::new() };
            let part = if end.is_empty() { part } else { fit(&part, room) };
            Line::from(vec![Span::raw(lead), Span::styled(part, style), Span::styled(end, theme.dim())])
        })
        .collect()
}
