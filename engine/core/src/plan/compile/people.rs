//! Approvals and manual steps.

use std::collections::BTreeMap;

use super::lower::{Lower, NO_ID};
use super::order::{id_span, unknown_step};
use super::table::{At, Scope};
use crate::plan::{Approve, Fact, Manual, StepIndex};
use crate::runbook::StepId;
use crate::runbook::syntax::{self, Runbook, StepKind};
use crate::source::{Diagnostic, DidYouMean, Finding, Names, Place, Spanned};

/// Of each step that an approval names: the approvals.
pub(super) fn approvals(runbook: &Runbook) -> BTreeMap<usize, Vec<usize>> {
    let positions = positions(runbook);
    let mut approved: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (approval, step) in runbook.steps.iter().enumerate() {
        let StepKind::Approve(approve) = &step.kind else { continue };
        for name in &approve.allows {
            if let Some(position) = positions.get(name.value.as_str()) {
                approved.entry(*position as usize).or_default().push(approval);
            }
        }
    }
    approved
}

fn positions(runbook: &Runbook) -> BTreeMap<&str, u32> {
    let named =
        runbook.steps.iter().zip(0..).filter_map(|(step, at)| step.id.as_ref().map(|id| (id.value.as_str(), at)));
    let mut positions = BTreeMap::new();
    for (name, at) in named {
        positions.entry(name).or_insert(at);
    }
    positions
}

impl Lower<'_> {
    /// An approval: everything it names exists, what it allows waits for it, what it shows has run.
    pub(super) fn approve(
        &mut self,
        approve: &syntax::Approve,
        step: &syntax::Step,
        at: At,
        scope: Scope<'_>,
    ) -> Option<Approve> {
        let approval = step.id.as_ref().map_or_else(|| NO_ID.to_owned(), |id| id.value.to_string());
        let positions = positions(scope.table.runbook);
        let mut allows = Vec::new();
        for name in &approve.allows {
            let Some(index) = self.top_step(name, &positions, scope) else { continue };
            allows.push(index);
            let Some(target) = scope.table.runbook.steps.get(index.0 as usize) else { continue };
            if !scope.table.is_before(at, At::Top(index.0 as usize)) {
                let finding = Finding::ApprovalTooLate { step: name.value.to_string(), approval: approval.clone() };
                let finding = Diagnostic::new(finding, name.span).with(&Place::Approved, id_span(target));
                self.findings.push(finding);
            }
            let changes = match &target.kind {
                StepKind::Command(command) => Self::effect_of(command).changes(),
                StepKind::Roll(_) | StepKind::Manual(_) | StepKind::Broken => true,
                _ => false,
            };
            if !changes {
                self.report(Finding::NothingToApprove { step: name.value.to_string() }, name.span);
            }
        }
        let mut show = Vec::new();
        for name in &approve.show {
            let Some(index) = self.top_step(name, &positions, scope) else { continue };
            show.push(index);
            if !scope.table.is_before(At::Top(index.0 as usize), at) {
                let finding = Finding::ShownTooLate { step: name.value.to_string(), approval: approval.clone() };
                self.report(finding, name.span);
            }
        }
        let mut of = Vec::new();
        for text in &approve.of {
            let start = self.scope(At::Start, false);
            of.extend(self.template(text, start).map(|template| super::command::known_text(&template)));
        }
        let fact = self.optional(approve.ask.as_ref(), |lower, ask| {
            let (question, answer) = (lower.template(&ask.question, scope), lower.expression(&ask.answer, scope));
            Some(Fact { question: question?, answer: answer? })
        });
        let by = approve.by.map_or(1, |by| by.value);
        Some(Approve { allows, show, by, of, not_starter: approve.not_starter, fact: fact? })
    }

    /// A step of the runbook by name. A step inside of a roll is named by its roll.
    fn top_step(
        &mut self,
        name: &Spanned<StepId>,
        positions: &BTreeMap<&str, u32>,
        scope: Scope<'_>,
    ) -> Option<StepIndex> {
        if let Some(position) = positions.get(name.value.as_str()) {
            return Some(StepIndex(*position));
        }
        let roll = match scope.table.find(name.value.as_str()) {
            Some(At::Inner { roll, .. }) => scope.table.runbook.steps.get(roll).and_then(|roll| roll.id.as_ref()),
            _ => None,
        };
        match roll {
            Some(roll) => {
                let similar = DidYouMean(Some(roll.value.to_string()));
                let known = Names::of(positions.keys());
                self.report(Finding::UnknownStep { step: name.value.to_string(), similar, known }, name.span);
            }
            None => self.findings.push(unknown_step(name.value.as_str(), name.span, positions)),
        }
        None
    }

    /// A manual step, which somebody or something checks.
    pub(super) fn manual(
        &mut self,
        manual: &syntax::Manual,
        step: &syntax::Step,
        name: &str,
        scope: Scope<'_>,
    ) -> Option<Manual> {
        let text = self.template(&manual.text, scope);
        let Some(verify) = &manual.verify else {
            self.report(Finding::ManualUnchecked { step: name.to_owned() }, step.kind_span);
            return None;
        };
        let verify = self.verify(verify, None, scope);
        Some(Manual { text: text?, verify: verify? })
    }
}
