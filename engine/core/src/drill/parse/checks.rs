//! What must be true.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::drill::check::{Check, CheckKind};
use crate::drill::moment::Moment;
use crate::plan::StepPath;
use crate::run::RecordKind;
use crate::runbook::StepId;
use crate::runbook::tree::Node;
use crate::source::{Finding, Names, did_you_mean};

const KINDS: [&str; 7] = ["exit", "client", "run", "record", "plan", "journal", "left"];
const CLIENT_KINDS: [&str; 3] = ["says", "refused_at_once", "refused_only_in"];

impl Reader {
    /// Checks, none of them with a name that is taken.
    pub(super) fn checks(&mut self, node: &Node, taken: &[String]) -> Vec<Check> {
        let items = self.list(node, "checks");
        let mut checks: Vec<Check> = Vec::new();
        for item in items {
            let Some(check) = self.check(item) else { continue };
            if checks.iter().any(|other| other.name == check.name) || taken.contains(&check.name) {
                self.report(Finding::DrillTwice { what: "check".to_owned(), name: check.name }, check.span);
            } else {
                checks.push(check);
            }
        }
        checks
    }

    fn check(&mut self, node: &Node) -> Option<Check> {
        self.mapping_of(node, "a check", "a mapping")?;
        let name = self.required(node, "a check", "name").and_then(|node| self.text(node, "name"));
        let kind = self.check_kind(node);
        Some(Check { name: name?, kind: kind?, span: node.span })
    }

    fn check_kind(&mut self, node: &Node) -> Option<CheckKind> {
        let kind = self.kind(node, "a check", &KINDS)?;
        let value = &kind.value;
        let place = format!("a check with `{}`", kind.key.value);
        match kind.key.value.as_str() {
            "exit" => {
                self.fields(node, &place, &["name", "exit"])?;
                let exit = self.count(value, "exit", u8::MAX.into())?;
                u8::try_from(exit).ok().map(CheckKind::Exit)
            }
            "client" => self.client_check(node, value),
            "run" => {
                self.fields(node, &place, &["name", "run", "hosts", "says"])?;
                let says = match node.get("says") {
                    Some(says) => Some(self.any_text(says, "says")?),
                    None => None,
                };
                Some(CheckKind::Run { hosts: self.hosts_of(node), script: self.text(value, "run")?, says })
            }
            "record" => {
                self.fields(node, &place, &["name", "record", "step", "with", "times", "within"])?;
                let times = match node.get("times") {
                    Some(times) => Some(usize::try_from(self.count(times, "times", 100_000)?).ok()?),
                    None => None,
                };
                let within_ms = match node.get("within") {
                    Some(within) => Some(self.duration(within, "within")?),
                    None => None,
                };
                Some(CheckKind::Record { moment: self.moment(node)?, times, within_ms })
            }
            "plan" => {
                self.fields(node, &place, &["name", "plan"])?;
                self.word(value, "plan", &["same"]).map(|_| CheckKind::PlanSame)
            }
            "journal" => {
                self.fields(node, &place, &["name", "journal"])?;
                self.word(value, "journal", &["witnessed"]).map(|_| CheckKind::JournalWitnessed)
            }
            _ => {
                self.fields(node, &place, &["name", "left"])?;
                self.word(value, "left", &["nothing"]).map(|_| CheckKind::LeftNothing)
            }
        }
    }

    fn client_check(&mut self, node: &Node, client: &Node) -> Option<CheckKind> {
        let known = self.clients.clone();
        let client = self.one_of(client, "client", &known);
        let kind = self.kind(node, "a check with `client`", &CLIENT_KINDS)?;
        let place = format!("a check with `client` and `{}`", kind.key.value);
        match kind.key.value.as_str() {
            "says" => {
                self.fields(node, &place, &["name", "client", "says", "hosts"])?;
                let (hosts, text) = (self.hosts_of(node), self.any_text(&kind.value, "says")?);
                Some(CheckKind::Says { client: client?, hosts, text })
            }
            "refused_at_once" => {
                self.fields(node, &place, &["name", "client", "refused_at_once"])?;
                let most = self.count(&kind.value, "refused_at_once", 1000)?;
                Some(CheckKind::RefusedAtOnce { client: client?, most: usize::try_from(most).ok()? })
            }
            _ => {
                self.fields(node, &place, &["name", "client", "refused_only_in"])?;
                let mut steps = Vec::new();
                for item in self.list(&kind.value, "refused_only_in") {
                    let Some(text) = self.text(item, "refused_only_in") else { continue };
                    match StepId::new(text) {
                        Ok(step) => steps.push(step),
                        Err(error) => self.report(Finding::DrillStep { why: error.to_string() }, item.span),
                    }
                }
                Some(CheckKind::RefusedOnlyIn { client: client?, steps })
            }
        }
    }

    /// `record`, `step` and `with` of a mapping whose fields were looked at.
    pub(super) fn moment(&mut self, node: &Node) -> Option<Moment> {
        let record = self.required(node, "this", "record").and_then(|node| self.record_name(node));
        let step = match node.get("step") {
            Some(step) => {
                let text = self.text(step, "step")?;
                match StepPath::parse(&text) {
                    Ok(path) => Some(path),
                    Err(error) => {
                        self.report(Finding::DrillStep { why: error.to_string() }, step.span);
                        return None;
                    }
                }
            }
            None => None,
        };
        let with = node.get("with").map_or_else(BTreeMap::new, |with| self.texts(with, "with"));
        let span = node.get("step").or(node.get("record")).map_or(node.span, |node| node.span);
        Some(Moment { record: record?, step, with, span })
    }

    fn record_name(&mut self, node: &Node) -> Option<&'static str> {
        let name = self.text(node, "record")?;
        let found = RecordKind::NAMES.iter().copied().find(|known| *known == name);
        if found.is_none() {
            let similar = did_you_mean(&name, RecordKind::NAMES.iter().copied());
            let (what, known) = ("record".to_owned(), Names::of(RecordKind::NAMES));
            self.report(Finding::DrillUnknown { what, name, similar, known }, node.span);
        }
        found
    }
}
