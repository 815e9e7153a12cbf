//! Source text and what can be said about a place in it.

mod diagnostic;
mod span;
mod wording;

pub use diagnostic::{Diagnostic, Related, Severity};
pub use span::{Span, Spanned};
pub use wording::{DidYouMean, Finding, Names, Place};
