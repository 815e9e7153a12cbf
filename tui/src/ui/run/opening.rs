//! Opening pages and dialogs.

use banister_core::run::{AskId, Now, Word};

use super::overlay::{
    AbortDialog, AskDialog, AskList, Confirm, Deed, Help, Interrupt, Listing, ListingKind, NoteDialog, Palette,
};
use super::{Action, Page, RunScreen};
use crate::ui::{Order, Overlay};

impl RunScreen {
    /// Opens what an action asks for.
    pub(super) fn opens(&mut self, action: Action, now: &Now) -> Vec<Order> {
        let overlay: Box<dyn Overlay> = match action {
            Action::Timeline => return self.turn_to(Page::Timeline, None),
            Action::Plan => return self.turn_to(Page::Plan, Some(0)),
            Action::Open => return self.open_here(now),
            Action::Asks => return self.open_asks(now),
            Action::Retry => return self.open_failure(Word::Retry, now),
            Action::Undo => return self.open_failure(Word::Undo, now),
            Action::Hold => Box::new(Confirm::new(Deed::Hold)),
            Action::Continue => Box::new(Confirm::new(Deed::Continue)),
            Action::Pen => Box::new(Confirm::new(Deed::Pen)),
            Action::Abort => Box::<AbortDialog>::default(),
            Action::Interrupt => Box::<Interrupt>::default(),
            Action::Note => Box::new(NoteDialog::note()),
            Action::Decide => Box::new(NoteDialog::decision()),
            Action::People => Box::new(Listing::new(ListingKind::People)),
            Action::Messages => Box::new(Listing::new(ListingKind::Messages)),
            Action::Palette => Box::<Palette>::default(),
            Action::Help => Box::new(Help::of_page()),
            _ => return Vec::new(),
        };
        self.open(overlay, now)
    }

    fn turn_to(&mut self, page: Page, line: Option<usize>) -> Vec<Order> {
        (self.place.page, self.place.line, self.place.search) = (page, line, None);
        Vec::new()
    }

    /// The one ask there is, or the list of them.
    fn open_asks(&mut self, now: &Now) -> Vec<Order> {
        let open = self.model.view.as_ref().map_or(0, |view| view.state().asks().count());
        let only = self.model.asking(|_| open == 1);
        match only.and_then(|ask| AskDialog::open(&self.model, &ask)) {
            Some(dialog) => self.open(Box::new(dialog), now),
            None => self.open(Box::<AskList>::default(), now),
        }
    }

    /// The ask of what is under the cursor, if its words fit.
    fn ask_here(&self, fits: impl Fn(&[Word]) -> bool) -> Option<AskId> {
        // On a page of its own nobody sees that cursor.
        let path = self.looked().filter(|_| self.place.page == Page::Run)?.path;
        let state = self.model.view.as_ref()?.state();
        state.asks().find(|ask| ask.id.path == path && fits(&ask.words)).map(|ask| ask.id.clone())
    }

    fn open_here(&mut self, now: &Now) -> Vec<Order> {
        match self.ask_here(|_| true).and_then(|ask| AskDialog::open(&self.model, &ask)) {
            Some(dialog) => self.open(Box::new(dialog), now),
            None => Vec::new(),
        }
    }

    /// The dialog of the failed step under the cursor, or else of the first, with a word chosen.
    fn open_failure(&mut self, word: Word, now: &Now) -> Vec<Order> {
        let fits = |words: &[Word]| words.contains(&word);
        let ask = self.ask_here(fits).or_else(|| self.model.asking(fits));
        let Some(dialog) = ask.and_then(|ask| AskDialog::open(&self.model, &ask)) else {
            let why = if word == Word::Undo {
                "nothing failed that has an undo"
            } else {
                "nothing can be retried: `a` shows what is asked"
            };
            self.model.say(why, false, now);
            return Vec::new();
        };
        let dialog = dialog.choosing(word, &self.model);
        self.open(Box::new(dialog), now)
    }
}
