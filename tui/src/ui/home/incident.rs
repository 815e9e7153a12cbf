//! The incident that a run is started for: typed on the page of its plan, kept in the run's journal.

use crate::ui::Key;
use crate::ui::text::shown;

/// Characters of a name that are taken.
const LONGEST: usize = 80;

/// The name of an incident, or none, and what is being typed of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Incident {
    name: String,
    typed: Option<String>,
}

impl Incident {
    /// What the run is started with.
    pub(super) fn name(&self) -> Option<String> {
        (!self.name.is_empty()).then(|| self.name.clone())
    }

    /// Whether keys are letters of it.
    pub(super) fn is_typed(&self) -> bool {
        self.typed.is_some()
    }

    pub(super) fn begin(&mut self) {
        self.typed = Some(self.name.clone());
    }

    pub(super) fn key(&mut self, key: Key) {
        let Some(typed) = &mut self.typed else { return };
        match key {
            Key::Enter => {
                typed.trim().clone_into(&mut self.name);
                self.typed = None;
            }
            Key::Esc | Key::Ctrl('c') => self.typed = None,
            Key::Backspace => drop(typed.pop()),
            Key::Ctrl('u') => typed.clear(),
            Key::Char(c) if typed.chars().count() < LONGEST && !c.is_control() => typed.push(c),
            _ => {}
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.is_typed() {
            text.lines().next().unwrap_or_default().trim().chars().for_each(|c| self.key(Key::Char(c)));
        }
    }

    /// Its row on the page.
    pub(super) fn row(&self) -> String {
        match &self.typed {
            Some(typed) => format!(" INCIDENT  {}_", shown(typed)),
            None if self.name.is_empty() => " INCIDENT  none (i names one)".to_owned(),
            None => format!(" INCIDENT  {} (i changes it)", shown(&self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::keys_of;

    fn check(keys: &str, expect: Option<&str>, row: &str) {
        let mut incident = Incident::default();
        incident.begin();
        keys_of(keys).into_iter().for_each(|key| incident.key(key));
        assert_eq!((incident.name().as_deref(), incident.row().as_str()), (expect, row), "{keys}");
    }

    #[test]
    fn a_name_is_kept_by_enter_and_dropped_by_esc() {
        check("INC-4312 enter", Some("INC-4312"), " INCIDENT  INC-4312 (i changes it)");
        check("INC-4312", None, " INCIDENT  INC-4312_");
        check("INC-4312 esc", None, " INCIDENT  none (i names one)");
        check("ab backspace space enter", Some("a"), " INCIDENT  a (i changes it)");
        check("ab ctrl-u enter", None, " INCIDENT  none (i names one)");
    }

    #[test]
    fn one_line_of_a_paste_is_taken_while_it_is_typed() {
        let mut incident = Incident::default();
        incident.paste("INC-1");
        assert_eq!(incident, Incident::default());
        incident.begin();
        incident.paste(" INC-\u{1b}1\nrm -rf");
        incident.key(Key::Enter);
        assert_eq!(incident.name().as_deref(), Some("INC-1"));
    }
}
