//! What became of what a dialog sent.

use ratatui::text::Line;

use crate::ui::text::{shown, wrap};
use crate::ui::{Heard, Order, Reaction, Theme};

/// Whether something is under way to the engine.
#[derive(Debug, Clone, Default)]
pub(super) enum Posted {
    /// Nothing.
    #[default]
    No,
    /// It was sent, and is not on the disk yet.
    Sent(u64),
    /// It was not taken; everything typed is still there.
    Refused(String),
}

impl Posted {
    /// Sends an order; from here on its answer is waited for.
    pub(super) fn send(&mut self, order: Order) -> Reaction {
        if let Order::Send { id, .. } = &order {
            *self = Self::Sent(*id);
        }
        Reaction::Orders(vec![order])
    }

    pub(super) fn is_sent(&self) -> bool {
        matches!(self, Self::Sent(_))
    }

    /// Takes the engine's answer. True when it is on the disk.
    pub(super) fn heard(&mut self, heard: &Heard) -> bool {
        let Self::Sent(mine) = self else { return false };
        match heard {
            Heard::Replied { id, result } if id == mine => match result {
                Ok(_) => return true,
                Err(refused) => *self = Self::Refused(format!("not taken: {}", refused.why)),
            },
            Heard::Lost { .. } | Heard::Ended(_) => {
                *self = Self::Refused("the engine is gone; whether it took this is in the journal".to_owned());
            }
            _ => {}
        }
        false
    }

    /// What there is to say about it.
    pub(super) fn lines(&self, cells: usize, theme: Theme) -> Vec<Line<'static>> {
        match self {
            Self::No => Vec::new(),
            Self::Sent(_) => vec![Line::raw("sent, waiting for the disk")],
            Self::Refused(why) => wrap(&shown(&format!("! {why}")), cells)
                .into_iter()
                .map(|l| Line::styled(l, theme.attention()))
                .collect(),
        }
    }
}

/// Lines that say why nothing can be sent.
pub(super) fn refusal(why: &str, cells: usize, theme: Theme) -> Vec<Line<'static>> {
    wrap(&shown(&format!("nothing can be sent: {why}")), cells)
        .into_iter()
        .map(|line| Line::styled(line, theme.attention()))
        .collect()
}
