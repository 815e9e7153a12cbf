//! What runs: steps, commands with their holes, hosts, gates, asks, as `banister plan` prints them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::super::RunScreen;
use super::pager;
use crate::ui::run::{Place, RunModel};
use crate::ui::text::{shown, wrap};

/// Lines of the plan in which the search finds something.
pub(in crate::ui::run) fn hits(model: &RunModel, place: &Place) -> Vec<usize> {
    let wanted = place.search.as_deref().unwrap_or_default().to_lowercase();
    let lines = model.plan_lines.iter().enumerate();
    let hits = lines.filter(|(_, line)| !wanted.is_empty() && line.to_lowercase().contains(&wanted));
    hits.map(|(n, _)| n).collect()
}

/// Draws the page.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect) {
    let (model, place) = (&screen.model, &screen.place);
    let hits = hits(model, place);
    let summary = match &place.search {
        Some(_) => format!("plan  {} places", hits.len()),
        None => format!("plan  {} lines", model.plan_lines.len()),
    };
    let body = super::page::head(screen, frame, area, &summary);
    pager::draw(frame, body, model.plan_lines.len(), place.line, |n| {
        let Some(line) = model.plan_lines.get(n) else { return Vec::new() };
        let blanks = line.chars().take_while(|c| *c == ' ').count().min(usize::from(body.width) / 3);
        let lead = " ".repeat(blanks + 1);
        let style = ratatui::style::Style::new();
        let style = if hits.binary_search(&n).is_ok() { style.add_modifier(Modifier::REVERSED) } else { style };
        let parts = wrap(&shown(line.trim_start_matches(' ')), usize::from(body.width).saturating_sub(blanks + 2));
        parts
            .into_iter()
            .map(|part| {
                Line::from(vec![ratatui::text::Span::raw(lead.clone()), ratatui::text::Span::styled(part, style)])
            })
            .collect()
    });
}
