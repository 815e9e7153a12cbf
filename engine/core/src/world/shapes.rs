//! What a world file may hold.

use crate::run::ANSWER;
use crate::runbook::shape::{Field, Shape, Value, field, required};

/// What may be true behind an unknown outcome.
pub(super) const TRUTHS: &[&str] = &["done", "running", "never", "lost"];

/// Replies by the path of their step; `*` stands for all the others.
const REPLIES: Value = Value::Named(r"^(\*|[a-z].*)$", &Value::OneOf("replies", &[&REPLY, &ATTEMPTS, &SAMPLES]));

/// A whole file.
pub static WORLD: Shape = Shape {
    name: "world",
    place: "a world file",
    fields: &[&[
        required("world", Value::Text, "Its name, which stands in the first line of a rehearsal."),
        field("steps", REPLIES, "How the commands of steps and the samples of gates end."),
        field("verify", REPLIES, "What `verify` sees."),
        field("preview", REPLIES, "What `preview` sees."),
        field("answers", Value::List(&Value::Shape(&ANSWER)), "What people say."),
        field(
            "people",
            Value::Named("", &Value::List(&Value::AnyText)),
            "Who there is besides the operator, and their groups.",
        ),
    ]],
    either: &[],
};

const ENDINGS: &[Field] = &[
    field("status", Value::Count(0, 255), "The exit status; 0 if nothing is said."),
    field("stdout", Value::Written, "What is written to standard output."),
    field("stderr", Value::Written, "What is written to standard error."),
    field("took", Value::Took, "How long it takes."),
    field("unreachable", Value::Text, "Why the host cannot be reached; then nothing was started."),
    field("unknown", Value::Text, "Why nobody knows how it ended."),
    field("truth", Value::Word(TRUTHS), "What really happened, beside `unknown`."),
];

/// How one command ends.
pub(super) static REPLY: Shape = Shape { name: "reply", place: "a reply", fields: &[ENDINGS], either: &[] };

/// How one attempt after the other ends.
static ATTEMPTS: Shape = Shape {
    name: "attempts",
    place: "replies",
    fields: &[&[required("attempts", Value::Some(&Value::Shape(&REPLY)), "One for each attempt, the last repeated.")]],
    either: &[],
};

/// What one sample after the other sees.
static SAMPLES: Shape = Shape {
    name: "samples",
    place: "replies",
    fields: &[&[required("samples", Value::Some(&Value::Shape(&REPLY)), "One for each sample, the last repeated.")]],
    either: &[],
};
