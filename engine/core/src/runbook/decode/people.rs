//! Steps that people answer.

use super::Decoder;
use super::fields::Fields;
use super::values::NO_GUESS;
use crate::runbook::shape::{APPROVE, ASK, MANUAL};
use crate::runbook::syntax::{Approve, Ask, Manual};
use crate::runbook::tree::{Entry, Node, NodeKind};
use crate::source::{Finding, Names};

impl Decoder {
    /// The body of `approve:`.
    pub(super) fn approve(&mut self, node: &Node) -> Option<Approve> {
        let mut fields = self.fields(node, &APPROVE)?;
        let allows = match fields.take("for") {
            Some(entry) => self.step_names(Some(entry)).unwrap_or_default(),
            None => {
                self.missing(&fields, "for", "name the steps it allows: `for: [restart]`");
                Vec::new()
            }
        };
        let approve = Approve {
            allows,
            show: self.step_names(fields.take("show")).unwrap_or_default(),
            by: self.count(fields.take("by"), 1..=100),
            of: match fields.take("of") {
                Some(entry) => self.one_or_more(entry).iter().filter_map(|n| self.text_of(n, "of")).collect(),
                None => Vec::new(),
            },
            not_starter: self.not_starter(fields.take("not")),
            ask: self.ask(fields.take("ask")),
        };
        self.finish(fields);
        Some(approve)
    }

    /// `not: starter`.
    fn not_starter(&mut self, entry: Option<&Entry>) -> bool {
        let Some(text) = self.text(entry) else { return false };
        if text.value != "starter" {
            let known = Names::of(["starter"]);
            let finding = Finding::UnknownWord { field: "not".to_owned(), found: text.value, similar: NO_GUESS, known };
            self.report(finding, text.span);
        }
        true
    }

    /// `ask: { question: …, answer: … }`.
    fn ask(&mut self, entry: Option<&Entry>) -> Option<Ask> {
        let mut fields = self.fields(&entry?.value, &ASK)?;
        let question = self.required_text(&mut fields, "question", "what the approver must have looked up");
        let answer = self.required_text(&mut fields, "answer", "the expression that knows it: `steps.compare.count`");
        self.finish(fields);
        Some(Ask { question: question?, answer: answer? })
    }

    /// The body of `manual:` and the `verify:` beside it.
    pub(super) fn manual(&mut self, node: &Node, fields: &mut Fields<'_>) -> Option<Manual> {
        let verify = self.verify(fields.take("verify"));
        if let NodeKind::Scalar(_) = &node.kind {
            let hint = "write `manual: { do: … }` and beside it `verify:`".to_owned();
            self.wrong_type("manual", "a mapping", node, hint);
            return None;
        }
        let mut body = self.fields(node, &MANUAL)?;
        let text = self.required_text(&mut body, "do", "say what the person does: `manual: { do: … }`");
        if let Some(entry) = body.pass("verify") {
            let finding = Finding::BelongsBeside { field: "verify".to_owned(), place: "manual".to_owned() };
            self.report(finding, entry.key.span);
        }
        self.finish(body);
        Some(Manual { text: text?, verify })
    }
}
