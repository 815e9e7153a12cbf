//! What a probe sees, as lines: of `plan --probe`, and of the plan's page.

use std::sync::Arc;

use banister_core::plan::Plan;
use banister_core::run::{ExitCode, HostIdentity, Record, RecordKind};
use banister_core::source::visible;
use banister_core::view::{Plain, RunView, duration};

/// One line about what was seen. It may be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// The line.
    pub(crate) text: String,
    /// It keeps a run from starting.
    pub(crate) is_bad: bool,
}

/// Puts what is seen into words.
pub(crate) struct Checks {
    view: RunView,
    plain: Plain,
}

impl Checks {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self { view: RunView::new(Arc::new(plan.clone())), plain: Plain::new() }
    }

    /// The lines of one record. `said` is the last line that a check wrote.
    pub(crate) fn lines(&mut self, record: &Record, said: Option<&str>) -> Vec<Check> {
        let line = |text: String| Check { is_bad: text.starts_with("FAIL"), text };
        let said = said.map(|said| line(format!("    it said: {}", visible(said))));
        if let Err(error) = self.view.apply(record) {
            return vec![line(format!("record {} cannot be shown: {error}", record.seq))];
        }
        let lines = match &record.kind {
            RecordKind::HostPreflighted { host, identity } => {
                let HostIdentity { machine, boot, .. } = identity;
                let text = format!("ok {host} can be used: machine {}, boot {}", visible(machine), visible(boot));
                vec![line(text)]
            }
            RecordKind::HostRefused { host, why } => {
                vec![line(format!("FAIL {host} cannot be used: {}", visible(why)))]
            }
            RecordKind::StepSucceeded { path, took_ms, .. } => {
                let task = self.view.state().graph().find(path);
                let title = task.map(|task| self.view.step(task).title).filter(|title| title != path.root().as_str());
                let title = title.map(|title| format!(" ({})", visible(&title))).unwrap_or_default();
                vec![line(format!("ok {path}{title} {}", duration(*took_ms)))]
            }
            // A probe is no run, and what it would do next is said at the end.
            RecordKind::RunPlanned { .. } | RecordKind::RunStarted { .. } | RecordKind::RunFinished { .. } => {
                return Vec::new();
            }
            _ => self.plain.lines(&self.view, record).into_iter().map(line).collect(),
        };
        lines.into_iter().chain(said).collect()
    }
}

/// What follows from what was seen; `refused` is what a run would have ended with.
pub(crate) fn conclusion(refused: Option<ExitCode>) -> String {
    match refused {
        None => "a run would start here: every host answers, every precondition holds; nothing was changed".to_owned(),
        // Its meaning says that nothing was changed.
        Some(exit @ ExitCode::PRECONDITION) => format!("a run would end here with {exit}: {}", exit.meaning()),
        Some(exit) => format!("a run would end here with {exit}: {}; nothing was changed", exit.meaning()),
    }
}
