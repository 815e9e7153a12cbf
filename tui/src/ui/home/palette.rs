//! Everything by its name, and all keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::action::{Action, KEYMAP};
use super::paint::{Painted, lines};
use crate::ui::text::fit;
use crate::ui::{Key, Theme};

/// The palette, with what is typed into it.
#[derive(Debug, Clone, Default)]
pub(super) struct Palette {
    pub(super) typed: String,
    at: usize,
}

impl Palette {
    fn found(&self) -> Vec<Action> {
        let has = |action: &Action| action.name().contains(&self.typed) || action.does().contains(&self.typed);
        Action::ALL.into_iter().filter(has).collect()
    }

    /// `None`: it goes on; else it is over, perhaps with something to do.
    pub(super) fn key(&mut self, key: Key) -> Option<Option<Action>> {
        match key {
            Key::Esc | Key::Ctrl('c') => return Some(None),
            Key::Enter => return Some(self.found().get(self.at).copied()),
            Key::Down | Key::Tab => self.at = (self.at + 1).min(self.found().len().saturating_sub(1)),
            Key::Up | Key::BackTab => self.at = self.at.saturating_sub(1),
            Key::Backspace => drop(self.typed.pop()),
            Key::Char(c) if self.typed.len() < 40 => {
                self.typed.push(c);
                self.at = 0;
            }
            _ => {}
        }
        None
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let mut all: Vec<Painted> = vec![(format!(" :{}_", crate::ui::text::shown(&self.typed)), theme.label())];
        for (at, action) in self.found().into_iter().enumerate() {
            let (mark, style) = if at == self.at { ('>', theme.cursor()) } else { (' ', Style::new()) };
            all.push((format!(" {mark} {}  {}", fit(action.name(), 10), action.does()), style));
        }
        lines(frame, area, &all, 0);
    }
}

/// The keys of the list.
pub(super) fn help(frame: &mut Frame<'_>, area: Rect, theme: Theme) {
    let mut all: Vec<Painted> = vec![(" Keys; any key closes this".to_owned(), theme.label())];
    let mut rows: Vec<(Action, String)> = Vec::new();
    for (key, action) in KEYMAP {
        match rows.iter_mut().find(|(its, _)| *its == action) {
            Some((_, keys)) => keys.push_str(&format!(" {}", key.name())),
            None => rows.push((action, key.name())),
        }
    }
    all.extend(rows.iter().map(|(action, keys)| (format!("   {}  {}", fit(keys, 17), action.does()), Style::new())));
    lines(frame, area, &all, 0);
}
