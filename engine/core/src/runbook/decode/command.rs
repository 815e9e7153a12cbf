//! Commands and probes.

use super::Decoder;
use super::fields::Fields;
use crate::runbook::shape::{GATE_PROBE, PROBE, RETRY};
use crate::runbook::syntax::{Command, CommandStep, CommandText, CommandWord, Millis, Probe, Retry, Verify};
use crate::runbook::tree::{Entry, Node, NodeKind, Text};
use crate::runbook::{EffectClass, OnFailure, OnTimeout, OutputName, Shell};
use crate::source::{Diagnostic, Finding, Place, Spanned};

impl Decoder {
    /// A `run`, `exec` or `probe` step.
    pub(super) fn command_step(&mut self, fields: &mut Fields<'_>, word: CommandWord) -> Option<Box<CommandStep>> {
        let mut expect = self.text(fields.take("expect"));
        let mut timeout = self.duration(fields.take("timeout"));
        let command = match word {
            CommandWord::Probe => {
                let probe = fields.peek("probe").and_then(|entry| self.probe(&entry.value, "probe", "`probe`"));
                self.belongs_inside(fields, &["as", "env", "stdin", "cwd", "shell"], "probe");
                probe.map(|probe| {
                    let probe = self.with_outer(probe, expect.take(), timeout.take(), "probe");
                    (expect, timeout) = (probe.expect, probe.timeout);
                    probe.command
                })
            }
            CommandWord::Run | CommandWord::Exec => self.command(fields),
        };
        let mut step = CommandStep {
            word,
            command: command.unwrap_or_else(nothing),
            effect: None,
            expect,
            outputs: self.outputs(fields.take("outputs")),
            timeout,
            usual: self.duration(fields.take("usual")),
            retry: self.retry(fields.take("retry")),
            on_timeout: None,
            on_failure: self.word(fields.take("on_failure"), OnFailure::WORDS, OnFailure::from_word),
            verify: None,
            preview: None,
            undo: Vec::new(),
        };
        if word != CommandWord::Probe {
            let effect = fields.take("effect");
            step.effect = self.word(effect, EffectClass::WORDS, EffectClass::from_word).or_else(|| {
                // Stands in for a refused word, so that nothing more is asked of the step.
                effect.map(|entry| Spanned::new(EffectClass::Repeatable, entry.value.span))
            });
            step.on_timeout = self.word(fields.take("on_timeout"), OnTimeout::WORDS, OnTimeout::from_word);
            step.verify = self.verify(fields.take("verify"));
            if let Some(Entry { value, .. }) = fields.take("preview") {
                let refused = Probe { command: nothing(), expect: None, timeout: None, span: value.span };
                step.preview = Some(self.probe(value, "preview", "`preview`").unwrap_or(refused));
            }
            if let Some(entry) = fields.take("undo") {
                step.undo = self.list(entry).unwrap_or_default().iter().map(|node| self.step(node)).collect();
            }
        }
        // A step without its command is broken, but only now have all of its other fields been read.
        (!matches!(&step.command.what, CommandText::Argv(argv) if argv.is_empty())).then(|| Box::new(step))
    }

    /// `run:` or `exec:` and what stands around it.
    fn command(&mut self, fields: &mut Fields<'_>) -> Option<Command> {
        let (run, exec) = (fields.peek("run"), fields.peek("exec"));
        let what = match (run, exec) {
            (Some(run), _) => {
                fields.take("run");
                self.text(Some(run)).map(CommandText::Script)
            }
            (None, Some(exec)) => {
                fields.take("exec");
                self.argv(exec)
            }
            (None, None) => None,
        };
        let account = self.text(fields.take("as"));
        let env = self.env(fields.take("env"));
        let stdin = fields.take("stdin").and_then(|entry| self.any_text(&entry.value, "stdin"));
        let cwd = self.text(fields.take("cwd"));
        let shell = if run.is_some() { self.word(fields.take("shell"), Shell::WORDS, Shell::from_word) } else { None };
        Some(Command { what: what?, account, env, stdin, cwd, shell })
    }

