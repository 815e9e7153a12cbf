//! Moving about on a page that scrolls as a whole: the timeline, the plan.

use super::view::{height_now, plan_hits, timeline_rows};
use super::{Action, Page, RunScreen};

/// Rows of a page: those of the screen without the head, the rule and the footer.
fn rows_of(screen: &RunScreen) -> usize {
    let size = screen.model.size;
    usize::from(size.1.saturating_sub(height_now(screen, size) + 2)).max(1)
}

impl RunScreen {
    /// Scrolls the page, if the action is one that does.
    pub(super) fn pages(&mut self, action: Action) -> bool {
        let count = match self.place.page {
            Page::Run => return false,
            Page::Timeline => timeline_rows(&self.model, &self.place).len(),
            Page::Plan => self.model.plan_lines.len(),
        };
        let rows = rows_of(self);
        let last = count.saturating_sub(rows);
        let here = self.place.line.unwrap_or(last);
        let page = rows.saturating_sub(1).max(1);
        self.place.line = match action {
            Action::Up => Some(here.saturating_sub(1)),
            Action::PageUp => Some(here.saturating_sub(page)),
            Action::Down => self.down(here + 1, count),
            Action::PageDown => self.down(here + page, count),
            Action::Top => Some(0),
            Action::Bottom | Action::Follow => None,
            Action::SearchNext | Action::SearchPrevious => self.next_hit(action, here),
            _ => return false,
        };
        true
    }

    /// Further down: at its end the timeline is followed again.
    fn down(&self, line: usize, count: usize) -> Option<usize> {
        let rows = rows_of(self);
        (line < count.saturating_sub(rows) || (self.place.page == Page::Plan && line < count)).then_some(line)
    }

    fn next_hit(&self, action: Action, here: usize) -> Option<usize> {
        if self.place.page != Page::Plan {
            return self.place.line;
        }
        let hits = plan_hits(&self.model, &self.place);
        match action {
            Action::SearchNext => hits.iter().find(|hit| **hit > here).or_else(|| hits.first()).copied(),
            _ => hits.iter().rev().find(|hit| **hit < here).or_else(|| hits.last()).copied(),
        }
        .or(self.place.line)
    }
}
