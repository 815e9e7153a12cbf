//! What the files people write may hold, as data: one table for each kind of file.
//!
//! A decoder asks the table which fields there are, and the JSON Schema is made from it. What a table cannot say (a
//! name that must exist, a field that excludes another) the decoder says alone; `tests/schema.rs` puts every field
//! with every kind of value to both and refuses to see them disagree.

mod json;
mod tables;

pub use json::json_schema;
pub use tables::RUNBOOK;
pub(super) use tables::{
    APPROVE, ASK, GATE, GATE_PROBE, LOCK, MANUAL, PARAM, PRECONDITION, PROBE, PROMPTS, RETRY, ROLL, STEP, step_shape,
    step_words,
};

/// One mapping: how it is called and what it may hold.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the schema.
    pub name: &'static str,
    /// How messages call it: "a `run` step".
    pub place: &'static str,
    /// What it may hold, in the order a person would write it.
    pub fields: &'static [&'static [Field]],
    /// Fields of which exactly one is there; empty where there is no such choice.
    pub either: &'static [&'static str],
}

/// One field of a mapping.
#[derive(Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it holds.
    pub value: Value,
    /// Whether the mapping makes no sense without it.
    pub required: bool,
    /// What it is for: the help that an editor shows.
    pub doc: &'static str,
}

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// A text that says something.
    Text,
    /// A text, perhaps an empty one.
    AnyText,
    /// A text of this form (a regular expression), in words for people.
    Form(&'static str),
    /// A text, number or boolean that is read as the text it is written as, and says something.
    Said,
    /// As [`Value::Said`], perhaps empty.
    Written,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A time span.
    Duration,
    /// A time span, perhaps of nothing.
    Took,
    /// A whole number.
    Integer,
    /// A whole number of this range.
    Count(u32, u32),
    /// A number of hosts, at least this many, or a percentage.
    Share(u32),
    /// Anything.
    Any,
    /// Nothing written, or this.
    OrNothing(&'static Value),
    /// One of them, or a list of them.
    OneOrMore(&'static Value),
    /// As [`Value::OneOrMore`], at least one.
    AtLeastOne(&'static Value),
    /// A list.
    List(&'static Value),
    /// A list of at least one.
    Some(&'static Value),
    /// A program, which says something, and its arguments.
    Argv,
    /// Names of this form, and what each holds.
    Named(&'static str, &'static Value),
    /// A mapping.
    Shape(&'static Shape),
    /// One of several mappings.
    OneOf(&'static str, &'static [&'static Shape]),
    /// A word, or a mapping.
    WordOr(&'static str, &'static Shape),
}

impl Shape {
    /// Its fields.
    pub fn all(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.all().map(|field| field.name)
    }

    /// Whether it has a field.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}

/// A field that may be left out.
pub(crate) const fn field(name: &'static str, value: Value, doc: &'static str) -> Field {
    Field { name, value, required: false, doc }
}

/// A field that may not be left out.
pub(crate) const fn required(name: &'static str, value: Value, doc: &'static str) -> Field {
    Field { name, value, required: true, doc }
}
