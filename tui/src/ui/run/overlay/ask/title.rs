//! The title of an ask's dialog: verb, target, count.

use banister_core::plan::Action;
use banister_core::run::{AskKind, Now, Word};
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
            let (mut names, mut hosts) = (Vec::new(), std::collections::BTreeSet::new());
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

    /// How long it has waited.
    pub(super) fn waits(&self, run: &RunModel, now: &Now) -> String {
        let waited = run.clock(now).wall.signed_duration_since(self.ask.since).num_seconds();
        let waited = duration(u64::try_from(waited).unwrap_or(0) * 1000);
        format!("since {}, waits {waited}", clock(run, self.ask.since))
    }
}
