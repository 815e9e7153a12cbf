//! What waits for a person.

use banister_core::run::{AskId, Now};
use banister_core::view::duration;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::ask::{AskDialog, kind};
use super::help::Help;
use super::sheet::{Scroll, Sheet, inner_height, inner_width, room};
use crate::ui::run::RunModel;
use crate::ui::text::{cut, fit, fit_right, shown};
use crate::ui::{Key, Overlay, Reaction};

/// The open asks.
#[derive(Default)]
pub(in crate::ui::run) struct AskList {
    /// The ask under the cursor; the first as long as nobody moved.
    at: Option<AskId>,
}

impl AskList {
    fn ids(run: &RunModel) -> Vec<AskId> {
        run.view.iter().flat_map(|view| view.state().asks()).map(|ask| ask.id.clone()).collect()
    }

    /// Where the cursor is: it stays at its ask when others come and go.
    fn place(&self, ids: &[AskId]) -> usize {
        self.at.as_ref().and_then(|at| ids.iter().position(|id| id == at)).unwrap_or(0)
    }
}

impl Overlay for AskList {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        let ids = Self::ids(run);
        let at = self.place(&ids);
        match key {
            Key::Esc | Key::Char('q' | 'a') => return Reaction::Close(Vec::new()),
            Key::Char('?') => return Reaction::Open(Box::new(Help::new(self.footer(run)))),
            Key::Down | Key::Char('j') => self.at = ids.get(at + 1).or_else(|| ids.last()).cloned(),
            Key::Up | Key::Char('k') => self.at = ids.get(at.saturating_sub(1)).cloned(),
            Key::Home | Key::Char('g') => self.at = ids.first().cloned(),
            Key::End | Key::Char('G') => self.at = ids.last().cloned(),
            Key::Enter => {
                if let Some(dialog) = ids.get(at).and_then(|id| AskDialog::open(run, id)) {
                    return Reaction::Replace(Box::new(dialog));
                }
            }
            _ => {}
        }
        Reaction::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, now: &Now) {
        let (cells, theme) = (inner_width(room(area)), run.theme);
        let ids = Self::ids(run);
        let at = self.place(&ids);
        let rows = (inner_height(room(area)) / 2).max(1);
        let top = at.saturating_sub(rows / 2).min(ids.len().saturating_sub(rows));
        let mut text = Vec::new();
        let Some(view) = &run.view else { return };
        for (n, ask) in view.state().asks().enumerate().skip(top).take(rows) {
            let waited = now.wall.signed_duration_since(ask.since.wall).num_seconds();
            let waited = duration(u64::try_from(waited).unwrap_or(0) * 1000);
            let whom = view.state().graph().find(&ask.id.path).and_then(|task| view.needs(task));
            let whom = whom.unwrap_or_else(|| match view.pen() {
                Some(pen) => format!("{pen}, who has the pen"),
                None => "whoever takes the pen".to_owned(),
            });
            let head = format!("{}  {}  needs {whom}", ask.id.path, kind(ask.kind));
            let mark = if n == at { "> " } else { "  " };
            let room = cells.saturating_sub(10);
            let style = if n == at { theme.cursor() } else { ratatui::style::Style::new() };
            text.push(Line::from(vec![
                Span::raw(mark),
                Span::styled(fit(&shown(&head), room), style),
                Span::raw(fit_right(&waited, 8)),
            ]));
            let question = ask.question.lines().next().unwrap_or_default();
            text.push(Line::raw(cut(&format!("    {}", shown(question)), cells).into_owned()));
        }
        if ids.is_empty() {
            text.push(Line::raw("Nobody is asked anything."));
        }
        let title = format!("asks, {} open", ids.len());
        let sheet = Sheet { title, aside: String::new(), text, form: Vec::new(), is_tall: false };
        sheet.draw(frame, area, Scroll::default(), theme);
    }

    fn footer(&self, _run: &RunModel) -> Vec<(String, &'static str)> {
        let key = |key: &str, says| (key.to_owned(), says);
        vec![key("j/k", "move"), key("enter", "open"), key("esc", "back")]
    }
}
