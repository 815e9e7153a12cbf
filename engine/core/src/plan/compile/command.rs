//! Commands, probes and what judges them.

use super::lower::Lower;
use super::table::{At, Scope};
use crate::plan::{
    Command, CommandKind, CommandStep, EffectClass, EnvEntry, EnvValue, HoleSource, OnFailure, OnTimeout, Output,
    Probe, Retry, Shell, Stdin, Template, TextOrSecret, Verify,
};
use crate::runbook::StepId;
use crate::runbook::syntax::{self, CommandText, CommandWord};
use crate::runbook::tree::Text;
use crate::source::{Finding, Spanned};

/// Milliseconds a reading command may take where nobody says: long enough for a slow disk, short enough for a night.
const READ_TIMEOUT_MS: u64 = 30_000;
/// Milliseconds between two attempts where nobody says.
const RETRY_DELAY_MS: u64 = 1_000;

/// Around what a command is checked.
#[derive(Clone, Copy)]
pub(super) struct Around<'r> {
    /// The name of the step it belongs to.
    pub(super) step: &'r str,
    /// Whether the step compensates another.
    pub(super) undo: bool,
}

impl Lower<'_> {
    /// What a command step does to its host.
    pub(super) fn effect_of(step: &syntax::CommandStep) -> EffectClass {
        match (&step.effect, step.word) {
            (Some(effect), _) => effect.value,
            (None, CommandWord::Probe) => EffectClass::Read,
            (None, CommandWord::Run | CommandWord::Exec) => EffectClass::Once,
        }
    }

    /// A `run`, `exec` or `probe` step.
    pub(super) fn command_step(
        &mut self,
        step: &syntax::CommandStep,
        written: &syntax::Step,
        scope: Scope<'_>,
        around: Around<'_>,
    ) -> Option<CommandStep> {
        let effect = Self::effect_of(step);
        self.command_rules(step, written, effect, scope, around);
        let runbook = scope.table.runbook;
        let timeout_ms = step.timeout.or(runbook.timeout).map(|t| t.value);
        let timeout_ms = timeout_ms.or_else(|| (!effect.changes()).then_some(READ_TIMEOUT_MS));
        let judged = Scope { has_result: true, ..scope };
        let command = self.command(&step.command, scope);
        let expect = self.optional(step.expect.as_ref(), |lower, text| lower.condition(text, judged));
        let mut outputs = Vec::with_capacity(step.outputs.len());
        for (name, text) in &step.outputs {
            if let Some(value) = self.expression(text, judged) {
                outputs.push(Output { name: name.value.clone(), value });
            }
        }
        let verify = self.optional(step.verify.as_ref(), |lower, verify| lower.verify(verify, step.timeout, scope));
        let preview = self.optional(step.preview.as_ref(), |lower, preview| lower.probe(preview, step.timeout, scope));
        let undo = self.undo(step, scope);
        if matches!(step.verify, Some(syntax::Verify::Person(_))) && !around.undo {
            self.prompt(written.kind_span, scope.at);
        }
        let (command, expect, verify, preview) = (command?, expect?, verify?, preview?);
        if effect == EffectClass::Destroy {
            self.only_what_was_approved(step, &command, preview.as_ref(), scope, around);
        }
        Some(CommandStep {
            effect,
            command,
            expect,
            outputs,
            timeout_ms,
            usual_ms: step.usual.or(runbook.usual).map(|u| u.value),
            retry: Retry {
                attempts: step.retry.as_ref().map_or(1, |r| r.attempts.value),
                delay_ms: step.retry.as_ref().and_then(|r| r.delay).map_or(RETRY_DELAY_MS, |d| d.value),
            },
            on_timeout: step.on_timeout.map_or(OnTimeout::Ask, |o| o.value),
            on_failure: step.on_failure.map_or(OnFailure::Ask, |o| o.value),
            verify,
            preview,
            undo,
        })
    }

    /// What keeps a changing command safe.
    fn command_rules(
        &mut self,
        step: &syntax::CommandStep,
        written: &syntax::Step,
        effect: EffectClass,
        scope: Scope<'_>,
        around: Around<'_>,
    ) {
        let name = || around.step.to_owned();
        let place = step.effect.map_or(written.kind_span, |effect| effect.span);
        if matches!(effect, EffectClass::Once | EffectClass::Destroy) && step.verify.is_none() {
            self.report(Finding::VerifyMissing { step: name(), effect: effect.word().to_owned() }, place);
        }
        if effect.changes() && step.timeout.is_none() && scope.table.runbook.timeout.is_none() {
            self.report(Finding::TimeoutMissing { step: name() }, written.kind_span);
        }
        if let Some(on_failure) = step.on_failure.filter(|o| o.value == OnFailure::Undo && step.undo.is_empty()) {
            self.report(Finding::UndoMissing { step: name() }, on_failure.span);
        }
        if effect == EffectClass::Destroy && around.undo {
            self.report(Finding::UndoDestroys { step: name() }, place);
        } else if effect == EffectClass::Destroy {
            if step.preview.is_none() {
                self.report(Finding::PreviewMissing { step: name() }, place);
            }
            if self.approvals(scope.at).is_empty() {
                let named =
                    scope.at.top().and_then(|top| scope.table.runbook.steps.get(top)).and_then(|s| s.id.as_ref());
                let step = named.map_or_else(name, |id| id.value.to_string());
                self.report(Finding::ApprovalMissing { step }, place);
            }
        }
    }

    /// A destroying step may use only what was set when it was approved: what is approved is what runs.
    fn only_what_was_approved(
        &mut self,
        step: &syntax::CommandStep,
        command: &Command,
        preview: Option<&Probe>,
        scope: Scope<'_>,
        around: Around<'_>,
    ) {
        if around.undo {
            return;
        }
        for approval in self.approvals(scope.at).to_vec() {
            let Some(id) = scope.table.runbook.steps.get(approval).and_then(|s| s.id.as_ref()) else { continue };
            let commands = [
                Some((command, &step.command)),
                preview.map(|p| &p.command).zip(step.preview.as_ref().map(|p| &p.command)),
            ];
            for (lowered, written) in commands.into_iter().flatten() {
                for (step, output) in outputs_used(lowered) {
                    let known =
                        scope.table.find(step.as_str()).is_none_or(|at| scope.table.is_before(at, At::Top(approval)));
                    if !known {
                        let name = format!("steps.{step}.{output}");
                        let span = self.find_in_command(written, &name).unwrap_or(id.span);
                        let finding = Finding::OutputAfterApproval {
                            step: step.to_string(),
                            output,
                            approval: id.value.to_string(),
                        };
                        self.report(finding, span);
                    }
                }
            }
        }
    }

    /// Where a name stands in a command.
    fn find_in_command(&self, command: &syntax::Command, name: &str) -> Option<crate::source::Span> {
        let what = match &command.what {
            CommandText::Script(text) => std::slice::from_ref(text),
            CommandText::Argv(argv) => argv.as_slice(),
        };
        let env = command.env.iter().map(|(_, text)| text);
        let texts = what.iter().chain(env).chain(&command.stdin).chain(&command.cwd);
        texts.into_iter().find_map(|text| text.value.find(name).map(|at| text.locate(self.source, at..at + name.len())))
    }

    /// What is run, as whom, where and with what around it.
    pub(super) fn command(&mut self, command: &syntax::Command, scope: Scope<'_>) -> Option<Command> {
        let kind = match &command.what {
            CommandText::Script(text) => {
                let shell = command.shell.map_or(Shell::Sh, |shell| shell.value);
                self.script(text, shell, scope).map(|text| CommandKind::Script { shell, text })
            }
            CommandText::Argv(argv) => {
                let argv: Vec<Option<Template>> = argv.iter().map(|text| self.template(text, scope)).collect();
                argv.into_iter().collect::<Option<_>>().map(|argv| CommandKind::Exec { argv })
            }
        };
        let account = self.optional(command.account.as_ref(), |lower, text| lower.account(text, scope));
        let mut env = Vec::with_capacity(command.env.len());
        for (name, text) in &command.env {
            let value = match self.text_or_secret(text, scope) {
                Some(TextOrSecret::Text(template)) => EnvValue::Text(template),
                Some(TextOrSecret::Secret(param)) => EnvValue::Secret(param),
                None => continue,
            };
            env.push(EnvEntry { name: name.value.clone(), value });
        }
        let stdin = self.optional(command.stdin.as_ref(), |lower, text| {
            Some(match lower.text_or_secret(text, scope)? {
                TextOrSecret::Text(template) => Stdin::Text(template),
                TextOrSecret::Secret(param) => Stdin::Secret(param),
            })
        });
        let cwd = self.optional(command.cwd.as_ref(), |lower, text| lower.template(text, scope));
        Some(Command { kind: kind?, account: account?, env, stdin: stdin?, cwd: cwd? })
    }

    /// `as:` is known before the run, so that its rights can be looked at before anything is changed.
    fn account(&mut self, text: &Text, scope: Scope<'_>) -> Option<String> {
        let template = self.template(text, scope)?;
        if template.holes().any(|hole| !matches!(hole.source, HoleSource::Param(_))) {
            self.report(Finding::AccountUnknown { why: "this is filled in while it runs" }, text.span);
            return None;
        }
        let account = known_text(&template);
        let name = account.strip_suffix('$').unwrap_or(&account);
        let good = template.holes().next().is_some()
            || (name.len() <= 64
                && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
        if !good {
            self.report(Finding::AccountUnknown { why: "this is no account's name" }, text.span);
        }
        good.then_some(account)
    }

    /// A reading command and what must come back. Its time limit is its own, the step's, the runbook's, or 30 s.
    pub(super) fn probe(
        &mut self,
        probe: &syntax::Probe,
        outer: Option<Spanned<u64>>,
        scope: Scope<'_>,
    ) -> Option<Probe> {
        let command = self.command(&probe.command, scope);
        let judged = Scope { has_result: true, ..scope };
        let expect = self.optional(probe.expect.as_ref(), |lower, text| lower.condition(text, judged));
        let timeout = probe.timeout.or(outer).or(scope.table.runbook.timeout);
        Some(Probe { command: command?, expect: expect?, timeout_ms: timeout.map_or(READ_TIMEOUT_MS, |t| t.value) })
    }

    /// What decides whether a step really did what it should.
    pub(super) fn verify(
        &mut self,
        verify: &syntax::Verify,
        outer: Option<Spanned<u64>>,
        scope: Scope<'_>,
    ) -> Option<Verify> {
        match verify {
            syntax::Verify::Person(_) => Some(Verify::Person),
            syntax::Verify::Probe(probe) => self.probe(probe, outer, scope).map(Verify::Probe),
        }
    }
}

/// The outputs of other steps that a command takes.
fn outputs_used(command: &Command) -> Vec<(StepId, String)> {
    let what = match &command.kind {
        CommandKind::Script { text, .. } => std::slice::from_ref(text),
        CommandKind::Exec { argv } => argv.as_slice(),
    };
    let env = command.env.iter().filter_map(|entry| match &entry.value {
        EnvValue::Text(text) => Some(text),
        EnvValue::Secret(_) => None,
    });
    let stdin = command.stdin.iter().filter_map(|stdin| match stdin {
        Stdin::Text(text) => Some(text),
        Stdin::Secret(_) => None,
    });
    let texts = what.iter().chain(env).chain(stdin).chain(&command.cwd);
    let used = texts.flat_map(Template::holes).filter_map(|hole| match &hole.source {
        HoleSource::Output { step, output } => Some((step.clone(), output.to_string())),
        _ => None,
    });
    used.collect()
}

/// A text whose holes are only named: for sentences that must be known before the run.
pub(super) fn known_text(template: &Template) -> String {
    use crate::plan::Piece;
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Hole(hole) => format!("{{{{ {} }}}}", hole.source),
    };
    template.pieces.iter().map(piece).collect()
}
