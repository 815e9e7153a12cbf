//! Every key of this view, with a search.

use banister_core::run::Now;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::field::Field;
use super::sheet::{Scroll, Sheet, inner_width, room, room_of, scrolls, text_rows};
use crate::ui::run::{Action, KEYMAP, RunModel};
use crate::ui::text::{cut, fit};
use crate::ui::{Key, Overlay, Reaction};

/// Keys of the keymap as people read them: what an action is called, its keys, what it does.
pub(in crate::ui) fn keys() -> Vec<(String, &'static str, &'static str)> {
    let mut rows: Vec<(Action, String)> = Vec::new();
    for (key, action) in KEYMAP {
        match rows.iter_mut().find(|(its, _)| *its == action) {
            Some((_, keys)) => keys.push_str(&format!(" {}", key.name())),
            None => rows.push((action, key.name())),
        }
    }
    rows.into_iter().map(|(action, keys)| (keys, action.name(), action.does())).collect()
}

/// The help.
pub(in crate::ui::run) struct Help {
    /// The keys of what lies below.
    own: Vec<(String, &'static str)>,
    field: Field,
    scroll: Scroll,
}

impl Help {
    /// Of a page: the keymap is all there is.
    pub(in crate::ui::run) fn of_page() -> Self {
        Self::new(Vec::new())
    }

    /// With the keys of the dialog it is called from.
    pub(in crate::ui::run) fn new(own: Vec<(String, &'static str)>) -> Self {
        Self { own, field: Field::default(), scroll: Scroll::default() }
    }

    fn lines(&self, run: &RunModel, cells: usize) -> Vec<Line<'static>> {
        let wanted = self.field.text().to_lowercase();
        let fits = |texts: &[&str]| texts.iter().any(|text| text.to_lowercase().contains(&wanted));
        let mut lines = Vec::new();
        let mut push = |key: &str, text: String| {
            lines.push(Line::from(vec![
                Span::styled(fit(key, 18), run.theme.label()),
                Span::raw(cut(&text, cells.saturating_sub(18)).into_owned()),
            ]));
        };
        for (key, says) in self.own.iter().filter(|(key, says)| fits(&[key.as_str(), says])) {
            push(key, format!("here: {says}"));
        }
        for (keys, name, does) in keys().iter().filter(|(keys, name, does)| fits(&[keys.as_str(), name, does])) {
            push(keys, format!("{does}  (:{name})"));
        }
        if lines.is_empty() {
            lines.push(Line::raw(cut(&format!("nothing has `{wanted}`; esc drops the search"), cells).into_owned()));
        }
        lines
    }
}

impl Overlay for Help {
    fn key(&mut self, key: Key, run: &mut RunModel, _now: &Now) -> Reaction {
        let room = room_of(run.size);
        match key {
            key if scrolls(key) => {
                let lines = self.lines(run, inner_width(room)).len();
                self.scroll.key(key, lines, text_rows(room, 1));
            }
            Key::Esc if !self.field.text().is_empty() => self.field.clear(),
            Key::Esc | Key::Enter => return Reaction::Close(Vec::new()),
            // The key that opened it closes it.
            Key::Char('?') if self.field.text().is_empty() => return Reaction::Close(Vec::new()),
            key => drop(self.field.key(key)),
        }
        Reaction::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, run: &RunModel, _now: &Now) {
        let cells = inner_width(room(area));
        let form = vec![self.field.line("search", cells, true, run.theme)];
        let text = self.lines(run, cells);
        let sheet = Sheet { title: "keys".to_owned(), aside: String::new(), text, form, is_tall: true };
        sheet.draw(frame, area, self.scroll, run.theme);
    }

    fn footer(&self, _run: &RunModel) -> Vec<(String, &'static str)> {
        let esc = if self.field.text().is_empty() { "back" } else { "drop the search" };
        vec![("type".to_owned(), "search"), ("up/down".to_owned(), "scroll"), ("esc".to_owned(), esc)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_finds_nothing_says_so_and_the_key_that_opened_it_closes_it() {
        let now = crate::ui::testing::at_ms(0);
        let mut run = RunModel::new(crate::ui::Theme::MONO);
        let mut help = Help::of_page();
        for key in ['q', 'T'] {
            assert!(matches!(help.key(Key::Char(key), &mut run, &now), Reaction::Stay));
        }
        let lines = help.lines(&run, 60);
        assert_eq!(
            lines.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["nothing has `qt`; esc drops the search"]
        );
        assert!(matches!(help.key(Key::Esc, &mut run, &now), Reaction::Stay));
        assert!(matches!(help.key(Key::Char('?'), &mut run, &now), Reaction::Close(_)));
    }

    #[test]
    fn the_book_has_every_key() {
        let mut table = "| keys | name | what it does |\n|---|---|---|\n".to_owned();
        for (keys, name, does) in keys() {
            let keys: Vec<String> = keys.split(' ').map(|key| format!("`{key}`")).collect();
            table.push_str(&format!("| {} | `{name}` | {does} |\n", keys.join(" ")));
        }
        let book = include_str!("../../../../../book/src/screen-asks.md");
        assert!(book.ends_with(&table), "write at the end of book/src/screen-asks.md:\n{table}");
    }
}
