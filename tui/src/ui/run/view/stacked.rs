//! The panes below each other, parted by rules.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::super::{Board, Pane, RunScreen};
use super::frames::rule;
use super::{hosts, output, steps};

/// Draws the three panes.
pub(super) fn draw(screen: &RunScreen, board: &Board, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let theme = screen.model.theme;
    let items = screen.model.step_items(board, &screen.place).len();
    let roster = screen.roster(board);
    let rows = roster.map_or(0, |roster| screen.model.host_items(roster, &screen.place).len());
    let [of_steps, of_hosts] = shares(area.height, items, rows, screen.place.pane);
    let [of_steps, of_hosts, of_output] =
        Layout::vertical([Constraint::Length(of_steps), Constraint::Length(of_hosts), Constraint::Fill(1)]).areas(area);
    let inner = rule(frame, of_steps, theme, &steps::title_with_left(screen, board, of_steps.width.into(), now));
    steps::draw(screen, board, frame, inner, now);
    let inner = rule(frame, of_hosts, theme, &hosts::title(screen, board, of_hosts.width.into()));
    hosts::draw(screen, board, frame, inner, now);
    let inner = rule(frame, of_output, theme, &output::title(screen, board, usize::from(of_output.width), now));
    output::draw(screen, board, frame, inner, now);
}

/// Rows of steps and hosts, their rules included: the pane that has the keys gets a little more, what a pane does not
/// need goes to the output.
fn shares(height: u16, steps: usize, hosts: usize, pane: Pane) -> [u16; 2] {
    let free = height.saturating_sub(3);
    let part = |of: u16| (free * of / 15).max(1);
    // A row that no share has whole is a host's: they are what is counted.
    let more = |of: u16| (free * of).div_ceil(15).max(1);
    let [steps_part, hosts_part] = match pane {
        Pane::Steps => [part(7), more(5)],
        Pane::Hosts => [part(5), more(7)],
        Pane::Output => [part(5), more(4)],
    };
    let need = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX).max(1);
    [steps_part.min(need(steps)) + 1, hosts_part.min(need(hosts)) + 1]
}
