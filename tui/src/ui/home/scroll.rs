//! A page that is longer than the screen.

use std::cell::Cell;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paint::{Painted, lines};
use crate::ui::Key;

/// Lines that one key goes further.
const PAGE: usize = 10;

/// From which line on a page is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Scroll {
    from: usize,
    /// The first line of the last screenful, as it was drawn last: the end is where the last line stands at the bottom.
    last: Cell<usize>,
}

impl Scroll {
    /// Moves, if the key is one that does.
    pub(super) fn key(&mut self, key: Key) -> bool {
        let last = self.last.get();
        let from = self.from.min(last);
        self.from = match key {
            Key::Char('j') | Key::Down => from + 1,
            Key::Char('k') | Key::Up => from.saturating_sub(1),
            Key::PageDown | Key::Ctrl('d') | Key::Char(' ') => from + PAGE,
            Key::PageUp | Key::Ctrl('u') => from.saturating_sub(PAGE),
            Key::Char('g') | Key::Home => 0,
            Key::Char('G') | Key::End => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// Draws as many lines as there is room for.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, all: &[Painted]) {
        self.last.set(all.len().saturating_sub(area.height.into()));
        lines(frame, area, all, self.from.min(self.last.get()));
    }

    /// How many lines stand below what is shown.
    pub(super) fn below(&self) -> usize {
        self.last.get().saturating_sub(self.from)
    }
}
