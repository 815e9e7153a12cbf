//! A small terminal: the rows of the pane that has the keys, and the end of the output.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::super::{Board, Pane, RunScreen};
use super::frames::rule;
use super::{hosts, output, steps};

/// Draws what there is room for; `tab` goes to the other list.
pub(super) fn draw(screen: &RunScreen, board: &Board, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let theme = screen.model.theme;
    let list = screen.place.list;
    let share = match (screen.place.pane, area.height) {
        (_, 0..=2) => area.height,
        (Pane::Output, 3..=6) => 0,
        (Pane::Output, height) => height / 3,
        (_, 3..=5) => 2,
        (_, height) => height / 2,
    };
    let [top, bottom] = Layout::vertical([Constraint::Length(share), Constraint::Fill(1)]).areas(area);
    if list == Pane::Hosts {
        let inner = rule(frame, top, theme, &hosts::title(screen, board, top.width.into()));
        hosts::draw(screen, board, frame, inner, now);
    } else {
        let inner = rule(frame, top, theme, &steps::title_with_left(screen, board, top.width.into(), now));
        steps::draw(screen, board, frame, inner, now);
    }
    let inner = rule(frame, bottom, theme, &output::title(screen, board, usize::from(bottom.width), now));
    output::draw(screen, board, frame, inner, now);
}
