//! What a word needs beside itself, as fields that are typed.

use banister_core::run::{Needs, Word};
use banister_core::view::AskRow;
use banister_runtime::control::{AnswerSaid, Verb};
use ratatui::text::Line;

use crate::ask::{duration_ms, phrase};
use crate::ui::run::RunModel;
use crate::ui::run::overlay::field::Field;
use crate::ui::text::shown;
use crate::ui::{Key, Theme};

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Reason,
    Evidence,
    Time,
    Fact,
    /// The last, where there is one.
    Phrase,
}

/// A chosen word and its fields.
pub(super) struct Form {
    pub(super) word: Word,
    fields: Vec<(Part, String, Field)>,
    at: usize,
    phrase: Option<String>,
}

impl Form {
    pub(super) fn new(word: Word, ask: &AskRow, run: &RunModel) -> Self {
        let mut fields = Vec::new();
        let mut field = |part: Part, label: String| fields.push((part, label, Field::default()));
        if let (true, Some(fact)) = (matches!(word, Word::Approve | Word::BreakGlass), &ask.fact) {
            field(Part::Fact, shown(fact));
        }
        match word.needs(ask.kind) {
            Needs::Nothing => {}
            Needs::Reason => field(Part::Reason, "reason".to_owned()),
            Needs::Evidence => field(Part::Evidence, "what shows it".to_owned()),
            Needs::Time => field(Part::Time, "how much longer (30s, 5m)".to_owned()),
        }
        let phrase = phrase(word, &ask.id, ask.typed.as_deref(), run.view.as_ref());
        if let Some(phrase) = &phrase {
            field(Part::Phrase, format!("type `{}` to confirm", shown(phrase)));
        }
        Self { word, fields, at: 0, phrase }
    }

    /// Goes to another field. What was typed to confirm is gone then: it is typed in one go.
    pub(super) fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.fields.len().saturating_sub(1));
        self.unconfirm();
    }

    /// Forgets what was typed to confirm.
    pub(super) fn unconfirm(&mut self) {
        for (part, _, field) in &mut self.fields {
            if *part == Part::Phrase {
                field.clear();
            }
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at + 1 >= self.fields.len()
    }

    pub(super) fn is_at_phrase(&self) -> bool {
        self.fields.get(self.at).is_some_and(|(part, ..)| *part == Part::Phrase)
    }

    /// Why enter does not go on from the field of the cursor: a word is often chosen by its number and enter, and the
    /// number alone has chosen it already.
    pub(super) fn lacks(&self) -> Option<String> {
        let (_, _, field) = self.fields.get(self.at).filter(|(part, ..)| *part != Part::Phrase)?;
        field.filled().is_none().then(|| format!("`{}` needs this", self.word))
    }

    pub(super) fn edit(&mut self, key: Key) {
        if let Some((_, _, field)) = self.fields.get_mut(self.at) {
            field.key(key);
        }
    }

    fn filled(&self, wanted: Part) -> Option<String> {
        let (.., field) = self.fields.iter().find(|(part, ..)| *part == wanted)?;
        field.filled()
    }

    /// The whole answer; or what is missing, and then the cursor is there.
    pub(super) fn answer(&mut self, ask: &AskRow, run: &RunModel) -> Result<Verb, String> {
        let missing = self.fields.iter().position(|(part, _, field)| *part != Part::Phrase && field.filled().is_none());
        if let Some(at) = missing {
            self.at = at;
            return Err(format!("`{}` needs this", self.word));
        }
        let wait_ms = match self.filled(Part::Time) {
            None => None,
            Some(time) => {
                Some(duration_ms(&time).ok_or_else(|| format!("`{}` is no time: such as 30s, 5m", shown(&time)))?)
            }
        };
        let typed =
            self.fields.iter().find(|(part, ..)| *part == Part::Phrase).map(|(.., field)| field.text().to_owned());
        if typed != self.phrase {
            let phrase = self.phrase.as_deref().unwrap_or_default();
            return Err(format!("type `{}`, then enter", shown(phrase)));
        }
        let plan =
            super::must_read(self.word).then(|| run.view.as_ref().map(|view| view.state().plan_hash().to_owned()));
        Ok(Verb::Answer(Box::new(AnswerSaid {
            ask: ask.id.clone(),
            word: self.word,
            reason: self.filled(Part::Reason),
            evidence: self.filled(Part::Evidence),
            fact: self.filled(Part::Fact),
            plan: plan.flatten(),
            typed,
            wait_ms,
        })))
    }

    /// The fields as they are drawn.
    pub(super) fn lines(&self, cells: usize, theme: Theme) -> Vec<Line<'static>> {
        let field =
            |(n, (_, label, field)): (usize, &(Part, String, Field))| field.line(label, cells, n == self.at, theme);
        let mut lines: Vec<Line<'static>> = self.fields.iter().enumerate().map(field).collect();
        if lines.is_empty() {
            lines.push(Line::styled("> enter sends it", theme.label()));
        }
        lines
    }
}
