//! Who sits at the terminal, as far as plain home needs to know.

use crate::ask::{Tty, Typed};

/// Somebody who reads lines and types some.
pub(crate) trait Person {
    /// Cells of a line.
    fn width(&self) -> usize;

    /// Shows text.
    fn show(&mut self, text: &str);

    /// One typed line; what is pasted is none. `None`: the terminal is gone.
    fn word(&mut self, prompt: &str) -> Option<String>;

    /// One line that may be pasted: a value confirms nothing.
    fn value(&mut self, prompt: &str) -> Option<String>;
}

impl Person for Tty {
    fn width(&self) -> usize {
        self.columns()
    }

    fn show(&mut self, text: &str) {
        Self::show(self, text);
    }

    fn word(&mut self, prompt: &str) -> Option<String> {
        self.ask_plainly(prompt)
    }

    fn value(&mut self, prompt: &str) -> Option<String> {
        loop {
            Self::show(self, prompt);
            match self.idle(|| false) {
                Typed::Line(line) => return Some(line),
                Typed::Refused(why) => Self::show(self, &format!("({why})\n")),
                Typed::Interrupted | Typed::Gone => return None,
            }
        }
    }
}
