//! The title of an ask's dialog: verb, target, count.

use std::collections::BTreeSet;

use banister_core::plan::{Action, EffectClass};
use banister_core::run::{AskKind, Now, TaskIndex, Word};
use banister_core::view::duration;

use super::AskDialog;
use crate::ui::run::RunModel;
use crate::ui::run::view::clock;
use crate::ui::text::shown;

/// What kind of ask it is, in words.
pub(in crate::ui::run) fn kind(kind: AskKind) -> &'static str {
    match kind {
        AskKind::Pause => "pause",
        AskKind::Approve => "approval",
        AskKind::Manual => "work by hand",
        AskKind::Verify => "look at what was done",
        AskKind::Failure => "failed",
        AskKind::Unknown => "outcome unknown",
        AskKind::Timeout => "runs too long",
        AskKind::GateTimeout => "gate does not hold",
        AskKind::Stuck => "undo failed",
        AskKind::Lock => "host of another run",
    }
}

impl AskDialog {
    pub(super) fn title(&self, run: &RunModel) -> String {
        let path = &self.ask.id.path;
        match &self.form {
            None => format!("ASK {path}  {}", kind(self.ask.kind)),
            Some(form) => {
                let (target, hosts) = self.target(form.word, run);
                let hosts = match hosts {
                    0 => String::new(),
                    1 => "  1 host".to_owned(),
                    many => format!("  {many} hosts"),
                };
                shown(&format!("{} {target}{hosts}", form.word))
            }
        }
    }

    /// What a word is about, and on how many hosts.
    fn target(&self, word: Word, run: &RunModel) -> (String, usize) {
        let path = self.ask.id.path.to_string();
        let Some(view) = &run.view else { return (path, 1) };
        if let (AskKind::Approve, false, Some(approve)) = (self.ask.kind, word == Word::Refuse, self.approve(run)) {
            let steps = approve.allows.iter().filter_map(|at| view.plan().steps.get(at.0 as usize));
            let (mut names, mut hosts) = (Vec::new(), BTreeSet::new());
            for step in steps {
                names.push(step.id.to_string());
                hosts.extend(step.hosts.iter().copied());
                if let Action::Roll(roll) = &step.action {
                    hosts.extend(roll.batches.iter().flatten().copied());
                }
            }
            return (names.join(", "), hosts.len());
        }
        let task = view.state().graph().find(&self.ask.id.path);
        let bad = task.and_then(|task| view.step(task).sample).map_or(0, |sample| sample.bad_hosts as usize);
        let count = match word {
            Word::Exclude if self.ask.kind == AskKind::GateTimeout => bad,
            _ if task.is_some_and(|task| view.state().graph().host(task).is_none()) => 0,
            _ => 1,
        };
        (path, count)
    }

    /// What an approval lets somebody destroy, and where: `DESTROYS  on 1 host in PROD`; `None` if it is nothing.
    pub(super) fn destroys(&self, run: &RunModel) -> Option<String> {
        let (view, approve) = (run.view.as_ref()?, self.approve(run)?);
        let graph = view.state().graph();
        let is_allowed = |task: &TaskIndex| graph.top_of(*task).is_some_and(|top| approve.allows.contains(&top));
        let destroying = graph.tasks().filter(is_allowed).filter(|task| graph.effect(*task) == EffectClass::Destroy);
        let hosts: BTreeSet<_> = destroying.filter_map(|task| graph.host(task)).map(|host| &host.name).collect();
        let environment = shown(&view.plan().environment).to_uppercase();
        match hosts.len() {
            0 => None,
            1 => Some(format!("DESTROYS  on 1 host in {environment}")),
            many => Some(format!("DESTROYS  on {many} hosts in {environment}")),
        }
    }

    /// Whether what an approval allows can be taken back, as far as the plan says; `None` if nothing of it changes a host.
    pub(super) fn undo(&self, run: &RunModel) -> Option<&'static str> {
        let (view, approve) = (run.view.as_ref()?, self.approve(run)?);
        let (mut with, mut without) = (0, 0);
        for step in approve.allows.iter().filter_map(|at| view.plan().steps.get(at.0 as usize)) {
            let inner = match &step.action {
                Action::Roll(roll) => roll.steps.as_slice(),
                _ => std::slice::from_ref(step),
            };
            for step in inner {
                match &step.action {
                    Action::Command(command) if !command.effect.changes() => {}
                    Action::Command(command) if command.undo.is_empty() => without += 1,
                    Action::Command(_) => with += 1,
                    _ => {}
                }
            }
        }
        match (with, without) {
            (0, 0) => None,
            (0, _) => Some("the plan declares none"),
            (_, 0) => Some("the plan declares one, below"),
            _ => Some("the plan declares one for some of the steps, below"),
        }
    }

    /// How long it has waited.
    pub(super) fn waits(&self, run: &RunModel, now: &Now) -> String {
        let waited = now.wall.signed_duration_since(self.ask.since).num_seconds();
        let waited = duration(u64::try_from(waited).unwrap_or(0) * 1000);
        format!("since {}, waits {waited}", clock(run, self.ask.since))
    }
}
