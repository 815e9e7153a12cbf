//! One step.

use super::Decoder;
use super::fields::Fields;
use super::other_words::{is_later, other_word};
use crate::runbook::shape::{STEP, Shape, step_shape, step_words};
use crate::runbook::syntax::{CommandWord, Step, StepKind};
use crate::runbook::tree::{Entry, Node};
use crate::source::{Diagnostic, Finding, Names, Place};

impl Decoder {
    /// Reads a step; one that makes no sense is [`StepKind::Broken`] and still has its id, so that one mistake does
    /// not cause ten.
    pub(super) fn step(&mut self, node: &Node) -> Step {
        let mut step = Step {
            id: None,
            title: None,
            if_it_fails: None,
            needs: None,
            when: None,
            hosts: None,
            all_at_once: None,
            kind: StepKind::Broken,
            kind_span: node.span,
            span: node.span,
        };
        let Some(mut fields) = self.fields(node, &STEP) else { return step };
        step.kind_span = fields.head();
        step.id = self.id(&mut fields, "a step");
        let Some((entry, shape)) = self.kind(&fields) else { return step };
        (fields.place, fields.shape) = (shape.place, shape);
        step.kind_span = entry.key.span;
        step.title = self.text(fields.take("title"));
        step.if_it_fails = self.text(fields.take("if_it_fails"));
        step.needs = self.step_names(fields.take("needs"));
        step.when = self.text(fields.take("when"));
        let kind = entry.key.value.as_str();
        if matches!(kind, "run" | "exec" | "probe" | "gate" | "manual" | "roll") {
            step.hosts = self.hosts(fields.take("hosts"));
        }
        if matches!(kind, "run" | "exec") {
            step.all_at_once = self.text(fields.take("all_at_once"));
        }
        step.kind = self.kind_of(entry, &mut fields).unwrap_or(StepKind::Broken);
        self.finish(fields);
        step
    }

    fn kind_of(&mut self, entry: &Entry, fields: &mut Fields<'_>) -> Option<StepKind> {
        let node = &entry.value;
        match entry.key.value.as_str() {
            "run" => {
                fields.take("run");
                self.command_step(fields, CommandWord::Run).map(StepKind::Command)
            }
            "exec" => {
                fields.take("exec");
                self.command_step(fields, CommandWord::Exec).map(StepKind::Command)
            }
            "probe" => {
                fields.take("probe");
                self.command_step(fields, CommandWord::Probe).map(StepKind::Command)
            }
            "gate" => {
                fields.take("gate");
                self.gate(node).map(|gate| StepKind::Gate(Box::new(gate)))
            }
            "pause" => self.text(fields.take("pause")).map(StepKind::Pause),
            "note" => self.text(fields.take("note")).map(StepKind::Note),
            "wait" => self.duration(fields.take("wait")).map(StepKind::Wait),
            "approve" => {
                fields.take("approve");
                self.approve(node).map(|approve| StepKind::Approve(Box::new(approve)))
            }
            "manual" => {
                fields.take("manual");
                self.manual(node, fields).map(|manual| StepKind::Manual(Box::new(manual)))
            }
            _ => {
                fields.take("roll");
                self.roll(node).map(|roll| StepKind::Roll(Box::new(roll)))
            }
        }
    }

    /// The one field that says what the step does.
    fn kind<'n>(&mut self, fields: &Fields<'n>) -> Option<(&'n Entry, &'static Shape)> {
        let mut found = fields.entries().iter().filter_map(|entry| Some((entry, step_shape(&entry.key.value)?)));
        if let Some((first, shape)) = found.next() {
            let seconds: Vec<&Entry> = found.map(|(entry, _)| entry).collect();
            for second in &seconds {
                let (first_word, second_word) = (first.key.value.clone(), second.key.value.clone());
                let finding = Finding::TwoKinds { first: first_word, second: second_word };
                self.findings.push(Diagnostic::new(finding, second.key.span).with(&Place::FirstKind, first.key.span));
            }
            return seconds.is_empty().then_some((first, shape));
        }
        let later = fields.entries().iter().find(|entry| is_later(&entry.key.value));
        let slip = fields.entries().iter().find(|e| step_words().any(|kind| is_slip(&e.key.value, kind)));
        match (later, slip) {
            (Some(entry), _) => {
                self.report(Finding::NotInThisVersion { word: entry.key.value.clone() }, entry.key.span);
            }
            (None, Some(entry)) => {
                let field = entry.key.value.clone();
                let similar = step_words().find(|kind| is_slip(&field, kind)).map(str::to_owned);
                let similar = crate::source::DidYouMean(similar);
                self.report(
                    Finding::UnknownField {
                        field,
                        place: "a step".to_owned(),
                        similar,
                        known: Names::of(step_words()),
                    },
                    entry.key.span,
                );
            }
            (None, None) => self.report(Finding::NoKind { known: Names::of(step_words()) }, fields.head()),
        }
        None
    }
}

/// Whether a word was meant as a kind: a slip of the finger, or another tool's word.
fn is_slip(word: &str, kind: &str) -> bool {
    // Shorter words are near to everything.
    let near = word.len() > 2 && crate::source::did_you_mean(word, [kind]).0.is_some();
    near || other_word(word, "a step").is_some_and(|(right, _)| right == kind)
}
