//! Source text and what can be said about a place in it.
//!
//! It does not know YAML, steps or hosts: it joins words ([`Finding`]) to places ([`Span`]) and shows both.

mod diagnostic;
mod file;
mod render;
mod similar;
mod span;
mod visible;
mod wording;

pub use diagnostic::{Diagnostic, Related, Severity};
pub use file::{Position, SourceFile};
pub use render::{Look, render_human, render_json};
pub use similar::did_you_mean;
pub use span::{Span, Spanned};
pub use visible::{hidden, visible, visible_bytes};
pub use wording::{Chain, DidYouMean, Finding, Names, Place};
