//! Draws a run's screen.
//!
//! ```text
//!   from 120 columns and 24 rows   two columns of boxes, asks and timeline below        wide.rs
//!   from 80 columns and 24 rows    panes below each other, parted by rules              stacked.rs
//!   anything smaller               the step that matters and the end of its output      small.rs
//!   zoom                           one pane, no borders: the terminal's own selection   zoom.rs
//! ```
//!
//! Everything is drawn at any size: what does not fit is left out, from the least important.

mod banner;
mod footer;
mod frames;
mod header;
mod hosts;
mod left;
mod now;
mod output;
mod page;
mod pager;
mod plan;
mod reading;
#[cfg(test)]
mod robust;
mod small;
mod stacked;
mod steps;
mod strips;
#[cfg(test)]
mod tests;
mod timeline;
mod wide;
mod zoom;

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Page, RunScreen};

pub(super) use header::{clock, height, height_now, is_penless};
pub(super) use output::{hits, shown_line};
pub(super) use plan::hits as plan_hits;
pub(super) use timeline::rows as timeline_rows;
pub(super) use zoom::zoomed;

/// Columns from which there are two of panes.
const WIDE: u16 = 120;
/// Columns and rows below which only what matters most is drawn.
const SMALL: (u16, u16) = (80, 24);

/// Whether a terminal has room for two columns.
pub(super) fn is_wide((width, height): (u16, u16)) -> bool {
    width >= WIDE && height >= SMALL.1
}

/// Draws the page.
pub(super) fn draw(screen: &RunScreen, frame: &mut Frame<'_>, now: &Now) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let size = (area.width, area.height);
    if screen.model.is_behind() {
        return reading::draw(screen, frame, area);
    }
    if screen.place.page == Page::Run && screen.place.zoom {
        return zoom::draw(screen, frame, area, now);
    }
    let head = header::height_now(screen, size);
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(head), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    header::draw(screen, frame, head, now);
    footer::draw(screen, frame, foot);
    match screen.place.page {
        Page::Run => run(screen, frame, body, size, now),
        Page::Timeline => timeline::draw(screen, frame, body),
        Page::Plan => plan::draw(screen, frame, body),
    }
}

fn run(screen: &RunScreen, frame: &mut Frame<'_>, body: Rect, size: (u16, u16), now: &Now) {
    let [body, said] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(body);
    banner::draw(screen, frame, said, now);
    let Some(board) = screen.model.board() else { return };
    if is_wide(size) {
        wide::draw(screen, board, frame, body, now);
    } else if size.0 >= SMALL.0 && size.1 >= SMALL.1 {
        stacked::draw(screen, board, frame, body, now);
    } else {
        small::draw(screen, board, frame, body, now);
    }
}
