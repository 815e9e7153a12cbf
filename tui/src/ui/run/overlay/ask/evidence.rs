//! What commands printed, as far as a person needs it to answer: the errors of a failure, the previews of an approval.

use banister_core::plan::Approve;
use banister_core::run::EffectKey;
use banister_core::runbook::HostName;
use banister_core::view::{AskRow, RunView};
use banister_runtime::control::{MOST_READ, Verb};
use banister_runtime::output::StreamKind;
use chrono::{DateTime, Utc};

use super::AskDialog;
use crate::ask::{Extent, HEAD, Part, TAIL, WHOLE, approve_of, lines_of, parts};
use crate::ui::run::RunModel;
use crate::ui::{Heard, Order};

/// A part of what one command printed.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) key: EffectKey,
    pub(super) stream: StreamKind,
    pub(super) extent: Extent,
    /// What it is, for people.
    pub(super) label: String,
    /// When its command had ended.
    pub(super) ended: Option<DateTime<Utc>>,
    /// Bytes that it printed, by its record.
    pub(super) printed: u64,
    /// The request that is not answered yet.
    asked: Option<u64>,
    pub(super) from: u64,
    /// Bytes that are stored; `None` while nothing came.
    pub(super) total: Option<u64>,
    pub(super) bytes: Vec<u8>,
    /// Why it cannot be shown.
    pub(super) refused: Option<String>,
}

/// Everything that is looked at for one ask.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    pub(super) pieces: Vec<Piece>,
}

/// The host an ask is about.
pub(super) fn host(ask: &AskRow, run: &RunModel) -> Option<HostName> {
    let graph = run.view.as_ref()?.state().graph();
    Some(graph.host(graph.find(&ask.id.path)?)?.name.clone())
}

impl AskDialog {
    /// What the plan says of an approval.
    pub(super) fn approve<'r>(&self, run: &'r RunModel) -> Option<&'r Approve> {
        approve_of(&self.ask, run.view.as_ref()?)
    }
}

impl Piece {
    fn new(part: Part) -> Self {
        let Part { key, stream, extent, label, ended, printed } = part;
        let (asked, from, total, bytes, refused) = (None, 0, None, Vec::new(), None);
        Self { key, stream, extent, label, ended, printed, asked, from, total, bytes, refused }
    }

    fn order(&mut self, run: &mut RunModel) -> Order {
        let (from, most) = match self.extent {
            Extent::Head => (Some(0), HEAD),
            Extent::Tail => (None, TAIL),
            Extent::Whole => (Some(self.bytes.len() as u64), MOST_READ),
        };
        let order = run.send(READ, Verb::Read { key: self.key.clone(), stream: self.stream, from, most });
        if let Order::Send { id, .. } = &order {
            self.asked = Some(*id);
        }
        order
    }

    /// Lines that are here.
    pub(super) fn lines(&self) -> usize {
        lines_of(&self.bytes).len()
    }

    /// Bytes that are stored and not shown.
    pub(super) fn left_out(&self) -> u64 {
        self.total.map_or(0, |total| total.saturating_sub(self.from + self.bytes.len() as u64))
    }
}

/// `1 line`, `38 lines`.
pub(super) fn count(lines: usize) -> String {
    if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") }
}

/// What asking for stored output is called until it is answered.
pub(in crate::ui::run) const READ: &str = "read";

impl Evidence {
    /// What there is to look at.
    pub(super) fn of(ask: &AskRow, view: &RunView) -> Self {
        Self { pieces: parts(ask, view).into_iter().map(Piece::new).collect() }
    }

    /// Asks the engine for all of it.
    pub(super) fn order(&mut self, run: &mut RunModel) -> Vec<Order> {
        self.pieces.iter_mut().map(|piece| piece.order(run)).collect()
    }

    /// Takes what came; gives what is asked for next.
    pub(super) fn heard(&mut self, heard: &Heard, run: &mut RunModel) -> Vec<Order> {
        match heard {
            Heard::Chunk { id, from, total, bytes } => {
                let Some(piece) = self.pieces.iter_mut().find(|piece| piece.asked == Some(*id)) else {
                    return Vec::new();
                };
                (piece.asked, piece.total) = (None, Some(*total));
                if piece.bytes.is_empty() {
                    piece.from = *from;
                }
                piece.bytes.extend_from_slice(bytes);
                let goes_on = piece.extent == Extent::Whole && !bytes.is_empty() && (piece.bytes.len() as u64) < WHOLE;
                if goes_on && piece.left_out() > 0 {
                    return vec![piece.order(run)];
                }
            }
            Heard::Replied { id, result: Err(refused) } => {
                if let Some(piece) = self.pieces.iter_mut().find(|piece| piece.asked == Some(*id)) {
                    (piece.asked, piece.refused) = (None, Some(refused.why.clone()));
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// How much of it there is, in words.
    pub(super) fn amount(&self) -> String {
        let shown: usize = self.pieces.iter().map(Piece::lines).sum();
        let all: Option<u64> = self.pieces.iter().map(|piece| piece.total).sum();
        let Some(all) = all else { return "not all of it is here".to_owned() };
        let left_out: u64 = self.pieces.iter().map(Piece::left_out).sum();
        let more = if left_out > 0 { format!(", {left_out} of them not here") } else { String::new() };
        format!("{}, {all} bytes{more}", count(shown))
    }

    /// Whether everything that was asked for is here, or will never be.
    pub(super) fn is_complete(&self) -> bool {
        self.pieces.iter().all(|piece| piece.asked.is_none())
    }
}
