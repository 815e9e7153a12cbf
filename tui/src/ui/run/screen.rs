//! The run's screen as a program.

use banister_core::run::{Now, Word};
use ratatui::Frame;

use super::calls::Calls;
use super::{Action, Link, Page, Place, RunModel, action};
use crate::ui::{Heard, Key, Message, Order, Overlay, Program, Reaction, Theme};

/// What is said of keys that came before there was anything to see.
const EARLY: &str = "what was typed before this was shown was not taken";

/// Everything that is on the screen of a run.
pub(crate) struct RunScreen {
    pub(crate) model: RunModel,
    pub(crate) place: Place,
    /// What lies over the page, the last on top.
    pub(crate) overlays: Vec<Box<dyn Overlay>>,
    calls: Calls,
    /// The agent of whoever sits here is lent to the run.
    lends: bool,
    /// A key came before there was anything to see.
    was_early: bool,
}

impl RunScreen {
    /// The screen before anything came.
    pub(crate) fn new(theme: Theme) -> Self {
        let (model, place) = (RunModel::new(theme), Place::default());
        Self { model, place, overlays: Vec::new(), calls: Calls::default(), lends: false, was_early: false }
    }

    fn key(&mut self, key: Key, now: &Now) -> Vec<Order> {
        self.mark_place(now);
        let reaction = match self.overlays.last_mut() {
            // The terminal's own: they mean the same everywhere.
            _ if matches!(key, Key::Ctrl('l')) => return vec![Order::Redraw],
            _ if matches!(key, Key::Ctrl('z')) => return vec![Order::Suspend],
            _ if matches!(key, Key::Ctrl('c')) => return self.interrupt(now),
            _ if self.model.is_behind() => return self.early(key, now),
            Some(overlay) => overlay.key(key, &mut self.model, now),
            None if self.place.is_typing => return self.search_key(key),
            None => return action(key).map_or_else(Vec::new, |action| self.act(action, now)),
        };
        self.react(reaction, now)
    }

    /// Who drives lends the run his agent.
    fn lend(&mut self, heard: &Heard) -> Option<Order> {
        match heard {
            // What was lent before was lent over a connection that is gone.
            Heard::Welcome { .. } => self.lends = false,
            Heard::Record(_) | Heard::Ended(_) | Heard::Lost { .. } => {}
            _ => return None,
        }
        if self.model.is_behind() || self.model.replay {
            return None;
        }
        let model = &self.model;
        let has_pen = model.view.as_ref().is_some_and(|view| view.is_driven_by(&model.you));
        let drives = has_pen && !model.watch && model.link == Link::Live;
        (drives != std::mem::replace(&mut self.lends, drives)).then_some(Order::Lend(drives))
    }

    /// A key before the run is known. It is not kept for later: nobody acts on what he has not seen. The way not taken,
    /// to act at once, took keys for what the run had asked long ago.
    fn early(&mut self, key: Key, now: &Now) -> Vec<Order> {
        if action(key) == Some(Action::Detach) {
            return self.act(Action::Detach, now);
        }
        self.was_early = true;
        Vec::new()
    }

    pub(super) fn react(&mut self, reaction: Reaction, now: &Now) -> Vec<Order> {
        match reaction {
            Reaction::Stay => Vec::new(),
            Reaction::Orders(orders) => orders,
            Reaction::Close(orders) => {
                self.overlays.pop();
                orders
            }
            Reaction::Open(overlay) => self.open(overlay, now),
            Reaction::Replace(overlay) => {
                self.overlays.pop();
                self.open(overlay, now)
            }
            Reaction::Act(action) => {
                self.overlays.pop();
                self.act(action, now)
            }
        }
    }

    /// Puts an overlay on top.
    pub(super) fn open(&mut self, mut overlay: Box<dyn Overlay>, now: &Now) -> Vec<Order> {
        if let Some(below) = self.overlays.last_mut() {
            below.covered();
        }
        let orders = overlay.opened(&mut self.model, now);
        self.overlays.push(overlay);
        orders
    }

    /// Ctrl-C: the first holds and asks how it goes on, the second leaves at once.
    fn interrupt(&mut self, now: &Now) -> Vec<Order> {
        if self.overlays.iter().any(|overlay| overlay.interrupted()) {
            return vec![Order::Leave];
        }
        self.act(Action::Interrupt, now)
    }

    /// Tells every overlay what came; those below the top may be done by it as well.
    fn tell(&mut self, now: &Now, told: impl Fn(&mut dyn Overlay, &mut RunModel) -> Reaction) -> Vec<Order> {
        let mut orders = Vec::new();
        let mut kept: Vec<Box<dyn Overlay>> = Vec::new();
        let mut last = Reaction::Stay;
        let overlays = std::mem::take(&mut self.overlays);
        let top = overlays.len().saturating_sub(1);
        for (n, mut overlay) in overlays.into_iter().enumerate() {
            let reaction = told(overlay.as_mut(), &mut self.model);
            match reaction {
                reaction if n == top => {
                    kept.push(overlay);
                    last = reaction;
                }
                Reaction::Close(its) => orders.extend(its),
                Reaction::Orders(its) => {
                    orders.extend(its);
                    kept.push(overlay);
                }
                // What lies below opens nothing.
                _ => kept.push(overlay),
            }
        }
        self.overlays = kept;
        orders.extend(self.react(last, now));
        orders
    }
}