    /// `exec: [program, argument]`.
    fn argv(&mut self, entry: &Entry) -> Option<CommandText> {
        if let NodeKind::Scalar(text) = &entry.value.kind {
            let hint = "write the program and each argument by itself: `exec: [ls, -l, /tmp]`; a shell line is `run:`";
            let found = Node { span: entry.value.span, kind: NodeKind::Scalar(text.clone()) };
            self.wrong_type("exec", "a list", &found, hint.to_owned());
            return None;
        }
        let items = self.list(entry)?;
        if items.is_empty() {
            self.report(Finding::EmptyText { field: "exec".to_owned() }, entry.value.span);
            return None;
        }
        // The program must say something; an argument may be empty.
        let texts = items.iter().enumerate().map(|(i, node)| match i {
            0 => self.text_of(node, "exec"),
            _ => self.any_text(node, "exec"),
        });
        let argv: Vec<Option<Text>> = texts.collect();
        argv.into_iter().collect::<Option<Vec<Text>>>().map(CommandText::Argv)
    }

    fn env(&mut self, entry: Option<&Entry>) -> Vec<(Spanned<String>, Text)> {
        let mut env = Vec::new();
        for entry in self.named(entry) {
            let name = &entry.key.value;
            let good = !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !good {
                self.report(Finding::BadVariable { found: name.clone() }, entry.key.span);
            }
            if let Some(value) = self.any_text(&entry.value, name) {
                env.push((Spanned::new(name.clone(), entry.key.span), value));
            }
        }
        env
    }

    fn outputs(&mut self, entry: Option<&Entry>) -> Vec<(Spanned<OutputName>, Text)> {
        let mut outputs = Vec::new();
        for entry in self.named(entry) {
            let name = OutputName::new(entry.key.value.as_str());
            if name.is_err() {
                let finding = Finding::BadName { what: "an output".to_owned(), found: entry.key.value.clone() };
                self.report(finding, entry.key.span);
            }
            let value = self.text(Some(entry));
            if let (Ok(name), Some(value)) = (name, value) {
                outputs.push((Spanned::new(name, entry.key.span), value));
            }
        }
        outputs
    }

    fn retry(&mut self, entry: Option<&Entry>) -> Option<Retry> {
        let entry = entry?;
        if let NodeKind::Scalar(text) = &entry.value.kind {
            let hint = format!("write `retry: {{ attempts: {}, delay: 5s }}`", text.value);
            self.wrong_type("retry", "a mapping", &entry.value, hint);
            return None;
        }
        let mut fields = self.fields(&entry.value, &RETRY)?;
        let attempts = match fields.take("attempts") {
            Some(attempts) => self.count(Some(attempts), 1..=100),
            None => {
                self.missing(&fields, "attempts", "how many attempts in all: `retry: { attempts: 3 }`");
                None
            }
        };
        let delay = self.duration(fields.take("delay"));
        self.finish(fields);
        Some(Retry { attempts: attempts?, delay })
    }

    /// `verify: { … }` or `verify: person`. For a refused one a person stands in, so that nobody calls it missing.
    pub(super) fn verify(&mut self, entry: Option<&Entry>) -> Option<Verify> {
        let entry = entry?;
        Some(self.verify_of(entry).unwrap_or(Verify::Person(entry.value.span)))
    }

    fn verify_of(&mut self, entry: &Entry) -> Option<Verify> {
        match entry.value.as_text() {
            Some(text) if text.value == "person" => Some(Verify::Person(text.span)),
            Some(_) => {
                let hint = "write `verify: { run: … }`, or `verify: person` where only a person can tell";
                self.wrong_type("verify", "a mapping or `person`", &entry.value, hint.to_owned());
                None
            }
            None => self.probe(&entry.value, "verify", "`verify`").map(|probe| Verify::Probe(Box::new(probe))),
        }
    }

