//! The run's screen as a program.

use banister_core::run::Now;
use ratatui::Frame;

use super::{Action, Place, RunModel, action};
use crate::ui::{Key, Message, Order, Overlay, Program, Reaction, Theme};

/// Everything that is on the screen of a run.
pub(crate) struct RunScreen {
    pub(crate) model: RunModel,
    pub(crate) place: Place,
    /// What lies over the page, the last on top.
    pub(crate) overlays: Vec<Box<dyn Overlay>>,
}

impl RunScreen {
    /// The screen before anything came.
    pub(crate) fn new(theme: Theme) -> Self {
        Self { model: RunModel::new(theme), place: Place::default(), overlays: Vec::new() }
    }

    fn key(&mut self, key: Key, now: &Now) -> Vec<Order> {
        let reaction = match self.overlays.last_mut() {
            // The terminal's own: they mean the same everywhere.
            _ if matches!(key, Key::Ctrl('l')) => return vec![Order::Redraw],
            _ if matches!(key, Key::Ctrl('z')) => return vec![Order::Suspend],
            Some(overlay) => overlay.key(key, &mut self.model, now),
            None if self.place.is_typing => return self.search_key(key),
            None => return action(key).map_or_else(Vec::new, |action| self.act(action, now)),
        };
        self.react(reaction, now)
    }

    pub(super) fn react(&mut self, reaction: Reaction, now: &Now) -> Vec<Order> {
        match reaction {
            Reaction::Stay => Vec::new(),
            Reaction::Orders(orders) => orders,
            Reaction::Close(orders) => {
                self.overlays.pop();
                orders
            }
            Reaction::Open(overlay) => {
                self.overlays.push(overlay);
                Vec::new()
            }
            Reaction::Replace(overlay) => {
                self.overlays.pop();
                self.overlays.push(overlay);
                Vec::new()
            }
            Reaction::Act(action) => {
                self.overlays.pop();
                self.act(action, now)
            }
        }
    }

    fn search_key(&mut self, key: Key) -> Vec<Order> {
        let text = self.place.search.get_or_insert_default();
        match key {
            Key::Char(c) => text.push(c),
            Key::Backspace => drop(text.pop()),
            Key::Enter => self.place.is_typing = false,
            Key::Esc => (self.place.is_typing, self.place.search) = (false, None),
            _ => {}
        }
        if !self.place.is_typing && self.place.search.as_ref().is_some_and(String::is_empty) {
            self.place.search = None;
        }
        Vec::new()
    }
}

impl Program for RunScreen {
    fn update(&mut self, message: Message, now: &Now) -> Vec<Order> {
        match message {
            Message::Key(key) => self.key(key, now),
            Message::Paste(text) => {
                let reaction = self.overlays.last_mut().map_or(Reaction::Stay, |overlay| overlay.paste(&text));
                self.react(reaction, now)
            }
            Message::Resize { width, height } => {
                self.model.size = (width, height);
                Vec::new()
            }
            Message::Heard(heard) => {
                self.model.hear(&heard, now);
                let reaction =
                    self.overlays.last_mut().map_or(Reaction::Stay, |overlay| overlay.heard(&heard, &self.model));
                self.react(reaction, now)
            }
            Message::Notice(text) => {
                self.model.say(text, false, now);
                Vec::new()
            }
            Message::Tick => Vec::new(),
            Message::Back => vec![Order::Redraw],
            Message::Stop => vec![Order::Suspend],
            // The terminal may be gone: nothing is asked any more, the run goes on.
            Message::Hangup => vec![Order::Leave],
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, now: &Now) {
        super::view::draw(self, frame, now);
        for overlay in &self.overlays {
            overlay.draw(frame, frame.area(), &self.model, now);
        }
    }
}

impl RunScreen {
    /// Whether a dialog is open in which text is typed.
    pub(crate) fn is_text(&self) -> bool {
        self.place.is_typing || self.overlays.last().is_some_and(|overlay| overlay.is_text())
    }

    /// The keys of the footer: those of what lies on top.
    pub(crate) fn footer(&self) -> Vec<(String, &'static str)> {
        if let Some(overlay) = self.overlays.last() {
            return overlay.footer(&self.model);
        }
        let hint =
            |action: Action, says: &'static str| (super::key_of(action).map(Key::name).unwrap_or_default(), says);
        vec![
            hint(Action::Help, "help"),
            hint(Action::NextPane, "pane"),
            hint(Action::Note, "note"),
            hint(Action::Decide, "decide"),
            hint(Action::Hold, "hold"),
            hint(Action::Asks, "asks"),
            hint(Action::Timeline, "timeline"),
            hint(Action::Palette, "cmd"),
            hint(Action::Detach, "detach"),
        ]
    }
}
