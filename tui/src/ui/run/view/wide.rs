//! Two columns of boxes: steps at the left, hosts above the output at the right, asks and timeline below.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::super::{Board, RunScreen};
use super::frames::{self, Title, boxed};
use super::{hosts, left as time_left, output, steps, strips};

/// Rows of the asks and of the timeline, with their borders.
const ASKS: u16 = 4;
const TIMELINE: u16 = 6;
/// The panes keep so many rows.
const PANES: u16 = 20;

/// Draws the panes and the strips that there is room for.
pub(super) fn draw(screen: &RunScreen, board: &Board, frame: &mut Frame<'_>, area: Rect, now: &Now) {
    let theme = screen.model.theme;
    let timeline = if area.height >= PANES + TIMELINE { TIMELINE } else { 0 };
    let asks = if area.height >= PANES + timeline + ASKS { ASKS } else { 0 };
    let [panes, asks, timeline] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(asks), Constraint::Length(timeline)]).areas(area);
    let [left, right] = Layout::horizontal([Constraint::Percentage(49), Constraint::Fill(1)]).areas(panes);

    let mut title = steps::title(screen, board);
    // The columns have their names above them; how long is left stands below, where there is room for it.
    title.right = "took       usual".to_owned();
    let inner = boxed(frame, left, theme, &title);
    frames::lower_edge(frame, left, &time_left::words(&screen.model, now));
    steps::draw(screen, board, frame, inner, now);

    let rows = screen.roster(board).map_or(0, |roster| screen.model.host_items(roster, &screen.place).len());
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).clamp(4, (panes.height / 2).max(4));
    let [of_hosts, of_output] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(right);
    let inner = boxed(frame, of_hosts, theme, &hosts::title(screen, board, of_hosts.width.into()));
    frames::lower_edge(frame, of_hosts, &hosts::edge(screen, board, of_hosts.width.into()));
    hosts::draw(screen, board, frame, inner, now);
    let inner = boxed(
        frame,
        of_output,
        theme,
        &output::title(screen, board, usize::from(of_output.width.saturating_sub(2)), now),
    );
    let [inner, last] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(inner);
    output::draw(screen, board, frame, inner, now);
    frames::lines(frame, last, output::sizes(screen, board));

    let inner = boxed(frame, asks, theme, &Title::new("asks", "a opens", false));
    frames::lines(frame, inner, strips::asks(screen, board, inner.width.into(), inner.height.into(), now));
    let title = Title::new("timeline, newest first", "T opens  n note  d decision", false);
    let inner = boxed(frame, timeline, theme, &title);
    frames::lines(frame, inner, strips::timeline(screen, board, inner.width.into(), inner.height.into()));
}