    /// The body of `probe:`, `verify:` or `preview:`.
    pub(super) fn probe(&mut self, node: &Node, field: &str, place: &'static str) -> Option<Probe> {
        self.probe_with(node, field, place, true)
    }

    /// A gate's probe says with `until:` beside it what must hold.
    pub(super) fn gate_probe(&mut self, node: &Node) -> Option<Probe> {
        self.probe_with(node, "probe", "`probe`", false)
    }

    fn probe_with(&mut self, node: &Node, field: &str, place: &'static str, expects: bool) -> Option<Probe> {
        if let NodeKind::Scalar(_) = &node.kind {
            self.wrong_type(field, "a mapping", node, format!("write `{field}: {{ run: … }}`"));
            return None;
        }
        let mut fields = self.fields_of(node, if expects { &PROBE } else { &GATE_PROBE }, place)?;
        let later = fields.entries().iter().find(|e| super::other_words::is_later(&e.key.value));
        if let Some(entry) = later {
            self.report(Finding::NotInThisVersion { word: entry.key.value.clone() }, entry.key.span);
            return None;
        }
        if !fields.has("run") && !fields.has("exec") {
            self.missing(&fields, "run", "say what is run: `run: …`, or `exec: [ … ]` without a shell");
        }
        if let (Some(first), Some(second)) = (fields.peek("run"), fields.peek("exec")) {
            let finding = Finding::TwoKinds { first: "run".to_owned(), second: "exec".to_owned() };
            self.findings.push(Diagnostic::new(finding, second.key.span).with(&Place::FirstKind, first.key.span));
            fields.take("exec");
        }
        let command = self.command(&mut fields);
        let expect = if expects { self.text(fields.take("expect")) } else { None };
        if !expects && fields.has("expect") {
            let entry = fields.pass("expect");
            let finding = Finding::OtherWord {
                field: "expect".to_owned(),
                place: "the `probe` of a gate".to_owned(),
                right: "until".to_owned(),
                why: " and stands beside `probe:`".to_owned(),
            };
            self.report(finding, entry.map_or(fields.span, |e| e.key.span));
        }
        let timeout = self.duration(fields.take("timeout"));
        let span = fields.span;
        self.finish(fields);
        Some(Probe { command: command?, expect, timeout, span })
    }

    /// A probe with what was said beside it; saying it in both places is a finding.
    pub(super) fn with_outer(
        &mut self,
        mut probe: Probe,
        expect: Option<Text>,
        timeout: Option<Millis>,
        place: &str,
    ) -> Probe {
        let mut twice = |field: &str, outer, inner| {
            let finding = Finding::SaidTwice { field: field.to_owned(), place: place.to_owned() };
            self.findings.push(Diagnostic::new(finding, outer).with(&Place::AlsoHere, inner));
        };
        match (&probe.expect, expect) {
            (Some(inner), Some(outer)) => twice("expect", outer.span, inner.span),
            (None, outer) => probe.expect = outer,
            (Some(_), None) => {}
        }
        match (&probe.timeout, timeout) {
            (Some(inner), Some(outer)) => twice("timeout", outer.span, inner.span),
            (None, outer) => probe.timeout = outer,
            (Some(_), None) => {}
        }
        probe
    }

    /// Says that fields stand one level too high.
    pub(super) fn belongs_inside(&mut self, fields: &mut Fields<'_>, names: &[&'static str], place: &str) {
        for name in names {
            if let Some(entry) = fields.pass(name) {
                let finding = Finding::BelongsInside { field: (*name).to_owned(), place: place.to_owned() };
                self.report(finding, entry.key.span);
            }
        }
    }
}

/// Stands for a command that was refused, until the step is.
fn nothing() -> Command {
    let what = CommandText::Argv(Vec::new());
    Command { what, account: None, env: Vec::new(), stdin: None, cwd: None, shell: None }
}
