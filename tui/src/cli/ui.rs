//! How a run is shown.

use clap::{Args, ValueEnum};

/// A full screen, or plain lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ui {
    /// A full screen where there is a terminal that can show one, else plain lines.
    Auto,
    /// A full screen.
    Tui,
    /// Plain lines, and questions with numbered choices.
    Plain,
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeName {
    /// The terminal's own sixteen colours.
    Ansi16,
    /// No colours: bold, reverse and words.
    Mono,
}

/// How a run is shown.
#[derive(Debug, Clone, Args)]
pub struct UiArgs {
    /// A full screen, or plain lines and questions with numbered choices
    #[arg(long, value_enum, default_value_t = Ui::Auto)]
    pub ui: Ui,
    /// The same as `--ui plain`; `ACCESSIBLE=1` says it for every call
    #[arg(long, conflicts_with = "ui")]
    pub plain: bool,
    /// The colours of the full screen
    #[arg(long, value_enum, value_name = "THEME", env = "BANISTER_THEME")]
    pub theme: Option<ThemeName>,
}
