//! The timeline so far: a row for each record that is news to people.

use std::collections::VecDeque;

use banister_core::run::Record;
use banister_core::timeline::{Row, tell};
use banister_core::view::RunView;

/// Rows that are kept. A run with more is read with `banister timeline`.
const MOST: usize = 10_000;

/// The last rows.
#[derive(Debug, Default)]
pub(crate) struct Story {
    rows: VecDeque<Row>,
    /// Rows that were dropped at the front.
    pub(crate) dropped: usize,
}

impl Story {
    /// Takes a record that the view has just taken.
    pub(super) fn push(&mut self, view: &RunView, record: &Record) {
        let Some(row) = tell(view, record) else { return };
        if self.rows.len() >= MOST {
            self.rows.pop_front();
            self.dropped += 1;
        }
        self.rows.push_back(row);
    }

    /// The rows, oldest first.
    pub(crate) fn rows(&self) -> &VecDeque<Row> {
        &self.rows
    }
}
