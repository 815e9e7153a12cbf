//! What would run, whether it could, and the word that starts it.

use std::path::PathBuf;

use banister_core::run::ExitCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::confirm::{Confirm, Typed};
use super::drilled::{is_bad, line};
use super::incident::Incident;
use super::paint::{Painted, lines, paragraph};
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
    from: usize,
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
        Self { asked, file, params, name, planned, checks, looked, from: 0, incident, confirm: None, why_not: None }
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
            Key::Char('j') | Key::Down => self.from += 1,
            Key::Char('k') | Key::Up => self.from = self.from.saturating_sub(1),
            Key::PageDown | Key::Ctrl('d') | Key::Char(' ') => self.from += 10,
            Key::PageUp | Key::Ctrl('u') => self.from = self.from.saturating_sub(10),
            Key::Char('g') | Key::Home => self.from = 0,
            Key::Char('G') | Key::End => self.from = usize::MAX / 2,
            other => return Read::Other(other),
        }
        // The end is where the last line is.
        self.from = self.from.min(self.length().saturating_sub(1));
        Read::On
    }

    /// What is pasted: the name of an incident may be, the word may not.
    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.confirm {
            Some(confirm) => confirm.paste(),
            None => self.incident.paste(text),
        }
    }

    /// About so many lines there are.
    fn length(&self) -> usize {
        self.planned.as_ref().map_or(0, |planned| planned.lines.len() + planned.warnings.len()) + self.checks.len() + 6
    }

    /// What starts, and where, for the line of the word.
    pub(super) fn what(&self) -> String {
        let hosts = self.planned.as_ref().map_or(0, |planned| planned.hosts);
        let hosts = if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") };
        format!("start {} on {hosts}", shown(&self.name))
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        lines(frame, area, &self.lines(area.width, theme), self.from);
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
            all.push((format!(" {}", shown(warning)), theme.attention()));
        }
        let drilled = planned.drilled.as_ref();
        let style = if is_bad(drilled) { theme.attention() } else { theme.label() };
        all.extend(paragraph(&format!("DRILLED  {}", line(drilled)), width, 1, style));
        all.push((self.incident.row(), theme.label()));
        all.push((format!(" PLAN  {}", planned.hash), theme.label()));
        all.extend(planned.lines.iter().map(|line| (format!("   {}", shown(line)), Style::new())));
        all
    }
}
