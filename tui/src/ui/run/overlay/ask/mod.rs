//! One open ask: what is asked, what each word does, what the word needs, and the phrase that confirms it.
//!
//! ```text
//!   choosing: a number, or the beginning of a word and enter
//!      └▶ Form (form.rs): reason, evidence, time, fact, and last the phrase (phrase.rs)
//!            └▶ sent ─▶ on the disk: closed;  refused: said, with everything typed still there
//! ```

mod answer;
mod columns;
mod evidence;
mod form;
mod says;
mod title;

pub(in crate::ui::run) use self::evidence::READ;
pub(in crate::ui::run) use self::title::kind;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use banister_core::run::{AskId, Now, Word};
use banister_core::view::AskRow;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::evidence::Evidence;
use self::form::Form;
use super::help::Help;
use super::posted::Posted;
use super::sheet::{Scroll, Sheet, inner_width, room, room_of, scrolls, text_rows};
use crate::ui::run::RunModel;
use crate::ui::{Heard, Key, Order, Overlay, Reaction};

/// The text as it was laid out last: it is long where a preview is, and drawn often.
#[derive(Clone)]
struct Laid {
    width: usize,
    has_columns: bool,
    version: u64,
    /// The first column, or all of it; and the second.
    lines: Rc<[Vec<Line<'static>>; 2]>,
    digest: u64,
    /// How much there is of what was printed.
    amount: String,
}

impl Laid {
    fn columns(&self) -> [&[Line<'static>]; 2] {
        let [left, right] = &*self.lines;
        [left, right]
    }
}

/// The dialog of one ask.
pub(in crate::ui::run) struct AskDialog {
    /// The ask as it was when this was opened.
    ask: AskRow,
    evidence: Evidence,
    /// The beginning of a word that is being typed.
    begun: String,
    form: Option<Form>,
    posted: Posted,
    /// A shell is open; the answer follows it.
    in_shell: bool,
    /// It is over: who said what.
    over: Option<String>,
    said: Option<String>,
    scroll: Scroll,
    /// Digest of what was on the screen to its end.
    read: Cell<Option<u64>>,
    version: u64,
    laid: RefCell<Option<Laid>>,
}

impl AskDialog {
    /// The dialog of an open ask; `None` when it is not open any more.
    pub(in crate::ui::run) fn open(run: &RunModel, id: &AskId) -> Option<Self> {
        let view = run.view.as_ref()?;
        let ask = view.asks().find(|ask| ask.id == *id)?;
        let evidence = Evidence::of(&ask, view);
        Some(Self {
            ask,
            evidence,
            begun: String::new(),
            form: None,
            posted: Posted::No,
            in_shell: false,
            over: None,
            said: None,
            scroll: Scroll::default(),
            read: Cell::new(None),
            version: 0,
            laid: RefCell::new(None),
        })
    }

    /// The same with a word chosen, if it may be said.
    pub(in crate::ui::run) fn choosing(mut self, word: Word, run: &RunModel) -> Self {
        if self.ask.words.contains(&word) {
            self.choose(word, run);
        }
        self
    }

    /// Why a word cannot be said from here by who looks; `None` if it can.
    fn why_not(&self, word: Word, run: &RunModel) -> Option<String> {
        if let Some(why) = run.cannot_act() {
            return Some(why);
        }
        let state = run.view.as_ref()?.state();
        state.may_say(&run.you, state.ask(&self.ask.id)?, word).err().map(|rejected| rejected.to_string())
    }

    /// Why none of the words can be said from here, where it is the same for all of them.
    fn why_nothing(&self, run: &RunModel) -> Option<String> {
        let mut whys = self.ask.words.iter().map(|word| self.why_not(*word, run));
        let first = whys.next()??;
        whys.all(|why| why.as_ref() == Some(&first)).then_some(first)
    }

    fn choose(&mut self, word: Word, run: &RunModel) {
        self.begun.clear();
        match self.why_not(word, run) {
            Some(why) => self.said = Some(format!("`{word}`: {why}")),
            None => self.form = Some(Form::new(word, &self.ask, run)),
        }
    }

    /// The word that was meant by its beginning.
    fn meant(&self) -> Result<Word, String> {
        let fits: Vec<Word> =
            self.ask.words.iter().copied().filter(|word| word.as_str().starts_with(&self.begun)).collect();
        match fits.as_slice() {
            [one] => Ok(*one),
            _ if self.begun.is_empty() => Err("choose a word by its number, or type its beginning".to_owned()),
            [] => Err(format!("`{}` begins none of the words", self.begun)),
            several => several.iter().copied().find(|word| word.as_str() == self.begun).ok_or_else(|| {
                let names: Vec<&str> = several.iter().map(|word| word.as_str()).collect();
                format!("`{}` begins {}", self.begun, names.join(" and "))
            }),
        }
    }

