//! What is wrong with a source file, where, why, and what to do.

use super::{Finding, Place, Span};

/// Says how bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Runs, but somebody should look.
    Warning,
}

/// A second place that explains the first ("first defined here").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The other place.
    pub span: Span,
    /// What it is.
    pub label: String,
}

/// One finding about one source file. All of them are collected, never only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable code, `B` and four digits; people search for it.
    pub code: &'static str,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// The bytes it is about.
    pub span: Span,
    /// A few words at the underline; empty where the message says it all.
    pub label: String,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// What to do, one sentence.
    pub help: String,
}

impl Diagnostic {
    /// Says `finding` about the bytes of `span`.
    #[must_use]
    pub fn new(finding: Finding, span: Span) -> Self {
        Self {
            severity: finding.severity(),
            code: finding.code(),
            message: finding.message(),
            span,
            label: finding.label(),
            related: Vec::new(),
            help: finding.help(),
        }
    }

    /// The same with a second place that explains it.
    #[must_use]
    pub fn with(mut self, place: &Place, span: Span) -> Self {
        self.related.push(Related { span, label: place.to_string() });
        self
    }

    /// Whether it stops the runbook.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
