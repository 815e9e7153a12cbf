//! Rolls and gates.

use super::Decoder;
use crate::runbook::GateTimeout;
use crate::runbook::shape::{GATE, ROLL};
use crate::runbook::syntax::{Gate, Roll};
use crate::runbook::tree::Node;

impl Decoder {
    /// The body of `gate:`.
    pub(super) fn gate(&mut self, node: &Node) -> Option<Gate> {
        let mut fields = self.fields(node, &GATE)?;
        let probe = match fields.take("probe") {
            Some(entry) => self.gate_probe(&entry.value),
            None => {
                self.missing(&fields, "probe", "say what is looked at: `gate: { probe: { run: … } }`");
                None
            }
        };
        let until = self.text(fields.take("until"));
        let every = self.duration(fields.take("every"));
        let samples = self.count(fields.take("samples"), 1..=10_000);
        let timeout = self.duration(fields.take("timeout"));
        let on_timeout = self.word(fields.take("on_timeout"), GateTimeout::WORDS, GateTimeout::from_word);
        let hosts = self.hosts(fields.take("hosts"));
        self.belongs_inside(&mut fields, &["run", "exec", "as", "env", "stdin", "cwd", "shell"], "probe");
        let span = fields.span;
        self.finish(fields);
        Some(Gate { probe: probe?, until, every, samples, timeout, on_timeout, hosts, span })
    }

    /// The body of `roll:`.
    pub(super) fn roll(&mut self, node: &Node) -> Option<Roll> {
        let mut fields = self.fields(node, &ROLL)?;
        let mut batch = Vec::new();
        if let Some(entry) = fields.take("batch") {
            for item in self.one_or_more(entry) {
                batch.extend(self.share(item, "batch", 1));
            }
        }
        let budget = fields.take("budget").and_then(|entry| self.share(&entry.value, "budget", 0));
        let gate = fields.take("gate").map(|entry| self.gate(&entry.value));
        let steps = self.steps_of(&mut fields);
        self.finish(fields);
        // A gate that was refused must not become a roll without a gate, which is another finding.
        let gate = match gate {
            Some(None) => return None,
            Some(gate) => gate,
            None => None,
        };
        Some(Roll { batch, budget, steps, gate })
    }
}
