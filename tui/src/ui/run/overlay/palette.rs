//! Everything by its name.

use banister_core::run::{AskId, Now};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::ask::AskDialog;
use super::field::Field;
use super::sheet::{Scroll, Sheet, inner_width, room, text_rows};
use crate::ui::run::{Action, RunModel, key_of};
use crate::ui::text::{cut, fit, shown, width};
use crate::ui::{Key, Overlay, Reaction};

/// One line of the palette.
enum Entry {
    Act(Action),
    /// An open ask.
    Answer(AskId),
}

/// The palette: what is typed is searched in names and descriptions.
#[derive(Default)]
pub(in crate::ui::run) struct Palette {
    field: Field,
    at: usize,
    said: Option<String>,
}

impl Entry {
    fn name(&self) -> String {
        match self {
            Self::Act(action) => action.name().to_owned(),
            Self::Answer(ask) => format!("answer {}", ask.path),
        }
    }

    fn does(&self) -> &'static str {
        match self {
            Self::Act(action) => action.does(),
            Self::Answer(_) => "open this ask",
        }
    }

    fn why_not(&self, run: &RunModel) -> Option<String> {
        match self {
            Self::Act(action) => run.why_not(*action),
            Self::Answer(_) => None,
        }
    }
}

impl Palette {
    /// What fits what was typed, the best first: the name itself, names that begin so, names, descriptions.
    fn entries(&self, run: &RunModel) -> Vec<Entry> {
        let wanted = self.field.text().trim().trim_start_matches(':').to_lowercase();
        let asks = run.view.iter().flat_map(|view| view.state().asks()).map(|ask| Entry::Answer(ask.id.clone()));
        let rank = |entry: &Entry| {
            let name = entry.name();
            match () {
                () if name == wanted => Some(0),
                () if name.starts_with(&wanted) => Some(1),
                () if name.contains(&wanted) => Some(2),
                () if entry.does().contains(&wanted) => Some(3),
                () => None,
            }
        };
        let all = Action::ALL.into_iter().map(Entry::Act).chain(asks);
        let mut fitting: Vec<(u8, Entry)> = all.filter_map(|entry| Some((rank(&entry)?, entry))).collect();
        fitting.sort_by_key(|(rank, _)| *rank);
        fitting.into_iter().map(|(_, entry)| entry).collect()
    }
}

impl Overlay for Palette {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        self.said = None;
        match key {
            Key::Esc => return Reaction::Close(Vec::new()),
            Key::Down | Key::Tab => self.at = (self.at + 1).min(self.entries(run).len().saturating_sub(1)),
            Key::Up | Key::BackTab => self.at = self.at.saturating_sub(1),
            Key::Enter => {
                let mut entries = self.entries(run);
                if self.at >= entries.len() {
                    self.said = Some(format!("nothing is called `{}`", shown(self.field.text())));
                    return Reaction::Stay;
                }
                match entries.swap_remove(self.at) {
                    Entry::Act(action) => match run.why_not(action) {
                        Some(why) => self.said = Some(why),
                        None => return Reaction::Act(action),
                    },
                    Entry::Answer(ask) => match AskDialog::open(run, &ask) {
                        Some(dialog) => return Reaction::Replace(Box::new(dialog)),
                        None => self.said = Some("it was answered meanwhile".to_owned()),
                    },
                }
            }
            key => {
                if self.field.key(key) {
                    self.at = 0;
                }
            }
        }
        Reaction::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let (cells, theme) = (inner_width(room(area)), run.theme);
        let entries = self.entries(run);
        // Asks have long names; without one there is more room for what each thing does.
        let longest = entries.iter().map(|entry| width(&shown(&entry.name()))).max().unwrap_or(0);
        let names = longest.clamp(12, if cells < 60 { 14 } else { 30 });
        let rows = text_rows(room(area), 1 + usize::from(self.said.is_some()));
        let top = self.at.saturating_sub(rows / 2).min(entries.len().saturating_sub(rows));
        let mut text = Vec::new();
        for (n, entry) in entries.iter().enumerate().skip(top).take(rows) {
            let is_here = n == self.at;
            let key = match entry {
                Entry::Act(action) => key_of(*action).map(Key::name).unwrap_or_default(),
                Entry::Answer(_) => String::new(),
            };
            let (does, style) = match entry.why_not(run) {
                Some(why) => (format!("({why})"), theme.dim()),
                None => (entry.does().to_owned(), if is_here { theme.cursor() } else { ratatui::style::Style::new() }),
            };
            let line = format!("{} {key:<9} {}", fit(&shown(&entry.name()), names), shown(&does));
            let mark = if is_here { "> " } else { "  " };
            let line = cut(&line, cells.saturating_sub(2)).into_owned();
            text.push(Line::from(vec![Span::raw(mark), Span::styled(line, style)]));
        }
        let mut form: Vec<Line<'static>> =
            self.said.iter().map(|said| Line::styled(shown(said), theme.attention())).collect();
        form.push(self.field.line(":", cells, true, theme));
        let aside = format!("{}", entries.len());
        let sheet = Sheet { title: "everything by its name".to_owned(), aside, text, form, is_tall: true };
        sheet.draw(frame, area, Scroll::default(), theme);
    }

    fn footer(&self, _run: &RunModel) -> Vec<(String, &'static str)> {
        let key = |key: &str, says| (key.to_owned(), says);
        vec![key("type", "search"), key("up/down", "choose"), key("enter", "run it"), key("esc", "back")]
    }
}
