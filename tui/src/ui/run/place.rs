//! Where a person is on a run's screen: page, pane, cursors, search.

use super::Pane;

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
    /// The pane alone, without borders.
    pub(crate) zoom: bool,
    /// Row under the cursor of the steps; `None` follows what runs.
    pub(crate) step: Option<usize>,
    /// The same of the hosts.
    pub(crate) host: Option<usize>,
    /// Lines above the end of the output; 0 follows it.
    pub(crate) back: usize,
    /// Columns to the right of the output's beginning.
    pub(crate) right: usize,
    pub(crate) wrap: bool,
    pub(crate) stderr: bool,
    /// What is searched for in the pane; it stays until it is dropped.
    pub(crate) search: Option<String>,
    /// The search is being typed.
    pub(crate) is_typing: bool,
    /// First line of a page that scrolls as a whole; `None` is its end.
    pub(crate) line: Option<usize>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            page: Page::Run,
            pane: Pane::Steps,
            zoom: false,
            step: None,
            host: None,
            back: 0,
            right: 0,
            wrap: false,
            stderr: false,
            search: None,
            is_typing: false,
            line: None,
        }
    }
}
