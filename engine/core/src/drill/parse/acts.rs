//! What happens in a fault.

use super::reader::Reader;
use crate::drill::act::{Act, ActKind, When};
use crate::runbook::HostName;
use crate::runbook::tree::{Node, NodeKind};
use crate::source::Finding;

const KINDS: [&str; 12] = [
    "kill",
    "cut",
    "mend",
    "slow_login",
    "slow_next_login",
    "quick_login",
    "reboot",
    "replace",
    "fill",
    "free",
    "run",
    "resume",
];

impl Reader {
    pub(super) fn acts(&mut self, node: &Node) -> Vec<Act> {
        let items = self.list(node, "acts");
        let mut acts = Vec::new();
        for item in items {
            acts.extend(self.act(item));
        }
        self.order(&acts, items);
        acts
    }

    /// What can never come must not be waited for: a record behind an engine that has ended and was not resumed, and
    /// an engine that is resumed before it has ended.
    fn order(&mut self, acts: &[Act], items: &[Node]) {
        if acts.len() != items.len() {
            return;
        }
        let mut is_over = false;
        for (act, item) in acts.iter().zip(items) {
            is_over |= act.when == Some(When::Ended);
            let why = match (&act.when, &act.kind) {
                (Some(When::Record(_)), _) if is_over => "no record comes after the engine has ended",
                (_, ActKind::KillEngine) if is_over => "the engine has ended before",
                (_, ActKind::Resume(_)) if !is_over => "an engine is resumed when it has ended: write `when: ended`",
                _ => "",
            };
            if !why.is_empty() {
                self.report(Finding::DrillOrder { why: why.to_owned() }, item.span);
            }
            if matches!(act.kind, ActKind::Resume(_)) {
                is_over = false;
            }
        }
    }

    fn act(&mut self, node: &Node) -> Option<Act> {
        let kind = self.kind(node, "an act", &KINDS)?;
        let name = kind.key.value.as_str();
        self.fields(node, "an act", &["when", "after", name])?;
        let when = node.get("when").map(|when| self.when(when));
        let after_ms = match node.get("after") {
            Some(after) => self.duration(after, "after"),
            None => Some(0),
        };
        let value = &kind.value;
        let kind = match name {
            "kill" => self.word(value, "kill", &["engine"]).map(|_| ActKind::KillEngine),
            "cut" => self.host(value).map(ActKind::Cut),
            "mend" => self.host(value).map(ActKind::Mend),
            "quick_login" => self.host(value).map(ActKind::QuickLogin),
            "reboot" => self.host(value).map(ActKind::Reboot),
            "replace" => self.host(value).map(ActKind::Replace),
            "slow_login" => self.slow(value, "`slow_login`").map(|(host, by_ms)| ActKind::SlowLogin { host, by_ms }),
            "slow_next_login" => {
                self.slow(value, "`slow_next_login`").map(|(host, by_ms)| ActKind::SlowNextLogin { host, by_ms })
            }
            "fill" => self.place(value, "`fill`").map(|(host, dir)| ActKind::Fill { host, dir }),
            "free" => self.place(value, "`free`").map(|(host, dir)| ActKind::Free { host, dir }),
            "run" => {
                self.fields(value, "`run`", &["host", "script"])?;
                let host = self.host_in(value, "`run`");
                let script = self.required(value, "`run`", "script").and_then(|node| self.text(node, "script"));
                host.zip(script).map(|(host, script)| ActKind::Run { host, script })
            }
            _ => {
                self.fields(value, "`resume`", &["answers"])?;
                let answers = value.get("answers").map(|node| self.answers(node));
                Some(ActKind::Resume(answers.unwrap_or_default()))
            }
        };
        let when = match when {
            Some(None) => return None,
            Some(when) => when,
            None => None,
        };
        Some(Act { when, after_ms: after_ms?, kind: kind? })
    }

    fn when(&mut self, node: &Node) -> Option<When> {
        if matches!(node.kind, NodeKind::Scalar(_)) {
            return self.word(node, "when", &["ended"]).map(|_| When::Ended);
        }
        self.fields(node, "`when`", &["record", "step", "with"])?;
        self.moment(node).map(When::Record)
    }

    fn slow(&mut self, node: &Node, place: &str) -> Option<(HostName, u64)> {
        self.fields(node, place, &["host", "by"])?;
        let host = self.host_in(node, place);
        let by = self.required(node, place, "by").and_then(|node| self.duration(node, "by"));
        host.zip(by)
    }

    fn place(&mut self, node: &Node, place: &str) -> Option<(HostName, String)> {
        self.fields(node, place, &["host", "dir"])?;
        let host = self.host_in(node, place);
        let dir = self.required(node, place, "dir").and_then(|node| self.absolute(node, "dir"));
        host.zip(dir)
    }

    fn host_in(&mut self, node: &Node, place: &str) -> Option<HostName> {
        let host = self.required(node, place, "host")?;
        self.host(host)
    }
}
