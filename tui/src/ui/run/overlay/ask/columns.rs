//! An approval on a wide screen: what is allowed at the left, what was printed for it at the right, the decision below.
//!
//! ```text
//!   ┌ approve wipe  1 host ─────┐┌ what would be removed ──────┐
//!   │ who, and the plan         ││ previews, whole             │   one way through both: the left to its end, then
//!   └───────────── 9 lines more ┘└────────────── 54 lines more ┘   the right; `tab` is the form's
//!   ┌ decision ─────────────────────────────────────────────────┐
//!   │ word, fact, phrase, what is still unread                  │
//!   └───────────────────────────────────────────────────────────┘
//! ```
//!
//! Two scrolls with a key between them was not taken: who reads the one and forgets the other would have to be told.

use banister_core::run::{AskKind, Now, Purpose};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::AskDialog;
use super::evidence::count;
use crate::ui::run::RunModel;
use crate::ui::run::overlay::sheet::{boxed, inner_height, inner_width, wide_room};
use crate::ui::run::view::is_wide;

/// Rows that the columns keep, with their borders, however long the form is.
const LEAST: u16 = 5;

/// Where the parts stand.
pub(super) struct Columns {
    /// Of all three.
    pub(super) room: Rect,
    pub(super) left: Rect,
    right: Rect,
    decision: Rect,
}

impl Columns {
    /// On a screen of this size, with a form of so many lines.
    fn new(screen: Rect, form: usize) -> Self {
        let room = wide_room(screen);
        let form = u16::try_from(form).unwrap_or(u16::MAX).saturating_add(2).min(room.height.saturating_sub(LEAST));
        let high = room.height - form;
        let half = room.width / 2;
        Self {
            room,
            left: Rect { width: half, height: high, ..room },
            right: Rect { x: room.x + half, width: room.width - half, height: high, ..room },
            decision: Rect { y: room.y + high, height: form, ..room },
        }
    }

    /// Rows of a column.
    pub(super) fn rows(&self) -> usize {
        inner_height(self.left).max(1)
    }
}

/// First lines of both columns, so many lines down the way through both.
fn tops(way: usize, lines: [usize; 2], rows: usize) -> [usize; 2] {
    let [left, right] = lines.map(|lines| lines.saturating_sub(rows));
    let of_left = way.min(left);
    [of_left, (way - of_left).min(right)]
}

/// Lines of the one text that the way through both columns is: where it ends, both have ended.
pub(super) fn way(lines: [usize; 2], rows: usize) -> usize {
    lines.iter().map(|lines| lines.saturating_sub(rows)).sum::<usize>() + rows
}

impl AskDialog {
    /// Whether a screen of this size has two columns for it.
    pub(super) fn has_columns(&self, size: (u16, u16)) -> bool {
        is_wide(size) && self.ask.kind == AskKind::Approve && !self.evidence.pieces.is_empty()
    }

    /// The columns on a screen of this size; the form's last line is what is still unread.
    pub(super) fn columns(&self, run: &RunModel, (width, height): (u16, u16)) -> Columns {
        let screen = Rect::new(0, 0, width, height);
        let form = self.lines_of_form(run, wide_room(screen)).len();
        Columns::new(screen, form + 1)
    }

    pub(super) fn draw_columns(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, now: &Now) {
        let is = self.columns(run, (area.width, area.height));
        let (laid, rows, theme) = (self.laid(run, inner_width(is.left), true), is.rows(), run.theme);
        let [left, right] = laid.columns();
        let lines = [left.len(), right.len()];
        let [top_left, top_right] = tops(self.scroll.top(way(lines, rows), rows), lines, rows);
        boxed(frame, is.left, theme, (&self.title(run), &self.waits(run, now)), left, top_left);
        boxed(frame, is.right, theme, (self.title_of_shown(), &laid.amount), right, top_right);
        let below = (left.len().saturating_sub(top_left + rows), right.len().saturating_sub(top_right + rows));
        let mut form = self.lines_of_form(run, is.room);
        form.push(self.reading(run, laid.digest, below));
        let skipped = form.len().saturating_sub(inner_height(is.decision));
        boxed(frame, is.decision, theme, ("decision", ""), form.get(skipped..).unwrap_or_default(), 0);
    }

    fn title_of_shown(&self) -> &'static str {
        let is_preview = self.evidence.pieces.iter().all(|piece| piece.key.purpose == Purpose::Preview);
        if is_preview { "what would be removed" } else { "shown beforehand" }
    }

    /// What is still to be read of both columns, in a line.
    fn reading(&self, run: &RunModel, digest: u64, below: (usize, usize)) -> Line<'static> {
        let says = match below {
            _ if self.read.get() == Some(digest) => {
                return Line::styled("read to the end, left and right", run.theme.dim());
            }
            _ if !self.evidence.is_complete() => "unread: not all that was printed is here yet".to_owned(),
            (0, right) => format!("unread: {} at the right", count(right)),
            (left, 0) => format!("unread: {} at the left", count(left)),
            (left, right) => format!("unread: {} at the left, then {right} at the right", count(left)),
        };
        Line::styled(says, run.theme.attention())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_left_is_scrolled_to_its_end_before_the_right() {
        for (way, lines, expect) in [
            (0, [30, 50], [0, 0]),
            (19, [30, 50], [19, 0]),
            (20, [30, 50], [20, 0]),
            (21, [30, 50], [20, 1]),
            (60, [30, 50], [20, 40]),
            (99, [30, 50], [20, 40]),
            (3, [5, 50], [0, 3]),
            (3, [30, 5], [3, 0]),
            (3, [5, 5], [0, 0]),
            (3, [0, 0], [0, 0]),
        ] {
            assert_eq!(tops(way, lines, 10), expect, "{way} of {lines:?}");
        }
    }

    #[test]
    fn who_scrolls_page_by_page_to_the_end_has_seen_every_line_of_both() {
        use crate::ui::Key;
        use crate::ui::run::overlay::sheet::Scroll;
        for lines in [[0, 0], [5, 5], [10, 11], [11, 10], [43, 1], [1, 43], [37, 64]] {
            for rows in [1, 2, 9, 10] {
                let (mut scroll, all) = (Scroll::default(), way(lines, rows));
                let mut seen = [vec![false; lines[0]], vec![false; lines[1]]];
                loop {
                    let tops = tops(scroll.top(all, rows), lines, rows);
                    for (column, top) in seen.iter_mut().zip(tops) {
                        column.iter_mut().skip(top).take(rows).for_each(|line| *line = true);
                    }
                    if scroll.below(all, rows) == 0 {
                        break;
                    }
                    scroll.key(Key::PageDown, all, rows);
                }
                assert!(seen.iter().flatten().all(|line| *line), "{lines:?} in {rows} rows");
            }
        }
    }

    #[test]
    fn the_columns_and_the_decision_fill_the_room_without_a_gap() {
        for (width, height) in [(120, 24), (140, 45), (141, 45), (200, 60), (400, 24)] {
            for form in [0, 4, 9, 100] {
                let is = Columns::new(Rect::new(0, 0, width, height), form);
                assert_eq!(is.left.right(), is.right.x, "{width}x{height}");
                assert_eq!(is.right.right(), is.room.right(), "{width}x{height}");
                assert_eq!(is.left.bottom(), is.decision.y, "{width}x{height}");
                assert_eq!(is.decision.bottom(), is.room.bottom(), "{width}x{height}");
                assert!(is.left.height >= LEAST && is.right.height == is.left.height, "{width}x{height}, {form}");
            }
        }
    }
}
