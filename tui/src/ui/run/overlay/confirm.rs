//! Hold, continue, pen: one deed, what it will do, and `go`.

use banister_core::run::{Command, Now};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::field::Field;
use super::paper::Paper;
use super::posted::{Posted, refusal};
use super::sheet::{Scroll, Sheet, inner_width, room, room_of, scrolls, text_rows};
use crate::ask::GO;
use crate::ui::run::{Action, RunModel};
use crate::ui::{Heard, Key, Overlay, Reaction};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui::run) enum Deed {
    /// Nothing new starts.
    Hold,
    /// The end of a hold.
    Continue,
    /// The right to drive.
    Pen,
}

/// A dialog for one deed.
pub(in crate::ui::run) struct Confirm {
    deed: Deed,
    field: Field,
    posted: Posted,
    said: Option<&'static str>,
    scroll: Scroll,
}

impl Confirm {
    pub(in crate::ui::run) fn new(deed: Deed) -> Self {
        Self { deed, field: Field::default(), posted: Posted::No, said: None, scroll: Scroll::default() }
    }

    /// Why this cannot be done now.
    fn why_not(&self, run: &RunModel) -> Option<String> {
        run.why_not(match self.deed {
            Deed::Hold => Action::Hold,
            Deed::Continue => Action::Continue,
            Deed::Pen => Action::Pen,
        })
    }

    fn title(&self, run: &RunModel) -> String {
        let run_id = run.run.chars().take(8).collect::<String>();
        match self.deed {
            Deed::Hold => format!("hold run {run_id}"),
            Deed::Continue => format!("continue run {run_id}"),
            Deed::Pen => format!("take the pen of run {run_id}"),
        }
    }

    fn says(&self, run: &RunModel, width: usize) -> Paper {
        let (theme, mut paper) = (run.theme, Paper::new(width));
        let plain = ratatui::style::Style::new();
        let Some(view) = &run.view else { return paper };
        let running: Vec<String> = view.now().map(|row| row.path.to_string()).collect();
        let next = view.next().map_or_else(|| "nothing is left".to_owned(), |row| row.path.to_string());
        match self.deed {
            Deed::Hold => {
                paper.text(plain, "Nothing new starts until somebody continues. No running command is touched.");
                paper.field("goes on", plain, &names(&running, "nothing runs"));
                paper.field("waits", plain, &next);
            }
            Deed::Continue => {
                paper.text(plain, "The run goes on. What can start does so at once.");
                paper.field("next", theme.label(), &next);
                paper.field("runs", plain, &names(&running, "nothing"));
                paper.field("if it fails", plain, view.if_it_fails());
            }
            Deed::Pen => {
                match view.state().pen() {
                    None => paper.field("pen", theme.label(), "nobody has it since it was handed over"),
                    Some(pen) => {
                        paper.field("pen", theme.label(), &pen.to_string());
                        let here = run.people.iter().any(|person| pen.is_same_person(&person.who));
                        paper.field("is", plain, if here { "here, and will see it" } else { "not attached now" });
                    }
                }
                paper.text(
                    plain,
                    "Who has the pen holds, continues, aborts and answers for hosts. The others watch, note, decide and \
                     approve. Taking it stands in the record.",
                );
            }
        }
        paper
    }
}

/// Names, at most four of them.
pub(super) fn names(names: &[String], none: &str) -> String {
    match names {
        [] => none.to_owned(),
        few if few.len() <= 4 => few.join(", "),
        [first, second, third, rest @ ..] => format!("{first}, {second}, {third} and {} more", rest.len()),
        _ => names.join(", "),
    }
}

impl Overlay for Confirm {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        self.said = None;
        let room = room_of(run.size);
        if scrolls(key) && self.scroll.key(key, self.says(run, inner_width(room)).lines.len(), text_rows(room, 3)) {
            return Reaction::Stay;
        }
        match key {
            Key::Esc => return Reaction::Close(Vec::new()),
            _ if self.posted.is_sent() || self.why_not(run).is_some() => {}
            Key::Enter if self.field.text() == GO => {
                let command = match self.deed {
                    Deed::Hold => Command::Hold,
                    Deed::Continue => Command::Continue,
                    Deed::Pen => Command::Pen,
                };
                let order = run.command(command);
                return self.posted.send(order);
            }
            // What was typed wrong is typed anew, in one go.
            Key::Enter => {
                self.field.clear();
                self.said = Some("type `go`, then enter");
            }
            Key::Tab | Key::BackTab => self.field.clear(),
            key => drop(self.field.key(key)),
        }
        Reaction::Stay
    }

    fn covered(&mut self) {
        self.field.clear();
    }

    fn paste(&mut self, _text: &str) -> Reaction {
        self.said = Some("pasted text confirms nothing: type it");
        Reaction::Stay
    }

    fn heard(&mut self, heard: &Heard, _run: &mut RunModel) -> Reaction {
        if self.posted.heard(heard) { Reaction::Close(Vec::new()) } else { Reaction::Stay }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let cells = inner_width(room(area));
        let mut form = self.posted.lines(cells, run.theme);
        match self.why_not(run) {
            _ if self.posted.is_sent() => {}
            Some(why) => form = refusal(&why, cells, run.theme),
            None => {
                form.extend(self.said.map(|said| ratatui::text::Line::styled(said, run.theme.attention())));
                form.push(self.field.line("type `go` to confirm", cells, true, run.theme));
            }
        }
        let text = self.says(run, cells).lines;
        let sheet = Sheet { title: self.title(run), aside: String::new(), text, form, is_tall: false };
        sheet.draw(frame, area, self.scroll, run.theme);
    }

    fn footer(&self, run: &RunModel) -> Vec<(String, &'static str)> {
        let mut keys = vec![("esc".to_owned(), "not now")];
        if self.why_not(run).is_none() {
            keys.insert(0, ("go enter".to_owned(), "do it"));
        }
        keys
    }
}
