//! Writing into the timeline: a note, a decision.

use banister_core::run::{Command, Now};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::field::Field;
use super::paper::Paper;
use super::posted::{Posted, refusal};
use super::sheet::{Scroll, Sheet, inner_width, room};
use crate::ui::run::RunModel;
use crate::ui::{Heard, Key, Overlay, Reaction};

/// A dialog for a line in the timeline. A decision has a second one: why.
pub(in crate::ui::run) struct NoteDialog {
    is_decision: bool,
    fields: [Field; 2],
    at: usize,
    posted: Posted,
}

impl NoteDialog {
    pub(in crate::ui::run) fn note() -> Self {
        Self { is_decision: false, fields: Default::default(), at: 0, posted: Posted::No }
    }

    pub(in crate::ui::run) fn decision() -> Self {
        Self { is_decision: true, ..Self::note() }
    }

    fn labels(&self) -> &'static [&'static str] {
        if self.is_decision { &["what", "why"] } else { &["note"] }
    }

    /// The line as it will stand in the timeline.
    fn text(&self) -> Option<String> {
        let [what, why] = &self.fields;
        let what = what.filled()?;
        Some(match why.filled().filter(|_| self.is_decision) {
            Some(why) => format!("{what}; why: {why}"),
            None => what,
        })
    }

    fn active(&mut self) -> &mut Field {
        let [what, why] = &mut self.fields;
        if self.at == 0 { what } else { why }
    }
}

impl Overlay for NoteDialog {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        let last = self.labels().len() - 1;
        match key {
            Key::Esc => return Reaction::Close(Vec::new()),
            _ if self.posted.is_sent() || run.cannot_act().is_some() => {}
            Key::Tab | Key::Down => self.at = (self.at + 1).min(last),
            Key::BackTab | Key::Up => self.at = self.at.saturating_sub(1),
            Key::Enter if self.at < last => self.at += 1,
            Key::Enter => {
                let Some(text) = self.text() else { return Reaction::Stay };
                let command =
                    if self.is_decision { Command::Decide { text } } else { Command::Note { text, at: None } };
                let order = run.command(command);
                return self.posted.send(order);
            }
            key => drop(self.active().key(key)),
        }
        Reaction::Stay
    }

    fn paste(&mut self, text: &str) -> Reaction {
        if !self.posted.is_sent() {
            self.active().paste(text);
        }
        Reaction::Stay
    }

    fn heard(&mut self, heard: &Heard, _run: &mut RunModel) -> Reaction {
        if self.posted.heard(heard) { Reaction::Close(Vec::new()) } else { Reaction::Stay }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let (cells, theme) = (inner_width(room(area)), run.theme);
        let mut paper = Paper::new(cells);
        paper.text(
            Style::new(),
            "It stands in the record under your name, at this moment. It starts and stops nothing.",
        );
        let mut form: Vec<Line<'static>> = Vec::new();
        for (n, (label, field)) in self.labels().iter().zip(&self.fields).enumerate() {
            form.push(field.line(label, cells, n == self.at && !self.posted.is_sent(), theme));
        }
        form.extend(self.posted.lines(cells, theme));
        if let Some(why) = run.cannot_act() {
            form = refusal(&why, cells, theme);
        }
        let title = if self.is_decision { "write a decision" } else { "write a note" }.to_owned();
        let sheet = Sheet { title, aside: run.you.to_string(), text: paper.lines, form, is_tall: false };
        sheet.draw(frame, area, Scroll::default(), theme);
    }

    fn footer(&self, run: &RunModel) -> Vec<(String, &'static str)> {
        let mut keys = vec![("esc".to_owned(), "drop it")];
        if run.cannot_act().is_none() {
            keys.insert(0, ("enter".to_owned(), "write it"));
            if self.is_decision {
                keys.insert(1, ("tab".to_owned(), "what, why"));
            }
        }
        keys
    }
}
