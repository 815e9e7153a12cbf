//! The word that starts something: typed, never pasted, never a single key.

use crate::ui::Key;

/// What is typed to start something that changes hosts.
const WORD: &str = "go";

/// A confirmation that is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Confirm {
    typed: String,
    /// Why the last try was none.
    pub(super) why_not: Option<String>,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// It goes on.
    On,
    /// The person thought otherwise.
    Dropped,
    /// The word is there.
    Confirmed,
}

impl Confirm {
    pub(super) fn key(&mut self, key: Key) -> Typed {
        match key {
            Key::Esc | Key::Ctrl('c') => return Typed::Dropped,
            Key::Enter if self.typed == WORD => return Typed::Confirmed,
            Key::Enter => self.why_not = Some(format!("type `{WORD}`, then enter; esc goes back")),
            Key::Backspace => drop(self.typed.pop()),
            Key::Ctrl('u') => self.typed.clear(),
            // What is longer cannot be the word.
            Key::Char(c) if self.typed.chars().count() < 20 => self.typed.push(c),
            _ => {}
        }
        Typed::On
    }

    pub(super) fn paste(&mut self) {
        self.why_not = Some("pasted text is not taken here, type it".to_owned());
    }

    /// The line on which it is typed.
    pub(super) fn line(&self, what: &str) -> String {
        format!(" {what}: type `{WORD}`, then enter > {}_", crate::ui::text::shown(&self.typed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[Key], expect: Typed) {
        let mut confirm = Confirm::default();
        let last = keys.iter().map(|key| confirm.key(*key)).last();
        assert_eq!(last, Some(expect), "{keys:?}");
    }

    #[test]
    fn only_the_whole_word_and_enter_confirm() {
        let (g, o) = (Key::Char('g'), Key::Char('o'));
        check(&[g, o, Key::Enter], Typed::Confirmed);
        check(&[Key::Enter], Typed::On);
        check(&[g, Key::Enter], Typed::On);
        check(&[g, o, o, Key::Enter], Typed::On);
        check(&[g, o, o, Key::Backspace, Key::Enter], Typed::Confirmed);
        check(&[g, o, Key::Esc], Typed::Dropped);
    }
}
