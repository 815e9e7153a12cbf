//! Calling for a person: the bell and the title, once for each reason.

use std::collections::BTreeSet;

use banister_core::run::{Actor, AskId, Now, RecordKind};

use super::RunModel;
use crate::ui::{Heard, Order};

/// What somebody was called for already.
#[derive(Debug, Default)]
pub(super) struct Calls {
    asks: BTreeSet<AskId>,
    /// The screen has all that was written before it came.
    is_here: bool,
    /// The title calls for somebody.
    is_calling: bool,
}

/// The title when nobody is called for.
fn title(run: &RunModel) -> String {
    let runbook = run.view.as_ref().map_or("", |view| view.plan().runbook.as_str());
    format!("{runbook}  banister")
}

impl Calls {
    /// Takes what came, after it was folded. A replay calls nobody.
    pub(super) fn heard(&mut self, heard: &Heard, run: &mut RunModel, now: &Now) -> Vec<Order> {
        if run.replay || !matches!(heard, Heard::Record(_) | Heard::Welcome { .. } | Heard::Lost { .. }) {
            return Vec::new();
        }
        if let Heard::Lost { .. } = heard {
            return vec![self.call("LOST", "the engine")];
        }
        if run.is_behind() {
            return Vec::new();
        }
        let Some(view) = &run.view else { return Vec::new() };
        let was_here = std::mem::replace(&mut self.is_here, true);
        let fresh: Vec<AskId> = match heard {
            Heard::Record(record) if was_here => match &record.kind {
                RecordKind::AskOpened { ask, .. } => vec![ask.clone()],
                _ => Vec::new(),
            },
            // What waited when this screen came calls once in all.
            _ => view.state().asks().map(|ask| ask.id.clone()).collect(),
        };
        let fresh: Vec<AskId> = fresh.into_iter().filter(|ask| self.asks.insert(ask.clone())).collect();
        if let Some(first) = fresh.first() {
            let path = first.path.to_string();
            let text = match fresh.len() {
                1 => format!("ASK {path}: press a"),
                several => format!("ASK {path} and {} more: press a", several - 1),
            };
            run.say(text, true, now);
            return vec![self.call("ASK", &path)];
        }
        // The engine holds the run only for what a person must bring.
        let holds = match heard {
            Heard::Record(record) if was_here => {
                matches!(record.kind, RecordKind::RunHeld {}) && record.actor == (Actor::Engine {})
            }
            _ => view.state().is_held(),
        };
        if let (true, Some((why, _))) = (holds, view.lacks()) {
            let why = why.to_owned();
            run.say(format!("HELD {why}"), true, now);
            return vec![self.call("HELD", "by the engine")];
        }
        let Heard::Record(record) = heard else { return Vec::new() };
        match &record.kind {
            // A failure that the budget took, or that ended the run: nobody is asked, somebody should look.
            RecordKind::HostExcluded { host, .. } if record.actor == (Actor::Engine {}) && was_here => {
                vec![self.call("FAIL", host.as_str())]
            }
            RecordKind::RunStopped { path } if was_here => vec![self.call("FAIL", &path.to_string())],
            RecordKind::RunFinished { exit } | RecordKind::RunDrained { exit } => {
                vec![self.call("ended", &format!("with {exit}"))]
            }
            _ if self.is_calling && view.state().asks().next().is_none() && view.lacks().is_none() => {
                self.is_calling = false;
                vec![Order::Call { title: title(run), bell: false }]
            }
            _ => Vec::new(),
        }
    }

    fn call(&mut self, word: &str, what: &str) -> Order {
        self.is_calling = true;
        Order::Call { title: format!("{word} {what}  banister"), bell: true }
    }
}
