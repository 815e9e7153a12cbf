//! Plain lines: for screen readers, CI and `ssh host banister run`.
//!
//! Append-only, one line for each record that is worth one, words first, no borders and no repaint. Everything that
//! came from hosts or people passes `visible`.

mod outcome;
mod people;
mod run;
mod step;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::phrase::clock;
use super::run_view::RunView;
use crate::plan::StepPath;
use crate::run::{AskId, Purpose, Record, RecordKind};
use crate::source::{visible, visible_bytes};

/// Turns records into lines. Keeps only what it needs to say nothing twice.
#[derive(Debug, Clone, Default)]
pub struct Plain {
    day: Option<NaiveDate>,
    sentence: String,
    /// The last bad sample that was shown, by gate.
    bad: BTreeMap<StepPath, String>,
    beside_a_dialog: bool,
}

impl Plain {
    /// Lines from the first record on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lines that stand beside a dialog, which says itself what may be answered and what it does.
    #[must_use]
    pub fn beside_a_dialog() -> Self {
        Self { beside_a_dialog: true, ..Self::default() }
    }

    /// The lines of one record, without their line feeds; none for a record that says nothing new to a person. The
    /// view must have taken the record, and no later one.
    pub fn lines(&mut self, view: &RunView, record: &Record) -> Vec<String> {
        let mut texts = self.texts(view, record);
        // Of the step that begins or asks, not of the whole view: that would walk every step for every record.
        if let RecordKind::StepIntended { path, purpose: Purpose::Main, .. }
        | RecordKind::AskOpened { ask: AskId { path, .. }, .. } = &record.kind
        {
            texts.extend(self.new_sentence(view, path));
        }
        let time = clock(record.recorded);
        let mut lines = Vec::with_capacity(texts.len() + 1);
        let day = record.recorded.date_naive();
        if !texts.is_empty() && self.day.replace(day) != Some(day) {
            lines.push(format!("{day} UTC"));
        }
        lines.extend(texts.into_iter().map(|text| format!("{time} {text}")));
        lines
    }

    /// The author's sentence, when it is another than the last one shown.
    fn new_sentence(&mut self, view: &RunView, path: &StepPath) -> Option<String> {
        if path.is_precondition() {
            return None;
        }
        let sentence = view.sentence_of(view.state().graph().find(path)?);
        if sentence == self.sentence {
            return None;
        }
        sentence.clone_into(&mut self.sentence);
        Some(format!("if it fails: {}", visible(sentence)))
    }

    fn texts(&mut self, view: &RunView, record: &Record) -> Vec<String> {
        match &record.kind {
            RecordKind::GateSampled { path, .. } => {
                let text = step::sampled(view, record);
                let is_bad = matches!(record.kind, RecordKind::GateSampled { good: false, .. });
                if !is_bad {
                    self.bad.remove(path);
                } else if let Some(bad) = &text
                    && self.bad.insert(path.clone(), bad.clone()).as_ref() == Some(bad)
                {
                    return Vec::new();
                }
                text.into_iter().collect()
            }
            RecordKind::AskOpened { .. } => people::opened(view, record, self.beside_a_dialog),
            RecordKind::RunPlanned { .. } => run::planned(view, record),
            _ => {
                let text = run::text(view, record)
                    .or_else(|| step::text(view, record))
                    .or_else(|| outcome::text(view, record))
                    .or_else(|| people::text(view, record));
                text.into_iter().collect()
            }
        }
    }
}

/// One line of a step's live output, as it is shown: `web-1 | text`, everything hidden made visible. `line` is without
/// its line feed; a carriage return at its end is dropped with it.
#[must_use]
pub fn output_line(host: &str, line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    format!("{} | {}", visible(host), visible_bytes(line))
}
