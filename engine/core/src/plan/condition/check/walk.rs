//! The walk over a condition's tree: operators, functions and their kinds. What its names stand for is in `named.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};
use cel::{Context, Env, IdedExpr, Program, Value};

use super::functions::{FUNCTIONS, names as function_names};
use super::kind::{Kind, USUAL_ITEMS};
use super::named::path;
use crate::plan::NameTable;
use crate::plan::condition::walk::children;
use crate::plan::template::unknown;
use crate::source::{Finding, Names, Span, Spanned, did_you_mean};

/// Steps that the loops of one condition may take in all.
const MAX_LOOP: usize = 100_000;

/// Loops inside one another.
const MAX_LOOPS: usize = 2;

pub(super) struct Walk<'a> {
    env: &'a Arc<Env>,
    program: &'a Program,
    text: &'a str,
    pub(super) names: &'a dyn NameTable,
    pub(super) findings: Vec<Spanned<Finding>>,
    /// Loop variables, innermost last.
    pub(super) variables: Vec<(String, Kind)>,
    /// Items of the loops around this place.
    loops: Vec<usize>,
    /// `steps.STEP.OUTPUT` that the condition asks `has(…)` for somewhere.
    pub(super) tested: BTreeSet<(String, String)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(env: &'a Arc<Env>, program: &'a Program, text: &'a str, names: &'a dyn NameTable) -> Self {
        let mut tested = BTreeSet::new();
        let mut open = vec![program.expression()];
        while let Some(node) = open.pop() {
            if let Expr::Select(select) = &node.expr
                && select.test
                && let Some(["steps", step]) = path(&select.operand.expr).as_deref()
            {
                tested.insert(((*step).to_owned(), select.field.clone()));
            }
            children(&node.expr, |child| open.push(child));
        }
        Self { env, program, text, names, findings: Vec::new(), variables: Vec::new(), loops: Vec::new(), tested }
    }

    /// What an expression gives; everything wrong in it goes to the findings.
    pub(super) fn kind(&mut self, node: &IdedExpr) -> Kind {
        match &node.expr {
            Expr::Literal(literal) => self.literal(node, literal),
            Expr::Ident(name) => self.ident(node, name),
            Expr::Select(select) => self.select(node, select),
            Expr::Call(call) => self.call(node, call),
            Expr::List(list) => {
                let kinds: Vec<Kind> = list.elements.iter().map(|item| self.kind(item)).collect();
                let count = kinds.len();
                let item = kinds.into_iter().reduce(Kind::merge).unwrap_or(Kind::Unknown);
                Kind::List(Box::new(item), count)
            }
            Expr::Comprehension(comprehension) => self.comprehension(node, comprehension),
            Expr::Map(_) => self.refuse(node, Finding::NotInConditions { what: "a map" }),
            Expr::Struct(_) | Expr::Unspecified => self.refuse(node, Finding::NotInConditions { what: "a record" }),
        }
    }

    pub(super) fn refuse(&mut self, node: &IdedExpr, finding: Finding) -> Kind {
        let finding = Spanned::new(finding, self.span(node));
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
        Kind::Unknown
    }

    /// The bytes of a node and everything in it: a node's own offset is its operator's.
    fn span(&self, node: &IdedExpr) -> Span {
        let (mut start, mut end) = (usize::MAX, 0);
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if let Some((first, last)) = self.program.source_info().offset_for(node.id) {
                start = start.min(first as usize);
                end = end.max(last as usize + 1);
            }
            if let Expr::Select(select) = &node.expr {
                // The offset of a selection is its dot: the field follows it.
                let from = self.program.source_info().offset_for(node.id).map_or(0, |(_, last)| last as usize);
                if let Some(at) = self.text.get(from..).and_then(|rest| rest.find(&select.field)) {
                    end = end.max(from + at + select.field.len());
                }
            }
            children(&node.expr, |child| open.push(child));
        }
        let end = end.min(self.text.len());
        if matches!(node.expr, Expr::Literal(_)) && start <= end {
            Span::new(start, end)
        } else {
            self.whole_words(start, end)
        }
    }

    /// The offset of a call is its bracket: takes the function's name before it, and the bracket that closes it.
    fn whole_words(&self, mut start: usize, mut end: usize) -> Span {
        let text = self.text;
        if text.get(start..end).is_none() {
            return Span::new(0, text.len());
        }
        if text[start..].starts_with('(') {
            let name = text[..start].bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            start -= name;
        }
        for (open, close) in [('(', ')'), ('{', '}')] {
            let rest = &text[end..];
            if text[start..end].matches(open).count() > text[start..end].matches(close).count()
                && rest.trim_start().starts_with(close)
            {
                end += rest.len() - rest.trim_start().len() + 1;
            }
        }
        Span::new(start, end)
    }

    fn literal(&mut self, node: &IdedExpr, literal: &LiteralValue) -> Kind {
        match literal {
            LiteralValue::Boolean(_) => Kind::Boolean,
            LiteralValue::Int(_) => Kind::Integer,
            LiteralValue::Double(_) => Kind::Double,
            LiteralValue::String(_) => Kind::Text,
            LiteralValue::Null => Kind::Null,
            LiteralValue::Bytes(_) => self.refuse(node, Finding::NotInConditions { what: "a byte string" }),
            LiteralValue::UInt(_) => self.refuse(node, Finding::NotInConditions { what: "an unsigned number" }),
        }
    }

    /// Checks that an expression gives a kind.
    pub(super) fn wants(&mut self, node: &IdedExpr, wanted: &Kind, operator: &str) -> Kind {
        let kind = self.kind(node);
        if *wanted != Kind::Unknown && kind != Kind::Unknown && kind != *wanted {
            let finding =
                Finding::WrongOperand { operator: operator.to_owned(), needs: wanted.name(), kind: kind.name() };
            self.refuse(node, finding);
        }
        kind
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Kind {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => self.both_boolean(a, b, "&&"),
            (operators::LOGICAL_OR, [a, b]) => self.both_boolean(a, b, "||"),
            (operators::LOGICAL_NOT, [a]) => {
                self.wants(a, &Kind::Boolean, "!");
                Kind::Boolean
            }
            (operators::NOT_STRICTLY_FALSE, [a]) => {
                self.kind(a);
                Kind::Boolean
            }
            (operators::EQUALS | operators::NOT_EQUALS, [a, b]) => {
                let (left, right) = (self.kind(a), self.kind(b));
                if !left.compares(&right) && left != Kind::Null && right != Kind::Null {
                    self.refuse(node, Finding::CannotCompare { left: left.name(), right: right.name() });
                }
                Kind::Boolean
            }
            (operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS, [a, b]) => {
                let (left, right) = (self.kind(a), self.kind(b));
                if !left.compares(&right) || !left.has_order() || !right.has_order() {
                    self.refuse(node, Finding::CannotCompare { left: left.name(), right: right.name() });
                }
                Kind::Boolean
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.wants(condition, &Kind::Boolean, "?:");
                let (yes, no) = (self.kind(yes), self.kind(no));
                yes.merge(no)
            }
            (
                name @ (operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO),
                [a, b],
            ) => {
                let (left, right) = (self.kind(a), self.kind(b));
                self.arithmetic(node, name, left, right)
            }
            (operators::NEGATE, [a]) => self.kind(a),
            (operators::IN, [a, b]) => {
                let item = self.kind(a);
                match self.kind(b) {
                    Kind::List(of, _) if !of.compares(&item) => {
                        self.refuse(node, Finding::CannotCompare { left: item.name(), right: of.name() });
                    }
                    Kind::List(..) | Kind::Unknown => {}
                    other => {
                        let finding =
                            Finding::WrongOperand { operator: "in".to_owned(), needs: "a list", kind: other.name() };
                        self.refuse(b, finding);
                    }
                }
                Kind::Boolean
            }
            (operators::INDEX, [base, index]) => self.index(node, base, index),
            _ => self.function(node, call),
        }
    }

    fn both_boolean(&mut self, a: &IdedExpr, b: &IdedExpr, operator: &str) -> Kind {
        self.wants(a, &Kind::Boolean, operator);
        self.wants(b, &Kind::Boolean, operator);
        Kind::Boolean
    }

    fn arithmetic(&mut self, node: &IdedExpr, name: &str, left: Kind, right: Kind) -> Kind {
        let operator = name.trim_matches('_');
        let sum = matches!(name, operators::ADD);
        let shift = matches!(name, operators::ADD | operators::SUBSTRACT);
        match (left, right) {
            (Kind::Unknown, other) | (other, Kind::Unknown) => {
                if other.has_order() {
                    Kind::Unknown
                } else {
                    other
                }
            }
            (Kind::Integer, Kind::Integer) => Kind::Integer,
            (Kind::Double, Kind::Double) if name != operators::MODULO => Kind::Double,
            (Kind::Text, Kind::Text) if sum => Kind::Text,
            (Kind::List(a, n), Kind::List(b, m)) if sum => Kind::List(Box::new(a.merge(*b)), n.saturating_add(m)),
            (Kind::Duration, Kind::Duration) if shift => Kind::Duration,
            (Kind::Time, Kind::Duration) if shift => Kind::Time,
            (Kind::Duration, Kind::Time) if sum => Kind::Time,
            (Kind::Time, Kind::Time) if shift && !sum => Kind::Duration,
            (left, right) => {
                let finding =
                    Finding::WrongOperands { operator: operator.to_owned(), left: left.name(), right: right.name() };
                self.refuse(node, finding)
            }
        }
    }

    fn index(&mut self, node: &IdedExpr, base: &IdedExpr, index: &IdedExpr) -> Kind {
        if let Some(parts) = path(&base.expr)
            && !self.is_variable(parts[0])
        {
            let Expr::Literal(LiteralValue::String(key)) = &index.expr else {
                return match parts.as_slice() {
                    ["host", "vars"] if self.names.has_host() => self.wants(index, &Kind::Text, "host.vars[…]"),
                    ["steps", _, "by_host"] => self.named(node, &parts),
                    _ => {
                        let finding = unknown(&parts.join("."), self.names);
                        self.refuse(node, finding)
                    }
                };
            };
            let mut parts = parts;
            if parts.as_slice() != ["host", "vars"] {
                return self.named(node, &parts);
            }
            parts.push(key.inner());
            return self.named(node, &parts);
        }
        match self.kind(base) {
            Kind::List(item, _) => {
                self.wants(index, &Kind::Integer, "[…]");
                *item
            }
            Kind::Unknown => {
                self.kind(index);
                Kind::Unknown
            }
            other => {
                let finding =
                    Finding::WrongOperand { operator: "[…]".to_owned(), needs: "a list", kind: other.name() };
                self.refuse(base, finding)
            }
        }
    }

    fn function(&mut self, node: &IdedExpr, call: &CallExpr) -> Kind {
        let named = |f: &&super::functions::Function| f.name == call.func_name;
        let Some(function) = FUNCTIONS.iter().filter(named).find(|f| f.target.is_some() == call.target.is_some())
        else {
            let name = call.func_name.trim_matches(['_', '@']).to_owned();
            let finding = match FUNCTIONS.iter().find(named) {
                Some(other) => Finding::FunctionForm { name, before: other.target.is_some() },
                None => {
                    let known = function_names();
                    let similar = did_you_mean(&name, known.iter().map(String::as_str));
                    Finding::UnknownFunction { name, similar, known: Names(known) }
                }
            };
            return self.refuse(node, finding);
        };
        if let (Some(target), Some(wanted)) = (&call.target, &function.target) {
            self.wants(target, wanted, &call.func_name);
        }
        let most = function.arguments.len();
        if call.args.len() > most || call.args.len() + function.optional < most {
            let finding = Finding::ArgumentCount { name: call.func_name.clone(), given: call.args.len(), most };
            return self.refuse(node, finding);
        }
        for (argument, wanted) in call.args.iter().zip(function.arguments) {
            self.wants(argument, wanted, &call.func_name);
        }
        self.literals(node, call);
        function.gives.kind()
    }

    /// Evaluates what a literal argument makes of `duration`, `timestamp` and `matches`: the evaluator would complain
    /// only when the condition is asked for the first time, in the night.
    fn literals(&mut self, node: &IdedExpr, call: &CallExpr) {
        if !matches!(call.func_name.as_str(), "duration" | "timestamp" | "matches") {
            return;
        }
        let Some(last) = call.args.last() else { return };
        let Expr::Literal(LiteralValue::String(literal)) = &last.expr else { return };
        let mut probe = call.clone();
        let empty = || Expr::Literal(LiteralValue::String("".into()));
        if let Some(target) = &mut probe.target {
            target.expr = empty();
        } else if probe.args.len() == 2 {
            probe.args[0].expr = empty();
        }
        let probe = IdedExpr { id: node.id, expr: Expr::Call(probe) };
        if Value::resolve(&probe, &Context::with_env(Arc::clone(self.env))).is_err() {
            let finding = Finding::BadLiteral { function: call.func_name.clone(), literal: literal.inner().to_owned() };
            self.refuse(last, finding);
        }
    }

    fn comprehension(&mut self, node: &IdedExpr, c: &ComprehensionExpr) -> Kind {
        let (item, items) = match self.kind(&c.iter_range) {
            Kind::List(item, items) => (*item, items),
            Kind::Unknown => (Kind::Unknown, USUAL_ITEMS),
            other => {
                let finding =
                    Finding::WrongOperand { operator: "a loop".to_owned(), needs: "a list", kind: other.name() };
                return self.refuse(&c.iter_range, finding);
            }
        };
        self.loops.push(items.max(1));
        let steps = self.loops.iter().fold(1_usize, |steps, items| steps.saturating_mul(*items));
        if self.loops.len() > MAX_LOOPS || steps > MAX_LOOP {
            self.refuse(node, Finding::LoopTooLarge { loops: MAX_LOOPS, steps: MAX_LOOP });
        }
        let start = self.kind(&c.accu_init);
        let depth = self.variables.len();
        self.variables.push((c.iter_var.clone(), item));
        if let Some(second) = &c.iter_var2 {
            self.variables.push((second.clone(), Kind::Unknown));
        }
        // An empty list of nothing in particular becomes a list of what the loop adds to it.
        let start = match start {
            Kind::List(_, 0) => Kind::Unknown,
            other => other,
        };
        self.variables.push((c.accu_var.clone(), start));
        self.kind(&c.loop_cond);
        let step = self.kind(&c.loop_step);
        if let Some((_, accumulator)) = self.variables.last_mut() {
            *accumulator = match step {
                Kind::List(item, _) => Kind::List(item, items),
                other => other,
            };
        }
        let result = self.kind(&c.result);
        self.variables.truncate(depth);
        self.loops.pop();
        result
    }
}
