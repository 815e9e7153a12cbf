//! Ctrl-C: nothing new starts, and then a person says how it goes on.

use banister_core::run::{Command, Now};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::abort::AbortDialog;
use super::confirm::{Confirm, Deed, names};
use super::paper::Paper;
use super::posted::Posted;
use super::sheet::{Scroll, Sheet, inner_width, room};
use crate::ui::run::RunModel;
use crate::ui::text::cut;
use crate::ui::{Heard, Key, Order, Overlay, Reaction};

/// The dialog after Ctrl-C. A second Ctrl-C leaves at once.
#[derive(Default)]
pub(in crate::ui::run) struct Interrupt {
    posted: Posted,
}

impl Interrupt {
    fn says(run: &RunModel, width: usize) -> Paper {
        let (plain, mut paper) = (Style::new(), Paper::new(width));
        let Some(view) = &run.view else { return paper };
        match run.may_not(&Command::Hold) {
            Some(why) => paper.text(run.theme.attention(), &format!("You cannot hold this run: {why}.")),
            None if view.state().is_held() => paper.text(run.theme.label(), "The run is held: nothing new starts."),
            None => paper.text(run.theme.label(), "The run is being held: nothing new starts."),
        }
        let running: Vec<String> = view.now().map(|row| row.path.to_string()).collect();
        paper.field("goes on", plain, &names(&running, "nothing runs"));
        paper
    }
}

impl Overlay for Interrupt {
    fn opened(&mut self, run: &mut RunModel, _now: &Now) -> Vec<Order> {
        let is_held = run.view.as_ref().is_none_or(|view| view.state().is_held());
        if is_held || run.may_not(&Command::Hold).is_some() {
            return Vec::new();
        }
        let order = run.command(Command::Hold);
        match self.posted.send(order) {
            Reaction::Orders(orders) => orders,
            _ => Vec::new(),
        }
    }

    fn interrupted(&self) -> bool {
        true
    }

    fn key(&mut self, key: Key, _run: &mut RunModel, _now: &Now) -> Reaction {
        match key {
            Key::Char('1') => Reaction::Replace(Box::new(Confirm::new(Deed::Continue))),
            Key::Char('2') => Reaction::Close(vec![Order::Leave]),
            Key::Char('3') => Reaction::Replace(Box::<AbortDialog>::default()),
            Key::Esc => Reaction::Close(Vec::new()),
            _ => Reaction::Stay,
        }
    }

    fn heard(&mut self, heard: &Heard, _run: &mut RunModel) -> Reaction {
        if self.posted.heard(heard) {
            self.posted = Posted::No;
        }
        Reaction::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let cells = inner_width(room(area));
        let mut form = self.posted.lines(cells, run.theme);
        for choice in [
            "1  continue  the run goes on (asks for `go`)",
            "2  detach    leave; the run stays as it is, `banister attach` comes back",
            "3  abort     end the run (asks for its id)",
        ] {
            form.push(Line::raw(cut(choice, cells).into_owned()));
        }
        let title = format!("interrupt of run {}", super::abort::phrase(run));
        let sheet = Sheet { title, aside: String::new(), text: Self::says(run, cells).lines, form, is_tall: false };
        sheet.draw(frame, area, Scroll::default(), run.theme);
    }

    fn footer(&self, _run: &RunModel) -> Vec<(String, &'static str)> {
        vec![("1-3".to_owned(), "how it goes on"), ("esc".to_owned(), "stay held"), ("ctrl-c".to_owned(), "detach")]
    }
}
