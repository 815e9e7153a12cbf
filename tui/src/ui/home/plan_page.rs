//! What would run, whether it could, and the word that starts it.

use std::path::PathBuf;

use banister_core::run::ExitCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::confirm::{Confirm, Typed};
use super::drilled::{is_bad, line};
use super::incident::Incident;
use super::paint::{Painted, indented, paragraph};
use super::scroll::Scroll;
use super::{Planned, Trouble};
use crate::checks::{Check, conclusion};
use crate::ui::text::shown;
use crate::ui::{Key, Theme};

/// How far the looking is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked {
    /// Somebody is looking.
    Still,
    /// It could start, or it would end with this.
    Done(Option<ExitCode>),
    /// Nothing could be seen.
    Not(Trouble),
}

/// The page of one plan.
#[derive(Debug, Clone)]
pub(super) struct PlanPage {
    pub(super) asked: u64,
    pub(super) file: PathBuf,
    pub(super) params: Vec<(String, String)>,
    pub(super) name: String,
    pub(super) planned: Option<Planned>,
    checks: Vec<Check>,
    pub(super) looked: Looked,
    pub(super) scroll: Scroll,
    pub(super) incident: Incident,
    pub(super) confirm: Option<Confirm>,
    pub(super) why_not: Option<String>,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    On,
    Back,
    /// `go` was typed.
    Start,
    /// A key of every page.
    Other(Key),
}

impl PlanPage {
    pub(super) fn new(asked: u64, file: PathBuf, params: Vec<(String, String)>, name: String) -> Self {
        let (planned, checks, looked, incident) = (None, Vec::new(), Looked::Still, Incident::default());
        let (scroll, confirm, why_not) = (Scroll::default(), None, None);
        Self { asked, file, params, name, planned, checks, looked, scroll, incident, confirm, why_not }
    }

    pub(super) fn checked(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(super) fn probed(&mut self, refused: Result<Option<ExitCode>, Trouble>) {
        self.looked = match refused {
            Ok(refused) => Looked::Done(refused),
            Err(trouble) => Looked::Not(trouble),
        };
    }

    /// Why it cannot be started.
    fn refused(&self) -> Option<String> {
        let Some(_) = &self.planned else { return Some("it is still being compiled".to_owned()) };
        match &self.looked {
            Looked::Still => Some("its hosts and preconditions are still being looked at".to_owned()),
            Looked::Done(Some(exit)) => Some(format!("it would end with {exit}: {}", exit.meaning())),
            // The run looks again, and asks for the secret that kept this from looking.
            Looked::Done(None) | Looked::Not(_) => None,
        }
    }

    pub(super) fn key(&mut self, key: Key) -> Read {
        if let Some(confirm) = &mut self.confirm {
            match confirm.key(key) {
                Typed::On => return Read::On,
                Typed::Dropped => self.confirm = None,
                Typed::Confirmed => return Read::Start,
            }
            return Read::On;
        }
        self.why_not = None;
        if self.incident.is_typed() {
            self.incident.key(key);
            return Read::On;
        }
        match key {
            Key::Char('i') => self.incident.begin(),
            Key::Enter => {
                self.why_not = self.refused().map(|why| format!("it cannot be started: {why}"));
                if self.why_not.is_none() {
                    self.confirm = Some(Confirm::default());
                }
            }
            Key::Esc | Key::Char('q') | Key::Ctrl('c') => return Read::Back,
            key if self.scroll.key(key) => {}
            other => return Read::Other(other),
        }
        Read::On
    }

    /// What is pasted: the name of an incident may be, the word may not.
    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.confirm {
            Some(confirm) => confirm.paste(),
            None => self.incident.paste(text),
        }
    }

    /// What starts, and where, for the line of the word.
    pub(super) fn what(&self) -> String {
        let hosts = self.planned.as_ref().map_or(0, |planned| planned.hosts);
        let hosts = if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") };
        format!("start {} on {hosts}", shown(&self.name))
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        self.scroll.draw(frame, area, &self.lines(area.width, theme));
    }

    fn lines(&self, width: u16, theme: Theme) -> Vec<Painted> {
        let Some(planned) = &self.planned else { return vec![(" compiling ..".to_owned(), Style::new())] };
        let mut all = vec![(" PRECONDITIONS, as `plan --probe` sees them".to_owned(), theme.label())];
        // What is bad stands first, so that nobody has to scroll for it.
        let (bad, good): (Vec<&Check>, Vec<&Check>) = self.checks.iter().partition(|check| check.is_bad);
        for check in bad {
            all.extend(paragraph(&check.text, width, 3, theme.attention()));
        }
        for check in good {
            all.extend(paragraph(&check.text, width, 3, Style::new()));
        }
        match &self.looked {
            Looked::Still => all.push(("   looking ..".to_owned(), theme.dim())),
            Looked::Done(refused) => {
                let style = if refused.is_some() { theme.attention() } else { theme.label() };
                all.extend(paragraph(&conclusion(*refused), width, 3, style));
            }
            Looked::Not(Trouble(why)) => {
                let style = theme.attention();
                all.extend(why.iter().flat_map(|why| paragraph(&format!("not looked at: {why}"), width, 3, style)));
                all.extend(paragraph("the run itself looks before it starts anything", width, 3, Style::new()));
            }
        }
        all.push((String::new(), Style::new()));
        for warning in &planned.warnings {
            all.extend(indented(warning, width, 1, theme.attention()));
        }
        let drilled = planned.drilled.as_ref();
        let style = if is_bad(drilled) { theme.attention() } else { theme.label() };
        all.extend(paragraph(&format!("DRILLED  {}", line(drilled)), width, 1, style));
        all.push((self.incident.row(), theme.label()));
        all.push((format!(" PLAN  {}", planned.hash), theme.label()));
        // What is agreed to is read whole: no line of it is cut.
        all.extend(planned.lines.iter().flat_map(|line| indented(line, width, 3, Style::new())));
        all
    }
}
