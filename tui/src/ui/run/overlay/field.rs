//! One line that is typed.

use ratatui::text::{Line, Span};

use crate::ui::text::{shown, width};
use crate::ui::{Key, Theme};

/// Characters of a field: more is no reason and no note.
const MOST: usize = 2_000;

/// A line of text under the fingers. It grows and shrinks at its end only: what is confirmed was typed in that order.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    text: String,
}

impl Field {
    /// Takes a key that edits; false for any other.
    pub(super) fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char(c) => self.push(c),
            Key::Backspace => drop(self.text.pop()),
            Key::Ctrl('u') => self.text.clear(),
            Key::Ctrl('w') => {
                let kept = self.text.trim_end();
                let at = kept.rfind(' ').map_or(0, |at| at + 1);
                self.text.truncate(at);
            }
            _ => return false,
        }
        true
    }

    /// Takes pasted text: one line of it, without what is no character.
    pub(super) fn paste(&mut self, text: &str) {
        for c in text.trim_end().chars() {
            self.push(if c.is_whitespace() { ' ' } else { c });
        }
    }

    fn push(&mut self, c: char) {
        if !c.is_control() && self.text.len() < MOST {
            self.text.push(c);
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// What was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What was typed, without blanks around it; `None` for nothing.
    pub(super) fn filled(&self) -> Option<String> {
        Some(self.text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The field as it is drawn: its label, what was typed, and `_` where the next character goes. Of a long text the
    /// end is shown.
    pub(super) fn line(&self, label: &str, cells: usize, is_active: bool, theme: Theme) -> Line<'static> {
        let mark = if is_active { "> " } else { "  " };
        let label = format!("{mark}{label}  ");
        let room = cells.saturating_sub(width(&label) + 1).max(1);
        let text = shown(&self.text);
        let mut tail = text.as_str();
        while width(tail) > room {
            let mut rest = tail.chars();
            rest.next();
            tail = rest.as_str();
        }
        let style = if is_active { theme.label() } else { theme.dim() };
        Line::from(vec![
            Span::styled(label, style),
            Span::raw(tail.to_owned()),
            Span::raw(if is_active { "_" } else { "" }),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_edited_at_its_end() {
        let mut field = Field::default();
        for key in "ab cd\u{7}".chars().map(Key::Char).chain([Key::Ctrl('w'), Key::Char('x'), Key::Backspace]) {
            assert!(field.key(key));
        }
        assert_eq!((field.text(), field.filled().as_deref()), ("ab ", Some("ab")));
        assert!(!field.key(Key::Enter));
        field.paste("two\nlines\x1b[2J\n");
        assert_eq!(field.text(), "ab two lines[2J");
        assert!(field.key(Key::Ctrl('u')));
        assert_eq!(field.filled(), None);
        assert_eq!(field.line("reason", 20, true, Theme::MONO).to_string(), "> reason  _");
        field.paste("a long reason for it");
        assert_eq!(field.line("reason", 20, true, Theme::MONO).to_string(), "> reason  on for it_");
    }
}
