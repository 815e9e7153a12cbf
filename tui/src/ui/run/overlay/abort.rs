//! Ending a run: what becomes of what runs, and the run's id, typed.

use banister_core::run::{Command, Now, RunningAtAbort};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::field::Field;
use super::paper::Paper;
use super::posted::{Posted, refusal};
use super::sheet::{Scroll, Sheet, inner_width, room, room_of, scrolls, text_rows};
use crate::ui::run::{Action, RunModel};
use crate::ui::text::cut;
use crate::ui::{Heard, Key, Overlay, Reaction};

const CHOICES: [(RunningAtAbort, &str, &str); 3] = [
    (RunningAtAbort::Wait, "wait", "what runs may finish; nothing new starts, then the run ends"),
    (RunningAtAbort::Kill, "kill", "what runs is stopped with all it started; then the run ends"),
    (RunningAtAbort::Leave, "leave", "what runs goes on there unwatched; its outcome stays unknown"),
];

/// The dialog of `:abort`. No key opens it alone.
#[derive(Default)]
pub(in crate::ui::run) struct AbortDialog {
    chosen: Option<usize>,
    field: Field,
    posted: Posted,
    said: Option<String>,
    scroll: Scroll,
}

/// What is typed to end a run.
pub(super) fn phrase(run: &RunModel) -> String {
    crate::ask::phrase_of_run(&run.run)
}

impl AbortDialog {
    fn why_not(run: &RunModel) -> Option<String> {
        run.why_not(Action::Abort)
    }

    fn says(run: &RunModel, width: usize) -> Paper {
        let mut paper = Paper::new(width);
        let Some(view) = &run.view else { return paper };
        let plain = Style::new();
        let (touched, hosts) = view.touched();
        paper.text(plain, "The run ends and cannot be resumed. To come back later, detach; to think, hold.");
        paper.field("touched", plain, &format!("{touched} of {hosts} hosts"));
        let mut count = 0;
        for row in view.now() {
            count += 1;
            let host = row.host.as_ref().filter(|h| row.path.host() != Some(h)).map(|h| format!(" on {h}"));
            let line = format!("{}{}  {}", row.path, host.unwrap_or_default(), row.what);
            paper.field(if count == 1 { "runs now" } else { "" }, run.theme.word("RUN"), &line);
        }
        if count == 0 {
            paper.field("runs now", plain, "nothing");
        }
        let asks = view.state().asks().count();
        if asks > 0 {
            paper.field("asks", plain, &format!("{asks} open, withdrawn by this"));
        }
        paper
    }

    fn form(&self, run: &RunModel, cells: usize) -> Vec<Line<'static>> {
        if let Some(why) = Self::why_not(run).filter(|_| !self.posted.is_sent()) {
            return refusal(&why, cells, run.theme);
        }
        let mut form = Vec::new();
        for (n, (_, word, does)) in CHOICES.iter().enumerate() {
            let mark = if self.chosen == Some(n) { ">" } else { " " };
            form.push(Line::raw(cut(&format!("{mark} {}  {word:<5}  {does}", n + 1), cells).into_owned()));
        }
        form.extend(self.posted.lines(cells, run.theme));
        form.extend(self.said.as_ref().map(|said| Line::styled(said.clone(), run.theme.attention())));
        match self.chosen {
            _ if self.posted.is_sent() => {}
            None => form.push(Line::raw("what runs now: 1, 2 or 3")),
            Some(_) => form.push(self.field.line(&format!("type `{}` to abort", phrase(run)), cells, true, run.theme)),
        }
        form
    }
}

impl Overlay for AbortDialog {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        self.said = None;
        let cells = inner_width(room_of(run.size));
        if scrolls(key) {
            let rows = text_rows(room_of(run.size), self.form(run, cells).len());
            self.scroll.key(key, Self::says(run, cells).lines.len(), rows);
            return Reaction::Stay;
        }
        match (key, self.chosen) {
            (Key::Esc, None) => return Reaction::Close(Vec::new()),
            (Key::Esc, Some(_)) if self.posted.is_sent() => return Reaction::Close(Vec::new()),
            (Key::Esc, Some(_)) => {
                self.chosen = None;
                self.field.clear();
            }
            _ if self.posted.is_sent() || Self::why_not(run).is_some() => {}
            (Key::Char(c @ '1'..='3'), None) => self.chosen = c.to_digit(10).map(|n| n as usize - 1),
            (_, None) => self.said = Some("choose 1, 2 or 3".to_owned()),
            (Key::Enter, Some(n)) if self.field.text() == phrase(run) && !phrase(run).is_empty() => {
                let running = CHOICES.get(n).map_or(RunningAtAbort::Wait, |(running, ..)| *running);
                let order = run.command(Command::Abort { running });
                return self.posted.send(order);
            }
            (Key::Enter, Some(_)) => {
                self.field.clear();
                self.said = Some(format!("type `{}`, then enter", phrase(run)));
            }
            (Key::Tab | Key::BackTab, Some(_)) => self.field.clear(),
            (key, Some(_)) => drop(self.field.key(key)),
        }
        Reaction::Stay
    }

    fn covered(&mut self) {
        self.field.clear();
    }

    fn paste(&mut self, _text: &str) -> Reaction {
        self.said = Some("pasted text confirms nothing: type it".to_owned());
        Reaction::Stay
    }

    fn heard(&mut self, heard: &Heard, _run: &mut RunModel) -> Reaction {
        if self.posted.heard(heard) { Reaction::Close(Vec::new()) } else { Reaction::Stay }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let cells = inner_width(room(area));
        let running = run.view.as_ref().map_or(0, |view| view.now().count());
        let title = match self.chosen.and_then(|n| CHOICES.get(n)) {
            Some((_, word, _)) => format!("abort run {}, {running} running: {word}", phrase(run)),
            None => format!("abort run {}, {running} running", phrase(run)),
        };
        let (text, form) = (Self::says(run, cells).lines, self.form(run, cells));
        let sheet = Sheet { title, aside: String::new(), text, form, is_tall: false };
        sheet.draw(frame, area, self.scroll, run.theme);
    }

    fn footer(&self, run: &RunModel) -> Vec<(String, &'static str)> {
        let mut keys = vec![("esc".to_owned(), if self.chosen.is_some() { "choose again" } else { "not now" })];
        match self.chosen {
            _ if Self::why_not(run).is_some() => {}
            None => keys.insert(0, ("1-3".to_owned(), "what runs now")),
            Some(_) => keys.insert(0, ("run id, enter".to_owned(), "abort")),
        }
        keys
    }
}
