//! Reading single values, with a finding at the value where it is something else.

use std::ops::RangeInclusive;

use super::Decoder;
use super::fields::Fields;
use crate::runbook::StepId;
use crate::runbook::syntax::{Hosts, Millis, Share};
use crate::runbook::tree::{Entry, Node, NodeKind, Text};
use crate::source::{DidYouMean, Finding, Names, Spanned, did_you_mean};

/// Longest time span a runbook may name, in milliseconds: a year. Anything longer is a slip, and sums of a thousand
/// of them still fit every clock.
const LONGEST_MS: u128 = 366 * 24 * 60 * 60 * 1000;

impl Decoder {
    /// Says that a value is something else. A refused value was reported already.
    pub(super) fn wrong_type(&mut self, field: &str, expected: &str, node: &Node, hint: String) {
        if !matches!(node.kind, NodeKind::Refused) {
            let found = node.describe();
            let (field, expected) = (field.to_owned(), expected.to_owned());
            self.report(Finding::WrongType { field, expected, found, hint }, node.span);
        }
    }

    /// A text that says something.
    pub(super) fn text(&mut self, entry: Option<&Entry>) -> Option<Text> {
        let entry = entry?;
        self.text_of(&entry.value, &entry.key.value)
    }

    /// A text of a list or a mapping, `field` being what the message calls it.
    pub(super) fn text_of(&mut self, node: &Node, field: &str) -> Option<Text> {
        let text = self.any_text(node, field)?;
        if text.value.trim().is_empty() {
            self.report(Finding::EmptyText { field: field.to_owned() }, text.span);
            return None;
        }
        Some(text)
    }

    /// A text, which may be empty.
    pub(super) fn any_text(&mut self, node: &Node, field: &str) -> Option<Text> {
        if let Some(text) = node.as_text() {
            return Some(text.clone());
        }
        let hint = match &node.kind {
            NodeKind::Scalar(text) if text.value.is_empty() => format!("write `{field}: …`"),
            NodeKind::Scalar(text) => format!("if the text is meant, quote it: `\"{}\"`", text.value),
            _ => format!("write one text: `{field}: …`"),
        };
        self.wrong_type(field, "a text", node, hint);
        None
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, fields: &mut Fields<'_>, field: &'static str, hint: &str) -> Option<Text> {
        match fields.take(field) {
            Some(entry) => self.text(Some(entry)),
            None => {
                self.missing(fields, field, hint);
                None
            }
        }
    }

    /// A time span, more than nothing. For a refused one something stands in, so that nobody calls it missing.
    pub(super) fn duration(&mut self, entry: Option<&Entry>) -> Option<Millis> {
        let entry = entry?;
        Some(self.duration_of(entry).unwrap_or(Spanned::new(1000, entry.value.span)))
    }

    fn duration_of(&mut self, entry: &Entry) -> Option<Millis> {
        let Some(text) = entry.value.as_text() else {
            let hint = match &entry.value.kind {
                NodeKind::Scalar(text) if !text.value.is_empty() => {
                    format!("say the unit: `{0}s` or `{0}m`", text.value)
                }
                _ => format!("write `{}: 30s`", entry.key.value),
            };
            self.wrong_type(&entry.key.value, "a time span", &entry.value, hint);
            return None;
        };
        // Checked before parsing: a number of a thousand digits is nobody's time span.
        let millis = (text.value.len() <= 64)
            .then(|| humantime::parse_duration(&text.value).ok())
            .flatten()
            .map(|duration| duration.as_millis())
            .filter(|millis| (1..=LONGEST_MS).contains(millis));
        match millis.and_then(|millis| u64::try_from(millis).ok()) {
            Some(millis) => Some(Spanned::new(millis, text.span)),
            None => {
                self.report(Finding::BadDuration { found: text.value.clone() }, text.span);
                None
            }
        }
    }

    /// A whole number.
    pub(super) fn integer(&mut self, entry: Option<&Entry>) -> Option<Spanned<i64>> {
        let entry = entry?;
        if let Some(number) = entry.value.to_value().as_i64() {
            return Some(Spanned::new(number, entry.value.span));
        }
        let hint = format!("write a whole number without quotes: `{}: 3`", entry.key.value);
        self.wrong_type(&entry.key.value, "a whole number", &entry.value, hint);
        None
    }

    /// A whole number in a range.
    pub(super) fn count(&mut self, entry: Option<&Entry>, range: RangeInclusive<u32>) -> Option<Spanned<u32>> {
        let entry = entry?;
        let number = self.integer(Some(entry))?;
        match u32::try_from(number.value).ok().filter(|n| range.contains(n)) {
            Some(value) => Some(Spanned::new(value, number.span)),
            None => {
                let (min, max) = (i64::from(*range.start()), i64::from(*range.end()));
                self.report(Finding::OutOfRange { field: entry.key.value.clone(), min, max }, number.span);
                None
            }
        }
    }

