//! Where a person is on a run's screen: page, pane, cursors, search.

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::looking::Looked;
use super::{Pane, RowId};

/// A full page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Steps, hosts, output.
    Run,
    /// The timeline so far.
    Timeline,
    /// The plan.
    Plan,
}

/// Where the person is. Nothing of it is part of the run.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) page: Page,
    pub(crate) pane: Pane,
    /// The list whose row says which output is shown: the last of the two that the person was in.
    pub(crate) list: Pane,
    /// The pane alone, without borders.
    pub(crate) zoom: bool,
    /// Row under the cursor of the steps; `None` follows what runs.
    pub(crate) step: Option<RowId>,
    /// The same of the hosts.
    pub(crate) host: Option<RowId>,
    /// What the person folded (`false`) and opened (`true`).
    pub(crate) folds: BTreeMap<RowId, bool>,
    /// Number of the last line of the output that is shown; `None` follows its end.
    pub(crate) at: Option<u64>,
    /// Rows that the output had when it was drawn last: only the drawing knows them, and moving needs them.
    pub(super) rows: Cell<u64>,
    /// Columns to the right of the output's beginning.
    pub(crate) right: usize,
    pub(crate) wrap: bool,
    /// Which stream the person chose; `None` shows the errors of what failed, else standard output.
    pub(crate) stderr: Option<bool>,
    /// What is searched for in the output, or in a page of its own; it stays until it is dropped.
    pub(crate) search: Option<String>,
    /// The steps that are shown.
    pub(crate) step_filter: Option<String>,
    /// The hosts that are shown.
    pub(crate) host_filter: Option<String>,
    /// The search is being typed.
    pub(crate) is_typing: bool,
    /// First line of a page that scrolls as a whole; `None` is its end.
    pub(crate) line: Option<usize>,
    /// What the screen looked at when it looked last, and whether the engine knows.
    pub(super) looked: Option<Looked>,
    pub(super) told: bool,
    /// When the last key came.
    pub(super) touched: Option<DateTime<Utc>>,
    /// The run's last record then.
    pub(super) seen_at: u64,
    /// The state words of the lines then.
    pub(super) seen: BTreeMap<RowId, String>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            page: Page::Run,
            pane: Pane::Steps,
            list: Pane::Steps,
            zoom: false,
            step: None,
            host: None,
            folds: BTreeMap::new(),
            at: None,
            rows: Cell::new(1),
            right: 0,
            wrap: false,
            stderr: None,
            search: None,
            step_filter: None,
            host_filter: None,
            is_typing: false,
            line: None,
            looked: None,
            told: false,
            touched: None,
            seen_at: 0,
            seen: BTreeMap::new(),
        }
    }
}

impl Place {
    /// The search or filter of where the person is.
    pub(crate) fn text(&self) -> Option<&str> {
        match (self.page, self.pane) {
            (Page::Run, Pane::Steps) => self.step_filter.as_deref(),
            (Page::Run, Pane::Hosts) => self.host_filter.as_deref(),
            _ => self.search.as_deref(),
        }
    }

    /// The same, to be typed into.
    pub(super) fn text_mut(&mut self) -> &mut Option<String> {
        match (self.page, self.pane) {
            (Page::Run, Pane::Steps) => &mut self.step_filter,
            (Page::Run, Pane::Hosts) => &mut self.host_filter,
            _ => &mut self.search,
        }
    }
}