impl Program for RunScreen {
    fn update(&mut self, message: Message, now: &Now) -> Vec<Order> {
        match message {
            Message::Key(key) => self.key(key, now),
            Message::Paste(_) if self.model.is_behind() => {
                self.was_early = true;
                Vec::new()
            }
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
                let mut orders = self.calls.heard(&heard, &mut self.model, now);
                orders.extend(self.tell(now, |overlay, run| overlay.heard(&heard, run)));
                orders.extend(self.lend(&heard));
                if !self.model.is_behind() && std::mem::take(&mut self.was_early) {
                    self.model.say(EARLY, true, now);
                }
                orders
            }
            Message::Notice(text) => {
                self.model.say(text, false, now);
                Vec::new()
            }
            Message::Tick => self.look_after(now),
            Message::Back => vec![Order::Redraw],
            Message::Shelled(went) => {
                if let Err(why) = &went {
                    self.model.say(format!("no shell: {why}"), true, now);
                }
                self.tell(now, |overlay, run| overlay.shelled(&went, run))
            }
            Message::Stop => vec![Order::Suspend],
            // The terminal may be gone: nothing is asked any more, the run goes on.
            Message::Hangup => vec![Order::Leave],
        }
    }

    fn is_ready(&self) -> bool {
        !self.model.is_behind()
    }

    fn draw(&self, frame: &mut Frame<'_>, now: &Now) {
        super::view::draw(self, frame, now);
        for overlay in &self.overlays {
            overlay.draw(frame, frame.area(), &self.model, now);
        }
    }
}

impl RunScreen {
    /// The keys of the footer: those of what lies on top.
    pub(crate) fn footer(&self) -> Vec<(String, &'static str)> {
        if let Some(overlay) = self.overlays.last() {
            return overlay.footer(&self.model);
        }
        if self.model.is_behind() {
            return vec![(super::key_of(Action::Detach).map(Key::name).unwrap_or_default(), "detach")];
        }
        let hint =
            |action: Action, says: &'static str| (super::key_of(action).map(Key::name).unwrap_or_default(), says);
        if self.place.page != Page::Run {
            // A page over the run: `q` leads back to it, and leaves nothing.
            let moves = format!("{}/{}", hint(Action::Down, "").0, hint(Action::Up, "").0);
            let mut hints = vec![hint(Action::Help, "help"), (moves, "move")];
            if self.place.page == Page::Timeline {
                hints.push(hint(Action::Search, "filter"));
                hints.push(hint(Action::LocalTime, if self.model.local_time { "UTC" } else { "local time" }));
                if self.model.cannot_act().is_none() {
                    hints.extend([hint(Action::Note, "note"), hint(Action::Decide, "decide")]);
                }
            } else {
                hints.push(hint(Action::Search, "search"));
                hints.extend([hint(Action::SearchNext, "next"), hint(Action::SearchPrevious, "before")]);
            }
            hints.extend([hint(Action::Asks, "asks"), hint(Action::Detach, "back")]);
            return hints;
        }
        // Who can only look is offered nothing else.
        if self.model.cannot_act().is_some() || self.model.view.as_ref().is_some_and(|view| view.exit().is_some()) {
            let leaves = if self.model.link == Link::Live && self.model.watch { "detach" } else { "leave" };
            let mut hints = vec![hint(Action::Help, "help"), hint(Action::NextPane, "pane")];
            if self.model.replay {
                // Its own keys: they mean nothing on the screen of a run.
                hints.push((", .".to_owned(), "speed"));
            }
            hints.extend([
                hint(Action::Zoom, if self.place.zoom { "all panes" } else { "zoom" }),
                hint(Action::Search, "search"),
                hint(Action::Timeline, "timeline"),
                hint(Action::Plan, "plan"),
                hint(Action::Palette, "cmd"),
                hint(Action::Detach, leaves),
            ]);
            return hints;
        }
        let may = |word: Word| self.model.asking(|words| words.contains(&word)).is_some();
        let is_held = self.model.view.as_ref().is_some_and(|view| view.state().is_held());
        let mut hints = vec![hint(Action::Help, "help"), hint(Action::NextPane, "pane"), hint(Action::Asks, "asks")];
        if may(Word::Retry) {
            hints.push(hint(Action::Retry, "retry"));
        }
        if may(Word::Undo) {
            hints.push(hint(Action::Undo, "undo"));
        }
        if self.place.zoom {
            hints.push(hint(Action::Zoom, "all panes"));
        }
        hints.push(if is_held { hint(Action::Continue, "continue") } else { hint(Action::Hold, "hold") });
        hints.extend([
            hint(Action::Note, "note"),
            hint(Action::Decide, "decide"),
            hint(Action::Timeline, "timeline"),
            hint(Action::Palette, "cmd"),
            hint(Action::Detach, "detach"),
        ]);
        hints
    }
}
