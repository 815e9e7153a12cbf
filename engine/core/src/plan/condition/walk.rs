//! Walking an expression's tree.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};

/// Calls `visit` for each direct part of an expression.
pub(super) fn children<'e>(expression: &'e Expr, mut visit: impl FnMut(&'e IdedExpr)) {
    match expression {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Call(call) => {
            call.target.iter().for_each(|target| visit(target));
            call.args.iter().for_each(visit);
        }
        Expr::Comprehension(c) => {
            [&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result].into_iter().for_each(visit);
        }
        Expr::List(list) => list.elements.iter().for_each(visit),
        Expr::Select(select) => visit(&select.operand),
        Expr::Map(map) => map.entries.iter().for_each(|entry| entry_children(&entry.expr, &mut visit)),
        Expr::Struct(s) => s.entries.iter().for_each(|entry| entry_children(&entry.expr, &mut visit)),
    }
}

fn entry_children<'e>(entry: &'e EntryExpr, visit: &mut impl FnMut(&'e IdedExpr)) {
    match entry {
        EntryExpr::StructField(field) => visit(&field.value),
        EntryExpr::MapEntry(entry) => {
            visit(&entry.key);
            visit(&entry.value);
        }
    }
}
