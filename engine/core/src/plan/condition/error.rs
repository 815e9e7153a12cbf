//! Why a condition has no answer.

/// Says why a condition could not be evaluated. It is never taken for *false*.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The compiler lets none of these through; a plan made by hand might hold one.
    #[error("the condition does not parse: {why}")]
    Parse {
        /// In the parser's words.
        why: String,
    },
    /// Longer than the limit.
    #[error("the condition has {length} characters, the limit is {limit}")]
    TooLong {
        /// Its characters.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// A name that nothing gives a value to, here and now.
    #[error("`{name}` has no value")]
    NotSet {
        /// The name as far as it is known.
        name: String,
    },
    /// It asks for a stream that was cut.
    #[error("`result.{stream}` is longer than 64 KiB; a condition is never evaluated on a part of it")]
    StreamCut {
        /// `stdout` or `stderr`.
        stream: &'static str,
    },
    /// It asks for a stream that is no text.
    #[error("`result.{stream}` is not UTF-8")]
    StreamNotUtf8 {
        /// `stdout` or `stderr`.
        stream: &'static str,
    },
    /// It evaluated to something else than true or false.
    #[error("the condition gave {kind}, not true or false")]
    NotBoolean {
        /// What it gave.
        kind: &'static str,
    },
    /// It evaluated to something that has no text.
    #[error("the expression gave {kind}, which is not a text, a number, true or false, a duration or a time")]
    NotText {
        /// What it gave.
        kind: &'static str,
    },
    /// Anything else that goes wrong on the way: a number that is none, an index too far.
    #[error("{why}")]
    Evaluate {
        /// In the evaluator's words.
        why: String,
    },
}
