//! Reading the fields of one mapping.

use super::Decoder;
use super::other_words::{is_later, other_word};
use crate::runbook::shape::Shape;
use crate::runbook::tree::{Entry, Node, NodeKind};
use crate::source::{Finding, Names, Span, did_you_mean};

/// The fields of one mapping: what was asked for is what it takes, what is left over is unknown.
pub(super) struct Fields<'n> {
    /// How the mapping is called in messages: "a `run` step".
    pub(super) place: &'static str,
    /// All of it.
    pub(super) span: Span,
    /// What it may hold.
    pub(super) shape: &'static Shape,
    entries: &'n [Entry],
    known: Vec<&'static str>,
    /// Fields it does not take, about which something better was said than that.
    passed: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The entry of a field; from now on the mapping is known to take it.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'n Entry> {
        debug_assert!(self.shape.has(name), "the table of {} has no `{name}`", self.shape.name);
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.peek(name)
    }

    /// The entry of a field that does not belong here: the caller says so in words of its own.
    pub(super) fn pass(&mut self, name: &'static str) -> Option<&'n Entry> {
        self.passed.push(name);
        self.peek(name)
    }

    /// The entry of a field, without taking it.
    pub(super) fn peek(&self, name: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|e| e.key.value == name)
    }

    /// Whether a field was written.
    pub(super) fn has(&self, name: &str) -> bool {
        self.peek(name).is_some()
    }

    /// Everything written.
    pub(super) fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    /// Where to point when something is missing: at the first key, which is more than the mapping's first column.
    pub(super) fn head(&self) -> Span {
        self.entries.first().map_or(self.span, |e| e.key.span)
    }
}

impl Decoder {
    /// The fields of a value that must be a mapping.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, shape: &'static Shape) -> Option<Fields<'n>> {
        self.fields_of(node, shape, shape.place)
    }

    /// The same for a mapping that stands at several places.
    pub(super) fn fields_of<'n>(
        &mut self,
        node: &'n Node,
        shape: &'static Shape,
        place: &'static str,
    ) -> Option<Fields<'n>> {
        match &node.kind {
            NodeKind::Mapping(entries) => Some(Fields {
                place,
                span: node.span,
                shape,
                entries,
                known: Vec::with_capacity(24),
                passed: Vec::new(),
            }),
            NodeKind::Refused => None,
            _ => {
                let (place, found) = (place.to_owned(), node.describe());
                self.report(Finding::NotAMapping { place, found }, node.span);
                None
            }
        }
    }

    /// Says what is left over. Called last, when every field that the mapping takes was asked for.
    pub(super) fn finish(&mut self, fields: Fields<'_>) {
        for entry in fields.entries {
            let field = entry.key.value.as_str();
            if !fields.known.contains(&field) && !fields.passed.contains(&field) {
                let finding = unknown(field, &fields);
                self.report(finding, entry.key.span);
            }
        }
    }

    /// Says that a field is missing.
    pub(super) fn missing(&mut self, fields: &Fields<'_>, field: &str, hint: &str) {
        let finding =
            Finding::FieldMissing { field: field.to_owned(), place: fields.place.to_owned(), hint: hint.to_owned() };
        self.report(finding, fields.head());
    }
}

fn unknown(field: &str, fields: &Fields<'_>) -> Finding {
    let place = fields.place.to_owned();
    if let Some((right, why)) = other_word(field, fields.place).filter(|(right, _)| fields.known.contains(right)) {
        return Finding::OtherWord { field: field.to_owned(), place, right: right.to_owned(), why: why.to_owned() };
    }
    if is_later(field) {
        return Finding::NotInThisVersion { word: field.to_owned() };
    }
    let similar = did_you_mean(field, fields.known.iter().copied());
    Finding::UnknownField { field: field.to_owned(), place, similar, known: Names::of(&fields.known) }
}
