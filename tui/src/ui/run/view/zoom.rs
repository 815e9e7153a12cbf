//! One pane alone, without borders: what the terminal selects is text and nothing else.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::super::{Pane, RunScreen};
use super::{banner, footer, frames, hosts, output, steps};

/// Draws the pane, with the messages and the keys below it.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let [body, said, foot] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)]).areas(area);
    frames::lines(frame, body, rows(screen, body.width.into(), body.height.into(), now));
    banner::draw(screen, frame, said, now);
    footer::draw(screen, frame, foot);
}

fn rows(screen: &RunScreen, cells: usize, height: usize, now: &Now) -> Vec<Line<'static>> {
    let Some(board) = screen.model.board() else { return Vec::new() };
    match screen.place.pane {
        Pane::Steps => steps::rows(screen, board, cells, height, now),
        Pane::Hosts => hosts::rows(screen, board, cells, height, now),
        Pane::Output => output::rows(screen, board, cells, height, now),
    }
}

/// What a zoomed pane shows, for copying.
pub(in crate::ui::run) fn zoomed(screen: &RunScreen, now: &Now) -> Vec<String> {
    let (width, height) = screen.model.size;
    let lines = rows(screen, width.into(), height.saturating_sub(2).into(), now);
    lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect()
}
