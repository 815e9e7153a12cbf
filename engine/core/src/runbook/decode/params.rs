//! Declarations of parameters.

use super::Decoder;
use crate::runbook::shape::PARAM;
use crate::runbook::syntax::ParamDecl;
use crate::runbook::tree::{Entry, Node, NodeKind};
use crate::runbook::{ParamName, ParamType};
use crate::source::{Finding, Spanned};

impl Decoder {
    /// `params:`, names and what each takes.
    pub(super) fn params(&mut self, entry: Option<&Entry>) -> Vec<ParamDecl> {
        self.named(entry).iter().filter_map(|entry| self.param(entry)).collect()
    }

    fn param(&mut self, entry: &Entry) -> Option<ParamDecl> {
        let name = ParamName::new(entry.key.value.as_str());
        if name.is_err() {
            let finding = Finding::BadName { what: "a parameter".to_owned(), found: entry.key.value.clone() };
            self.report(finding, entry.key.span);
        }
        let mut fields = self.fields(&entry.value, &PARAM)?;
        let written = fields.take("type");
        let kind = match written {
            None => Some(Spanned::new(ParamType::Text, entry.key.span)),
            Some(_) => self.word(written, ParamType::WORDS, ParamType::from_word),
        };
        let prompt = self.text(fields.take("prompt"));
        let example = fields.take("example").map(|e| e.value.clone());
        let default = fields.take("default").map(|e| e.value.clone());
        let must_not_be = fields.take("must_not_be").map(|e| self.one_or_more(e).to_vec()).unwrap_or_default();
        let one_of = fields.take("one_of").and_then(|e| self.list(e)).map(<[Node]>::to_vec);
        let pattern = self.text(fields.take("pattern"));
        let min = self.integer(fields.take("min"));
        let max = self.integer(fields.take("max"));
        self.finish(fields);
        let name = Spanned::new(name.ok()?, entry.key.span);
        // A parameter of an unknown type is still declared, and nobody is asked for its value.
        let refused = || Node { span: entry.key.span, kind: NodeKind::Refused };
        let default = default.or_else(|| kind.is_none().then(refused));
        let kind = kind.unwrap_or(Spanned::new(ParamType::Text, entry.key.span));
        Some(ParamDecl { name, kind, prompt, example, default, must_not_be, one_of, pattern, min, max })
    }
}
