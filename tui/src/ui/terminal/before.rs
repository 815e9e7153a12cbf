//! A terminal as it was before a program that may be killed on it.

use std::fs::File;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// How the terminal was. The screen of a program that is killed with -9 gives nothing back: whoever waits for the
/// program does.
pub(crate) struct Before {
    terminal: File,
    modes: Termios,
}

impl Before {
    /// Looks at the terminal; `None` where there is none.
    pub(crate) fn look() -> Option<Self> {
        let terminal = super::keys::open().ok()?;
        let modes = tcgetattr(&terminal).ok()?;
        Some(Self { terminal, modes })
    }

    /// Makes it so again.
    pub(crate) fn put_back(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = super::modes::last_words(&mut self.terminal);
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.modes);
    }
}
