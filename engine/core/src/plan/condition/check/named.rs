//! What the names in a condition stand for: loop variables, parameters, outputs, the host and the result.

use cel::IdedExpr;
use cel::common::ast::{Expr, SelectExpr, operators};

use super::kind::Kind;
use super::walk::Walk;
use crate::plan::template::{host_var, output_state, unknown};
use crate::plan::{OutputState, ParamValue};
use crate::source::{Finding, did_you_mean};

impl Walk<'_> {
    pub(super) fn ident(&mut self, node: &IdedExpr, name: &str) -> Kind {
        if let Some((_, kind)) = self.variables.iter().rev().find(|(variable, _)| variable == name) {
            return kind.clone();
        }
        if let Some(kind) = self.names.param(name) {
            let items = match self.names.value(name) {
                Some(ParamValue::Hosts(hosts)) => Some(hosts.len()),
                Some(ParamValue::List(items)) => Some(items.len()),
                _ => None,
            };
            return match Kind::of_param(kind, items) {
                Some(kind) => kind,
                None => self.refuse(node, Finding::SecretInCondition { name: name.to_owned() }),
            };
        }
        match name {
            "steps" => self.refuse(node, Finding::NameUnfinished { name: name.to_owned(), full: "steps.STEP.OUTPUT" }),
            "host" => self
                .refuse(node, Finding::NameUnfinished { name: name.to_owned(), full: "host.name` or `host.vars.NAME" }),
            "result" => self.refuse(
                node,
                Finding::NameUnfinished {
                    name: name.to_owned(),
                    full: "result.status`, `result.stdout`, `result.stderr` or `result.took",
                },
            ),
            "run" => self.refuse(node, Finding::NameUnfinished { name: name.to_owned(), full: "run.id" }),
            _ => {
                let finding = unknown(name, self.names);
                self.refuse(node, finding)
            }
        }
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|(variable, _)| variable == name) || self.names.param(name).is_some()
    }

    pub(super) fn select(&mut self, node: &IdedExpr, select: &SelectExpr) -> Kind {
        if let Some(mut parts) = path(&select.operand.expr) {
            parts.push(&select.field);
            if !self.is_variable(parts[0]) {
                let kind = self.named(node, &parts);
                return if select.test { Kind::Boolean } else { kind };
            }
        }
        // `steps.STEP.by_host["web-1"].OUTPUT`
        if let Expr::Call(call) = &select.operand.expr
            && call.func_name == operators::INDEX
            && let [base, host] = call.args.as_slice()
            && let Some(["steps", step, "by_host"]) = path(&base.expr).as_deref()
        {
            self.wants(host, &Kind::Text, "by_host[…]");
            if self.names.output(step, &select.field) != OutputState::Several {
                self.output(node, step, &select.field);
            }
            return if select.test { Kind::Boolean } else { Kind::Text };
        }
        match self.kind(&select.operand) {
            Kind::Unknown => Kind::Unknown,
            other => self.refuse(node, Finding::NoFields { field: select.field.clone(), kind: other.name() }),
        }
    }

    pub(super) fn named(&mut self, node: &IdedExpr, parts: &[&str]) -> Kind {
        let name = parts.join(".");
        match parts {
            ["run", "id"] => Kind::Text,
            ["host", ..] if !self.names.has_host() => self.refuse(node, Finding::HostHere { name }),
            ["host", "name"] => Kind::Text,
            ["host", "vars", var] => match host_var(var, self.names) {
                Ok(()) => Kind::Text,
                Err(finding) => self.refuse(node, finding),
            },
            ["result", ..] if !self.names.has_result() => self.refuse(node, Finding::ResultHere { name }),
            ["result", "status"] => Kind::Integer,
            ["result", "stdout" | "stderr"] => Kind::Text,
            ["result", "took"] => Kind::Duration,
            ["result", field] => {
                let known = ["status", "stdout", "stderr", "took"];
                let similar = did_you_mean(field, known);
                self.refuse(node, Finding::UnknownResult { field: (*field).to_owned(), similar })
            }
            ["steps", step, "by_host"] => {
                let full = "steps.STEP.by_host[\"HOST\"].OUTPUT";
                self.refuse(node, Finding::NameUnfinished { name: format!("steps.{step}.by_host"), full })
            }
            ["steps", step, output, ..] if self.names.output(step, output) == OutputState::Unclear => Kind::Unknown,
            ["steps", step, output] => self.output(node, step, output),
            ["steps", _] => self.refuse(node, Finding::NameUnfinished { name, full: "steps.STEP.OUTPUT" }),
            ["host", "vars"] => self.refuse(node, Finding::NameUnfinished { name, full: "host.vars.NAME" }),
            ["host" | "result" | "steps" | "run", ..] if parts.len() > 3 || parts[0] == "result" => {
                let field = parts.last().map_or_else(String::new, |field| (*field).to_owned());
                self.refuse(node, Finding::NoFields { field, kind: "a text" })
            }
            _ => {
                let finding = unknown(&name, self.names);
                self.refuse(node, finding)
            }
        }
    }

    fn output(&mut self, node: &IdedExpr, step: &str, output: &str) -> Kind {
        let tested = self.tested.contains(&(step.to_owned(), output.to_owned()));
        match output_state(step, output, self.names, tested) {
            Ok(()) => Kind::Text,
            Err(finding) => self.refuse(node, finding),
        }
    }
}

/// The dotted name an expression spells, `["steps", "build", "version"]`.
pub(super) fn path(mut expression: &Expr) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    loop {
        match expression {
            Expr::Ident(name) => {
                parts.push(name.as_str());
                parts.reverse();
                return Some(parts);
            }
            Expr::Select(select) if !select.test => {
                parts.push(select.field.as_str());
                expression = &select.operand.expr;
            }
            _ => return None,
        }
    }
}
