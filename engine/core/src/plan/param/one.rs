//! One value, for whoever types it: a form says what is wrong with it while it is typed, in the compiler's words.

use super::ParamValue;
use super::parse::{parse_value, written};
use crate::plan::Inventory;
use crate::runbook::syntax::ParamDecl;
use crate::runbook::tree::Node;
use crate::source::Diagnostic;

/// The value that a text would give a parameter, as `-p NAME=TEXT` does.
///
/// # Errors
/// What the compiler would say about it.
pub fn value_of(decl: &ParamDecl, inventory: &Inventory, text: &str) -> Result<ParamValue, Box<Diagnostic>> {
    parse_value(text, decl, Some(inventory)).map_err(|finding| Box::new(Diagnostic::new(finding, decl.name.span)))
}

/// A `default:`, an `example:` or a choice of `one_of:` as one would type it; `None` for what is no value.
#[must_use]
pub fn as_typed(node: &Node) -> Option<String> {
    written(node)
}
