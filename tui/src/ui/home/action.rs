//! What a person can do at home. Keys mean what they mean in a run's screen.

use crate::ui::Key;

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Search,
    Back,
    Help,
    Palette,
    Refresh,
    Redraw,
    Suspend,
    Quit,
}

/// Keys, in the order of the help.
pub(super) const KEYMAP: [(Key, Action); 20] = [
    (Key::Char('j'), Action::Down),
    (Key::Down, Action::Down),
    (Key::Char('k'), Action::Up),
    (Key::Up, Action::Up),
    (Key::PageDown, Action::PageDown),
    (Key::Ctrl('d'), Action::PageDown),
    (Key::PageUp, Action::PageUp),
    (Key::Ctrl('u'), Action::PageUp),
    (Key::Char('g'), Action::Top),
    (Key::Home, Action::Top),
    (Key::Char('G'), Action::Bottom),
    (Key::End, Action::Bottom),
    (Key::Enter, Action::Open),
    (Key::Char('/'), Action::Search),
    (Key::Esc, Action::Back),
    (Key::Char('?'), Action::Help),
    (Key::Char(':'), Action::Palette),
    (Key::Ctrl('l'), Action::Redraw),
    (Key::Ctrl('z'), Action::Suspend),
    (Key::Char('q'), Action::Quit),
];

impl Action {
    /// What the palette offers.
    pub(super) const ALL: [Self; 7] =
        [Self::Open, Self::Search, Self::Refresh, Self::Help, Self::Redraw, Self::Suspend, Self::Quit];

    pub(super) fn of(key: Key) -> Option<Self> {
        KEYMAP.iter().find(|(its, _)| *its == key).map(|(_, action)| *action)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::PageUp => "page-up",
            Self::PageDown => "page-down",
            Self::Top => "top",
            Self::Bottom => "bottom",
            Self::Open => "open",
            Self::Search => "search",
            Self::Back => "back",
            Self::Help => "help",
            Self::Palette => "palette",
            Self::Refresh => "refresh",
            Self::Redraw => "redraw",
            Self::Suspend => "suspend",
            Self::Quit => "quit",
        }
    }

    pub(super) const fn does(self) -> &'static str {
        match self {
            Self::Up | Self::Down => "move",
            Self::PageUp | Self::PageDown => "move by a page",
            Self::Top => "go to the top",
            Self::Bottom => "go to the end",
            Self::Open => "open it; nothing runs before `go` is typed",
            Self::Search => "show only what has these words",
            Self::Back => "back; drop a search",
            Self::Help => "all keys",
            Self::Palette => "everything by its name",
            Self::Refresh => "look again what there is",
            Self::Redraw => "draw everything anew",
            Self::Suspend => "back to the shell until `fg`",
            Self::Quit => "leave; runs go on",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every action here that a run's screen has too, under its name: one key, one meaning in all views.
    #[test]
    fn keys_mean_what_they_mean_in_a_run() {
        for (key, action) in KEYMAP {
            let there = crate::ui::run::action(key).map(|action| action.name());
            let here = match action {
                // Leaving: of a run's screen the run goes on, of this one all of them do.
                Action::Quit => "detach",
                other => other.name(),
            };
            assert_eq!(there, Some(here), "{}", key.name());
        }
    }
}
