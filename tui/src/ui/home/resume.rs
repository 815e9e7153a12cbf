//! Going on with a run whose engine is gone: how it stands is shown first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Described;
use super::confirm::Confirm;
use super::paint::{Painted, lines, paragraph};
use crate::ui::Theme;
use crate::ui::text::shown;

/// The page of a run that can be resumed.
#[derive(Debug, Clone)]
pub(super) struct Resume {
    pub(super) described: Described,
    pub(super) confirm: Confirm,
}

impl Resume {
    pub(super) fn of(described: Described) -> Self {
        Self { described, confirm: Confirm::default() }
    }

    pub(super) fn what(&self) -> String {
        format!("resume {}", self.described.run.as_str().get(..8).unwrap_or_default())
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let mut all: Vec<Painted> = vec![(format!(" {}", shown(&self.described.title)), theme.label())];
        all.push((format!(" run {}", self.described.run), Style::new()));
        all.push((String::new(), Style::new()));
        for line in &self.described.lines {
            all.extend(paragraph(line, area.width, 3, Style::new()));
        }
        all.push((String::new(), Style::new()));
        let says = "Resuming asks the hosts first what became of what ran; nothing runs twice without being asked for.";
        all.extend(paragraph(says, area.width, 1, Style::new()));
        lines(frame, area, &all, 0);
    }
}