    fn laid(&self, run: &RunModel, width: usize, has_columns: bool) -> Laid {
        let mut laid = self.laid.borrow_mut();
        let is = |laid: &Laid| (laid.width, laid.has_columns, laid.version) == (width, has_columns, self.version);
        match &*laid {
            Some(laid) if is(laid) => laid.clone(),
            _ => {
                let paper = self.paper(run, width, has_columns);
                let digest = paper.digest();
                let (version, lines, amount) = (self.version, Rc::new(paper.columns()), self.evidence.amount());
                laid.insert(Laid { width, has_columns, version, lines, digest, amount }).clone()
            }
        }
    }

    /// Lines of the text, and how many rows it has on a screen of this size. Two columns are one way through both.
    fn extent(&self, run: &RunModel, size: (u16, u16)) -> (usize, usize, u64) {
        if self.has_columns(size) {
            let is = self.columns(run, size);
            let laid = self.laid(run, inner_width(is.left), true);
            let lines = laid.columns().map(<[Line<'_>]>::len);
            return (columns::way(lines, is.rows()), is.rows(), laid.digest);
        }
        let room = room_of(size);
        let laid = self.laid(run, inner_width(room), false);
        let rows = text_rows(room, self.lines_of_form(run, room).len());
        (laid.columns()[0].len(), rows, laid.digest)
    }

    /// Remembers that what must be read was on the screen to its end.
    fn note_reading(&self, run: &RunModel, size: (u16, u16)) {
        let (lines, rows, digest) = self.extent(run, size);
        if self.scroll.below(lines, rows) == 0 && self.evidence.is_complete() {
            self.read.set(Some(digest));
        }
    }

    /// Lines that are still to be read before this word can be said; 0 where nothing must be.
    fn unread(&self, run: &RunModel) -> usize {
        if !self.form.as_ref().is_some_and(|form| must_read(form.word)) {
            return 0;
        }
        let (lines, rows, digest) = self.extent(run, run.size);
        if self.read.get() == Some(digest) { 0 } else { self.scroll.below(lines, rows).max(1) }
    }

    /// What is said where something must be read first. Of two columns the decision says itself how much that is.
    fn read_first(&self, run: &RunModel, unread: usize) -> String {
        if self.has_columns(run.size) {
            return "read to the end first, left and right".to_owned();
        }
        format!("read to the end first: {unread} lines more")
    }

    fn choosing_key(&mut self, key: Key, run: &RunModel) -> Reaction {
        match key {
            Key::Esc if !self.begun.is_empty() => self.begun.clear(),
            Key::Esc => return Reaction::Close(Vec::new()),
            Key::Char('?') if self.begun.is_empty() => return Reaction::Open(Box::new(Help::new(self.footer(run)))),
            _ if run.cannot_act().is_some() => {}
            Key::Char(c @ '1'..='9') if self.begun.is_empty() => {
                let at = c.to_digit(10).map_or(0, |n| n as usize) - 1;
                match self.ask.words.get(at).copied() {
                    Some(word) => self.choose(word, run),
                    None => self.said = Some(format!("there are {} words", self.ask.words.len())),
                }
            }
            Key::Char(c) if self.begun.len() < 20 && !c.is_control() => self.begun.push(c),
            Key::Backspace => drop(self.begun.pop()),
            Key::Enter => match self.meant() {
                Ok(word) => self.choose(word, run),
                Err(why) => {
                    self.said = Some(why);
                    // What began nothing is no beginning: the next word is typed from the start.
                    if !self.ask.words.iter().any(|word| word.as_str().starts_with(&self.begun)) {
                        self.begun.clear();
                    }
                }
            },
            _ => {}
        }
        Reaction::Stay
    }

    fn form_key(&mut self, key: Key, run: &mut RunModel) -> Reaction {
        let unread = if matches!(key, Key::Char(_)) { self.unread(run) } else { 0 };
        let Some(form) = &mut self.form else { return Reaction::Stay };
        match key {
            Key::Esc => self.form = None,
            Key::Tab => form.step(1),
            Key::BackTab => form.step(-1),
            Key::Enter if !form.is_at_end() => match form.lacks() {
                Some(why) => self.said = Some(why),
                None => form.step(1),
            },
            Key::Enter => return self.submit(run),
            Key::Char(_) if form.is_at_phrase() && unread > 0 => {
                self.said = Some(self.read_first(run, unread));
            }
            key => form.edit(key),
        }
        Reaction::Stay
    }

    /// Sends the answer, if it is whole.
    fn submit(&mut self, run: &mut RunModel) -> Reaction {
        let unread = self.unread(run);
        let Some(form) = &mut self.form else { return Reaction::Stay };
        if unread > 0 {
            self.said = Some(self.read_first(run, unread));
            return Reaction::Stay;
        }
        let word = form.word;
        let answer = form.answer(&self.ask, run);
        if answer.is_err() {
            form.unconfirm();
        }
        match answer {
            Err(why) => self.said = Some(why),
            Ok(_) if let Some(why) = self.why_not(word, run) => self.said = Some(format!("`{word}`: {why}")),
            Ok(_) if word == Word::Shell => match evidence::host(&self.ask, run) {
                Some(host) => {
                    self.in_shell = true;
                    return Reaction::Orders(vec![Order::Shell { host: host.to_string(), ask: self.ask.id.number }]);
                }
                None => self.said = Some("this step has no host".to_owned()),
            },
            Ok(verb) => {
                let order = run.send("answer", verb);
                return self.posted.send(order);
            }
        }
        Reaction::Stay
    }
}

/// Whether a word is about what must have been read.
fn must_read(word: Word) -> bool {
    matches!(word, Word::Approve | Word::BreakGlass)
}

impl Overlay for AskDialog {
    fn opened(&mut self, run: &mut RunModel, _now: &Now) -> Vec<Order> {
        let orders = if run.cannot_ask() { Vec::new() } else { self.evidence.order(run) };
        self.note_reading(run, run.size);
        orders
    }

    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        self.said = None;
        if self.over.is_some() {
            return Reaction::Close(Vec::new());
        }
        if scrolls(key) {
            let (lines, rows, _) = self.extent(run, run.size);
            self.scroll.key(key, lines, rows);
            self.note_reading(run, run.size);
            return Reaction::Stay;
        }
        if self.posted.is_sent() || self.in_shell {
            return if key == Key::Esc { Reaction::Close(Vec::new()) } else { Reaction::Stay };
        }
        if self.form.is_some() { self.form_key(key, run) } else { self.choosing_key(key, run) }
    }

    fn paste(&mut self, _text: &str) -> Reaction {
        self.said = Some("pasted text is no answer: type it".to_owned());
        Reaction::Stay
    }

    fn covered(&mut self) {
        if let Some(form) = self.form.as_mut().filter(|_| !self.in_shell) {
            form.unconfirm();
        }
    }

    fn shelled(&mut self, went: &Result<(), String>, run: &mut RunModel) -> Reaction {
        if !std::mem::take(&mut self.in_shell) {
            return Reaction::Stay;
        }
        let verb = self.form.as_mut().map(|form| form.answer(&self.ask, run));
        match (went, verb) {
            (Ok(()), Some(Ok(verb))) => {
                let order = run.send("answer", verb);
                self.posted.send(order)
            }
            (Err(why), _) => {
                self.said = Some(format!("no shell: {why}"));
                Reaction::Stay
            }
            _ => Reaction::Stay,
        }
    }

    fn heard(&mut self, heard: &Heard, run: &mut RunModel) -> Reaction {
        if matches!(heard, Heard::Record(_) | Heard::Chunk { .. } | Heard::Replied { .. }) {
            self.version += 1;
        }
        let was_sent = self.posted.is_sent();
        if self.posted.heard(heard) {
            return Reaction::Close(Vec::new());
        }
        if self.over.is_none() && matches!(heard, Heard::Record(_)) {
            match answer::end_of(&self.ask.id, run) {
                Some(end) if was_sent && end.by.as_ref().is_some_and(|by| by.is_same_person(&run.you)) => {
                    return Reaction::Close(Vec::new());
                }
                Some(end) => self.over = Some(end.says),
                None => {}
            }
        }
        let orders = self.evidence.heard(heard, run);
        if orders.is_empty() { Reaction::Stay } else { Reaction::Orders(orders) }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, now: &Now) {
        // What came after it was opened, and fits, needs no key to be read.
        self.note_reading(run, (area.width, area.height));
        if self.has_columns((area.width, area.height)) {
            return self.draw_columns(frame, area, run, now);
        }
        let room = room(area);
        let laid = self.laid(run, inner_width(room), false);
        let sheet = Sheet {
            title: self.title(run),
            aside: self.waits(run, now),
            text: laid.columns()[0].to_vec(),
            form: self.lines_of_form(run, room),
            is_tall: false,
        };
        sheet.draw(frame, area, self.scroll, run.theme);
    }

    fn footer(&self, run: &RunModel) -> Vec<(String, &'static str)> {
        let key = |key: &str, says| (key.to_owned(), says);
        let many = self.ask.words.len();
        match &self.form {
            _ if self.over.is_some() => vec![key("any key", "closes this")],
            _ if self.posted.is_sent() => vec![key("esc", "close, it is sent")],
            _ if run.cannot_act().is_some() => vec![key("up/down", "scroll"), key("esc", "back")],
            None => vec![
                key(&if many == 1 { "1".to_owned() } else { format!("1-{many}") }, "choose"),
                key("up/down", "scroll"),
                key("?", "keys"),
                key("esc", "decide later"),
            ],
            Some(_) => {
                vec![
                    key("enter", "next, send"),
                    key("tab", "field"),
                    key("up/down", "scroll"),
                    key("esc", "other word"),
                ]
            }
        }
    }
}
