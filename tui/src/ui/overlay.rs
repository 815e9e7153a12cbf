//! Something that lies over a screen and takes its keys: a dialog, the palette, the help.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::run::RunModel;
use super::{Heard, Key, Order};

/// What an overlay makes of a key.
pub(crate) enum Reaction {
    /// It stays.
    Stay,
    /// It stays, and this shall be done.
    Orders(Vec<Order>),
    /// It is done; this shall be done as well.
    Close(Vec<Order>),
    /// Another one comes over it.
    Open(Box<dyn Overlay>),
    /// Another one comes in its place.
    Replace(Box<dyn Overlay>),
    /// It is done, and an action of the screen follows.
    Act(super::run::Action),
}

/// A dialog over the run's screen. It sees the run and cannot change it: what it wants it orders.
pub(crate) trait Overlay {
    /// It was put on the screen. Gives what it wants at once.
    fn opened(&mut self, _run: &mut RunModel, _now: &Now) -> Vec<Order> {
        Vec::new()
    }

    /// Another one comes over it: what was typed to confirm something is forgotten.
    fn covered(&mut self) {}

    /// It is what Ctrl-C opens: a second Ctrl-C leaves.
    fn interrupted(&self) -> bool {
        false
    }

    /// A shell that was ordered is closed, or there was none.
    fn shelled(&mut self, _went: &Result<(), String>, _run: &mut RunModel) -> Reaction {
        Reaction::Stay
    }

    /// A key.
    fn key(&mut self, key: Key, run: &mut RunModel, now: &Now) -> Reaction;

    /// Pasted text. Asks ignore it; a note takes it.
    fn paste(&mut self, _text: &str) -> Reaction {
        Reaction::Stay
    }

    /// Something came from the run after it was folded: an answer to a request, the end of an ask.
    fn heard(&mut self, _heard: &Heard, _run: &mut RunModel) -> Reaction {
        Reaction::Stay
    }

    /// Draws it within the screen's area, which still shows the run below.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, now: &Now);

    /// The keys of the footer while it is open.
    fn footer(&self, run: &RunModel) -> Vec<(String, &'static str)>;
}
