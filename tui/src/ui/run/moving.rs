//! Moving about: panes, cursors, the output, the search. Nothing of it is part of the run.

use super::{Action, Page, Pane, RunScreen};

impl RunScreen {
    /// Moves, if the action is one that does.
    pub(super) fn moves(&mut self, action: Action) -> bool {
        let place = &mut self.place;
        match action {
            Action::NextPane => {
                place.pane = match place.pane {
                    Pane::Steps => Pane::Hosts,
                    Pane::Hosts => Pane::Output,
                    Pane::Output => Pane::Steps,
                }
            }
            Action::PreviousPane => {
                place.pane = match place.pane {
                    Pane::Steps => Pane::Output,
                    Pane::Hosts => Pane::Steps,
                    Pane::Output => Pane::Hosts,
                }
            }
            Action::Zoom => place.zoom = !place.zoom,
            Action::Wrap => place.wrap = !place.wrap,
            Action::OtherStream => place.stderr = !place.stderr,
            Action::Follow => place.back = 0,
            Action::Search => place.is_typing = true,
            Action::Back if place.search.is_some() => place.search = None,
            Action::Back => (place.page, place.zoom) = (Page::Run, false),
            _ => return false,
        }
        true
    }
}
