//! Keys of a run's screen. One key, one meaning in all views; none of them changes a host by itself.

use super::Action;
use crate::ui::Key;

/// Key and action, in the order of the help.
pub(crate) const KEYMAP: [(Key, Action); 47] = [
    (Key::Char('j'), Action::Down),
    (Key::Down, Action::Down),
    (Key::Char('k'), Action::Up),
    (Key::Up, Action::Up),
    (Key::Char('h'), Action::Left),
    (Key::Left, Action::Left),
    (Key::Char('l'), Action::Right),
    (Key::Right, Action::Right),
    (Key::PageDown, Action::PageDown),
    (Key::PageUp, Action::PageUp),
    (Key::Char('g'), Action::Top),
    (Key::Home, Action::Top),
    (Key::Char('G'), Action::Bottom),
    (Key::End, Action::Bottom),
    (Key::Tab, Action::NextPane),
    (Key::BackTab, Action::PreviousPane),
    (Key::Enter, Action::Open),
    (Key::Esc, Action::Back),
    (Key::Char(' '), Action::Fold),
    (Key::Char('z'), Action::Zoom),
    (Key::Char('y'), Action::Copy),
    (Key::Char('/'), Action::Search),
    (Key::Char('>'), Action::SearchNext),
    (Key::Char('<'), Action::SearchPrevious),
    (Key::Char('f'), Action::Follow),
    (Key::Char('w'), Action::Wrap),
    (Key::Char('s'), Action::OtherStream),
    (Key::Char('?'), Action::Help),
    (Key::Char(':'), Action::Palette),
    (Key::Char('a'), Action::Asks),
    (Key::Char('n'), Action::Note),
    (Key::Char('d'), Action::Decide),
    (Key::Char('T'), Action::Timeline),
    (Key::Char('P'), Action::Plan),
    (Key::Char('p'), Action::Hold),
    (Key::Char('c'), Action::Continue),
    (Key::Char('r'), Action::Retry),
    (Key::Char('o'), Action::Undo),
    (Key::Char('i'), Action::People),
    (Key::Char('m'), Action::Messages),
    (Key::Char('L'), Action::LocalTime),
    (Key::Ctrl('l'), Action::Redraw),
    (Key::Ctrl('z'), Action::Suspend),
    (Key::Ctrl('d'), Action::PageDown),
    (Key::Ctrl('u'), Action::PageUp),
    (Key::Ctrl('c'), Action::Interrupt),
    (Key::Char('q'), Action::Detach),
];

/// What a key does.
pub(crate) fn action(key: Key) -> Option<Action> {
    KEYMAP.iter().find(|(its, _)| *its == key).map(|(_, action)| *action)
}

/// The first key of an action, for hints.
pub(crate) fn key_of(action: Action) -> Option<Key> {
    KEYMAP.iter().find(|(_, its)| *its == action).map(|(key, _)| *key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn one_key_has_one_meaning_and_the_palette_has_everything() {
        let keys: BTreeSet<Key> = KEYMAP.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys.len(), KEYMAP.len());
        let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
    }
}