    /// One of a fixed choice of words.
    pub(super) fn word<T>(
        &mut self,
        entry: Option<&Entry>,
        words: &[&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let entry = entry?;
        let text = self.text(Some(entry))?;
        match read(&text.value) {
            Some(value) => Some(Spanned::new(value, text.span)),
            None => {
                self.unknown_word(&entry.key.value, &text, words);
                None
            }
        }
    }

    /// Says that a word is not one of a fixed choice.
    pub(super) fn unknown_word(&mut self, field: &str, text: &Text, words: &[&'static str]) {
        let similar = did_you_mean(&text.value, words.iter().copied());
        let known = Names::of(words);
        let finding = Finding::UnknownWord { field: field.to_owned(), found: text.value.clone(), similar, known };
        self.report(finding, text.span);
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, entry: &'n Entry) -> Option<&'n [Node]> {
        match &entry.value.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => {
                let hint = "write one `- …` a line, or `[a, b]`".to_owned();
                self.wrong_type(&entry.key.value, "a list", &entry.value, hint);
                None
            }
        }
    }

    /// The items of a list, or a single value in its place.
    pub(super) fn one_or_more<'n>(&mut self, entry: &'n Entry) -> &'n [Node] {
        match &entry.value.kind {
            NodeKind::Sequence(items) => items,
            _ => std::slice::from_ref(&entry.value),
        }
    }

    /// Names of steps: one or a list.
    pub(super) fn step_names(&mut self, entry: Option<&Entry>) -> Option<Vec<Spanned<StepId>>> {
        let entry = entry?;
        let mut names = Vec::new();
        for node in self.one_or_more(entry) {
            if let Some(text) = self.text_of(node, &entry.key.value) {
                names.extend(self.step_name(&text, "a step"));
            }
        }
        Some(names)
    }

    /// A name of a step.
    pub(super) fn step_name(&mut self, text: &Text, what: &str) -> Option<Spanned<StepId>> {
        match StepId::new(text.value.as_str()) {
            Ok(id) => Some(Spanned::new(id, text.span)),
            Err(_) => {
                self.report(Finding::BadName { what: what.to_owned(), found: text.value.clone() }, text.span);
                None
            }
        }
    }

    /// The id of a step or precondition.
    pub(super) fn id(&mut self, fields: &mut Fields<'_>, what: &'static str) -> Option<Spanned<StepId>> {
        let hint = "a short name that others refer to: `id: stop_nginx`";
        let text = self.required_text(fields, "id", hint)?;
        self.step_name(&text, what)
    }

    /// Names of hosts and groups: one text or a list of them.
    pub(super) fn hosts(&mut self, entry: Option<&Entry>) -> Option<Hosts> {
        let entry = entry?;
        let items = self.one_or_more(entry);
        let names: Vec<Text> = items.iter().filter_map(|node| self.text_of(node, "hosts")).collect();
        if items.is_empty() {
            self.report(Finding::EmptyText { field: "hosts".to_owned() }, entry.value.span);
        }
        Some(Hosts { span: entry.value.span, names })
    }

    /// A number of hosts or a percentage.
    pub(super) fn share(&mut self, node: &Node, field: &str, least: u32) -> Option<Spanned<Share>> {
        const MOST: u32 = 1_000_000;
        let share = match (node.to_value().as_i64(), node.as_text()) {
            (Some(number), _) => u32::try_from(number).ok().filter(|n| (least..=MOST).contains(n)).map(Share::Hosts),
            (None, Some(text)) => text
                .value
                .strip_suffix('%')
                .and_then(|digits| digits.trim_end().parse().ok())
                .filter(|percent| (least..=100).contains(percent))
                .map(Share::Percent),
            (None, None) => None,
        };
        match share {
            Some(share) => Some(Spanned::new(share, node.span)),
            None if matches!(node.kind, NodeKind::Refused) => None,
            None => {
                let found = node.as_text().map_or_else(|| node.describe(), |text| format!("`{}`", text.value));
                self.report(Finding::BadShare { field: field.to_owned(), found }, node.span);
                None
            }
        }
    }

    /// Keys and values of a mapping whose keys the author chooses.
    pub(super) fn named<'n>(&mut self, entry: Option<&'n Entry>) -> &'n [Entry] {
        let Some(entry) = entry else { return &[] };
        match &entry.value.kind {
            NodeKind::Mapping(entries) => entries,
            _ => {
                let hint = format!("write `{}: {{ NAME: value }}`", entry.key.value);
                self.wrong_type(&entry.key.value, "a mapping", &entry.value, hint);
                &[]
            }
        }
    }
}

// A hint without a guess is written often enough to have a name of its own.
pub(super) const NO_GUESS: DidYouMean = DidYouMean(None);
