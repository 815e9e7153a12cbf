//! Who is here, and what was said to you.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::help::Help;
use super::paper::Paper;
use super::sheet::{Scroll, Sheet, inner_width, room, room_of, scrolls, text_rows};
use crate::ui::run::RunModel;
use crate::ui::run::view::{clock, is_penless};
use crate::ui::{Key, Order, Overlay, Reaction};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui::run) enum ListingKind {
    /// Who is attached, who has the pen.
    People,
    /// Messages, the newest last.
    Messages,
}

/// A text to read.
pub(in crate::ui::run) struct Listing {
    kind: ListingKind,
    scroll: Scroll,
}

impl Listing {
    pub(in crate::ui::run) fn new(kind: ListingKind) -> Self {
        Self { kind, scroll: Scroll::default() }
    }

    fn says(&self, run: &RunModel, width: usize) -> Paper {
        let (plain, mut paper) = (Style::new(), Paper::new(width));
        match self.kind {
            ListingKind::People => {
                let pen = run.view.as_ref().and_then(|view| view.state().pen());
                for person in &run.people {
                    let has_pen = pen.is_some_and(|pen| pen.is_same_person(&person.who));
                    let (you, pen) = (
                        if person.who.is_same_person(&run.you) { " (you)" } else { "" },
                        if has_pen { ", has the pen" } else { "" },
                    );
                    let does = if person.watch { "watches" } else { "is here" };
                    let since = clock(run, person.since);
                    paper.field(&person.who.to_string(), plain, &format!("{does} since {since}{pen}{you}"));
                }
                if run.people.is_empty() {
                    paper.text(plain, "Nobody is known to be attached.");
                }
                match pen {
                    Some(pen) if !run.people.iter().any(|person| person.who.is_same_person(pen)) => {
                        paper.field(&pen.to_string(), plain, "has the pen, and is not attached");
                    }
                    None if run.view.as_ref().is_some_and(is_penless) => {
                        paper.text(
                            run.theme.attention(),
                            "Nobody has the pen since it was handed over: `:pen` takes it.",
                        );
                    }
                    _ => {}
                }
            }
            ListingKind::Messages => {
                for said in &run.messages {
                    let style = if said.attention { run.theme.attention() } else { plain };
                    let mark = if said.attention { "! " } else { "" };
                    paper.field(&clock(run, said.at), style, &format!("{mark}{}", said.text));
                }
                if run.messages.is_empty() {
                    paper.text(plain, "Nothing was said to you.");
                }
            }
        }
        paper
    }
}

impl Overlay for Listing {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        let room = room_of(run.size);
        match key {
            key if scrolls(key) => {
                let lines = self.says(run, inner_width(room)).lines.len();
                self.scroll.key(key, lines, text_rows(room, 0));
                Reaction::Stay
            }
            Key::Esc | Key::Enter | Key::Char('q') => Reaction::Close(Vec::<Order>::new()),
            Key::Char('?') => Reaction::Open(Box::new(Help::new(self.footer(run)))),
            _ => Reaction::Stay,
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let text = self.says(run, inner_width(room(area))).lines;
        let (title, aside) = match self.kind {
            ListingKind::People => ("who is here", format!("{}", run.people.len())),
            ListingKind::Messages => ("messages", format!("{}", run.messages.len())),
        };
        let sheet = Sheet { title: title.to_owned(), aside, text, form: Vec::new(), is_tall: false };
        sheet.draw(frame, area, self.scroll, run.theme);
    }

    fn footer(&self, _run: &RunModel) -> Vec<(String, &'static str)> {
        vec![("up/down".to_owned(), "scroll"), ("esc".to_owned(), "back")]
    }
}
