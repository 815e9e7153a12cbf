//! Which record of a journal is meant.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::StepPath;
use crate::run::Record;
use crate::source::Span;

/// Records of one kind, perhaps of one step, perhaps with certain fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The record's name.
    pub record: &'static str,
    /// The instance it is about.
    pub step: Option<StepPath>,
    /// Fields as the journal holds them, by name; a number or a boolean as it is written.
    pub with: BTreeMap<String, String>,
    /// Where it stands in its file.
    pub span: Span,
}

impl Moment {
    /// Whether a record is one of these.
    #[must_use]
    pub fn is(&self, record: &Record) -> bool {
        if record.kind.name() != self.record {
            return false;
        }
        // The record as it lies in the journal: what a person reads there is what they write in a drill.
        let Ok(Value::Object(kinds)) = serde_json::to_value(&record.kind) else { return false };
        let Some(fields) = kinds.values().next() else { return false };
        let path = fields.get("path").or_else(|| fields.get("ask").and_then(|ask| ask.get("path")));
        let is_step = self.step.as_ref().is_none_or(|step| path.is_some_and(|path| *path == step.to_string()));
        is_step && self.with.iter().all(|(name, text)| fields.get(name).is_some_and(|value| reads(value) == *text))
    }
}

fn reads(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
