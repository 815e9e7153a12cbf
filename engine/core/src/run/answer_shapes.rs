//! What an answers file may hold.

use super::Word;
use crate::runbook::shape::{Shape, Value, field, required};

/// Every word that may be given beforehand, as it is written.
const WORDS: [&str; Word::ALL.len() - 1] = {
    let mut words = [""; Word::ALL.len() - 1];
    let (mut from, mut to) = (0, 0);
    while from < Word::ALL.len() {
        if Word::ALL[from].may_be_prepared() {
            words[to] = Word::ALL[from].as_str();
            to += 1;
        }
        from += 1;
    }
    words
};

/// A whole file.
pub static ANSWERS: Shape = Shape {
    name: "answers",
    place: "an answers file",
    fields: &[&[required(
        "answers",
        Value::List(&Value::Shape(&ANSWER)),
        "Each is used once, for the first ask it fits.",
    )]],
    either: &[],
};

/// One answer.
pub(crate) static ANSWER: Shape = Shape {
    name: "answer",
    place: "an answer",
    fields: &[&[
        required("step", Value::Said, "The path as the screen shows it: restart/@web-2/stop."),
        required("answer", Value::Word(&WORDS), "The word of the choice as the screen shows it."),
        field("reason", Value::Said, "Why; it stands in the record."),
        field("evidence", Value::Said, "What was seen; it stands in the record."),
        field("fact", Value::Said, "The fact that an approval asks for."),
        field("plan", Value::Said, "The plan's hash; needed to approve a step that destroys something."),
        field("typed", Value::Said, "The phrase that is typed in confirmation."),
        field("wait", Value::Duration, "How much longer, beside `answer: wait`."),
        field("as", Value::Said, "Who says it; in drills and rehearsals alone."),
    ]],
    either: &[],
};
