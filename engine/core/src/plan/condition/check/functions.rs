//! The functions a condition may call. Everything that is not here is refused: what CEL offers beyond it has an order
//! that differs from run to run, a cost without a bound, or no use for a runbook.

use super::kind::Kind;

/// What a function takes and gives.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// What stands before the dot; `None`: it stands alone.
    pub(super) target: Option<Kind>,
    /// Its arguments; the last `optional` of them may be left out.
    pub(super) arguments: &'static [Kind],
    pub(super) optional: usize,
    pub(super) gives: Gives,
}

/// What a function gives.
pub(super) enum Gives {
    Boolean,
    Integer,
    Double,
    Text,
    Duration,
    Time,
    Texts,
}

impl Gives {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Boolean => Kind::Boolean,
            Self::Integer => Kind::Integer,
            Self::Double => Kind::Double,
            Self::Text => Kind::Text,
            Self::Duration => Kind::Duration,
            Self::Time => Kind::Time,
            // `split('')` of a stream has an item for each of its 64 Ki characters.
            Self::Texts => Kind::List(Box::new(Kind::Text), 64 << 10),
        }
    }
}

const fn alone(name: &'static str, arguments: &'static [Kind], gives: Gives) -> Function {
    Function { name, target: None, arguments, optional: 0, gives }
}

const fn of(target: Kind, name: &'static str, arguments: &'static [Kind], optional: usize, gives: Gives) -> Function {
    Function { name, target: Some(target), arguments, optional, gives }
}

const T: Kind = Kind::Text;
const I: Kind = Kind::Integer;
const ANY: Kind = Kind::Unknown;

/// All of them.
pub(super) static FUNCTIONS: &[Function] = &[
    alone("size", &[ANY], Gives::Integer),
    alone("int", &[ANY], Gives::Integer),
    alone("double", &[ANY], Gives::Double),
    alone("string", &[ANY], Gives::Text),
    alone("bool", &[ANY], Gives::Boolean),
    alone("duration", &[T], Gives::Duration),
    alone("timestamp", &[T], Gives::Time),
    alone("matches", &[T, T], Gives::Boolean),
    of(ANY, "size", &[], 0, Gives::Integer),
    of(T, "matches", &[T], 0, Gives::Boolean),
    of(T, "contains", &[T], 0, Gives::Boolean),
    of(T, "startsWith", &[T], 0, Gives::Boolean),
    of(T, "endsWith", &[T], 0, Gives::Boolean),
    of(T, "trim", &[], 0, Gives::Text),
    of(T, "lowerAscii", &[], 0, Gives::Text),
    of(T, "upperAscii", &[], 0, Gives::Text),
    of(T, "replace", &[T, T, I], 1, Gives::Text),
    of(T, "split", &[T, I], 1, Gives::Texts),
    of(T, "substring", &[I, I], 1, Gives::Text),
    of(T, "indexOf", &[T, I], 1, Gives::Integer),
    of(T, "lastIndexOf", &[T, I], 1, Gives::Integer),
    of(T, "charAt", &[I], 0, Gives::Text),
    of(ANY, "join", &[T], 1, Gives::Text),
    of(ANY, "getSeconds", &[T], 1, Gives::Integer),
    of(ANY, "getMinutes", &[T], 1, Gives::Integer),
    of(ANY, "getHours", &[T], 1, Gives::Integer),
    of(ANY, "getMilliseconds", &[T], 1, Gives::Integer),
    of(Kind::Time, "getFullYear", &[T], 1, Gives::Integer),
    of(Kind::Time, "getMonth", &[T], 1, Gives::Integer),
    of(Kind::Time, "getDate", &[T], 1, Gives::Integer),
    of(Kind::Time, "getDayOfWeek", &[T], 1, Gives::Integer),
];

/// The names of all functions and macros, to suggest one.
pub(super) fn names() -> Vec<String> {
    let macros = ["has", "all", "exists", "exists_one", "map", "filter"];
    let mut names: Vec<String> = FUNCTIONS.iter().map(|f| f.name).chain(macros).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}
