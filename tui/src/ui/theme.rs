//! Colours. They repeat what words say, and say nothing alone.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::cli::ThemeName;
use crate::terminal;

/// How things look on this terminal: the sixteen colours of the terminal itself, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    /// Colours may be used.
    pub(crate) colour: bool,
    /// Lines of boxes may be used, else `+-|`.
    pub(crate) boxes: bool,
}

impl Theme {
    /// No colour: bold, reverse and words.
    #[cfg(test)]
    pub(crate) const MONO: Self = Self { colour: false, boxes: true };

    /// What this terminal can show and the person wants to see: `NO_COLOR` and `--theme mono` take the colours away, a
    /// locale without UTF-8 the lines of boxes.
    pub(crate) fn of_terminal(wanted: Option<ThemeName>) -> Self {
        let is_mono = wanted == Some(ThemeName::Mono);
        Self { colour: terminal::colour(&std::io::stdout()) && !is_mono, boxes: terminal::knows_utf8() }
    }

    fn fg(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// A state word.
    pub(crate) fn word(self, word: &str) -> Style {
        match word {
            "ok" | "hand" => self.fg(Color::Green),
            "RUN" => self.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            "ASK" | "HELD" => self.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            "FAIL" | "STUCK" => self.fg(Color::Red).add_modifier(Modifier::BOLD),
            "UNKN" => self.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            "undo" | "excl" | "skip" => self.fg(Color::Yellow),
            _ => self.dim(),
        }
    }

    /// The environment: production is reversed.
    pub(crate) fn environment(self, name: &str) -> Style {
        let production = !matches!(name, "staging" | "test" | "dev" | "lab" | "local" | "rehearsal");
        if production {
            return self.fg(Color::Red).add_modifier(Modifier::REVERSED | Modifier::BOLD);
        }
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Labels such as NOW and NEXT, titles of panes.
    pub(crate) fn label(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What matters less.
    pub(crate) fn dim(self) -> Style {
        if self.colour { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    /// What somebody should look at; a `!` says it too.
    pub(crate) fn attention(self) -> Style {
        self.fg(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// The row under the cursor; a `>` says it too.
    pub(crate) fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The line below and above a pane, and the corners of one.
    pub(crate) fn borders(self) -> border::Set<'static> {
        const ASCII: border::Set<'static> = border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        };
        if self.boxes { border::PLAIN } else { ASCII }
    }
}
