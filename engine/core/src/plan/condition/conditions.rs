//! The cache of compiled conditions.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cel::{Context, Env, ExecutionError, Program, Value};
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, Utc};

use super::names::Names;
use super::{ConditionError, Scope};
use crate::plan::Condition;

/// Characters a condition may have. A chain of 3,000 `+` overflows even a big stack; nobody writes more than this.
pub const MAX_CONDITION: usize = 1_000;

/// Stack that parsing and evaluating any condition of [`MAX_CONDITION`] characters fits into, with room to spare.
const STACK: usize = 32 << 20;

/// Stack one level of an expression takes at most in a debug build; far less in release.
const STACK_PER_LEVEL: usize = 48 << 10;

/// What a condition or an output evaluated to.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionValue {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Double(f64),
    /// A text.
    Text(String),
    /// A length of time.
    Duration(TimeDelta),
    /// A moment.
    Time(DateTime<FixedOffset>),
    /// A list of any of these.
    List(Vec<ConditionValue>),
    /// Null.
    Null,
}

impl ConditionValue {
    /// What it is, for a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "true or false",
            Self::Integer(_) => "an integer",
            Self::Double(_) => "a number",
            Self::Text(_) => "a text",
            Self::Duration(_) => "a duration",
            Self::Time(_) => "a time",
            Self::List(_) => "a list",
            Self::Null => "null",
        }
    }

    /// Its one printed form: texts as they are, durations in seconds as CEL prints and reads them (`90s`, `1.5s`),
    /// times as RFC 3339 in UTC.
    fn into_text(self) -> Result<String, ConditionError> {
        let kind = self.kind();
        match self {
            Self::Text(text) => Ok(text),
            Self::Boolean(b) => Ok(b.to_string()),
            Self::Integer(n) => Ok(n.to_string()),
            Self::Double(n) if n.is_finite() => Ok(n.to_string()),
            Self::Duration(d) => Ok(seconds(d)),
            Self::Time(t) => Ok(t.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Double(_) => Err(ConditionError::NotText { kind: "a number that is not finite" }),
            Self::List(_) | Self::Null => Err(ConditionError::NotText { kind }),
        }
    }
}

/// `90s`, `1.5s`, `-0.25s`: what `sleep` and `timeout` take, and what CEL's `duration()` reads back.
pub(crate) fn seconds(duration: TimeDelta) -> String {
    let (sign, whole, nanos) = match (duration.num_seconds(), duration.subsec_nanos()) {
        (s, n) if s < 0 || n < 0 => ("-", s.unsigned_abs(), n.unsigned_abs()),
        (s, n) => ("", s.unsigned_abs(), n.unsigned_abs()),
    };
    let fraction = format!("{nanos:09}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}s"),
        fraction => format!("{sign}{whole}.{fraction}s"),
    }
}

struct Compiled {
    program: Program,
    /// Stack that evaluating it takes at most.
    stack: usize,
}

/// Compiles each condition once and evaluates it as often as asked.
///
/// Compiling costs some 40 microseconds, evaluating a few. Its answers depend on the condition and the scope alone;
/// that it remembers programs cannot be observed.
pub struct Conditions {
    env: Arc<Env>,
    compiled: Mutex<BTreeMap<String, Result<Arc<Compiled>, ConditionError>>>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Conditions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Conditions")
    }
}

impl Conditions {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self { env: environment(), compiled: Mutex::new(BTreeMap::new()) }
    }

    /// What an expression evaluates to.
    ///
    /// # Errors
    /// A [`ConditionError`]; an error never means *false*.
    pub fn evaluate(&self, condition: &Condition, scope: &Scope<'_>) -> Result<ConditionValue, ConditionError> {
        let compiled = self.compiled(condition)?;
        let names = Names::new(scope);
        let result = grow(compiled.stack, || {
            let mut context = Context::with_env(Arc::clone(&self.env));
            context.set_variable_resolver(&names);
            compiled.program.execute(&context)
        });
        if let Some(error) = names.broken_stream() {
            return Err(error);
        }
        value(result.map_err(|error| explain(&error))?)
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// As [`Conditions::evaluate`], and if it gave neither true nor false.
    pub fn holds(&self, condition: &Condition, scope: &Scope<'_>) -> Result<bool, ConditionError> {
        match self.evaluate(condition, scope)? {
            ConditionValue::Boolean(answer) => Ok(answer),
            other => Err(ConditionError::NotBoolean { kind: other.kind() }),
        }
    }

    /// The text of an output or of the answer to a fact.
    ///
    /// # Errors
    /// As [`Conditions::evaluate`], and if it gave a list or null.
    pub fn text(&self, condition: &Condition, scope: &Scope<'_>) -> Result<String, ConditionError> {
        self.evaluate(condition, scope)?.into_text()
    }

    fn compiled(&self, condition: &Condition) -> Result<Arc<Compiled>, ConditionError> {
        // A panic while the lock was held cannot leave the map half changed: an insert is one call.
        let mut cache = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache.get(&condition.0) {
            return known.clone();
        }
        let new = compile(&self.env, &condition.0).map(|program| {
            let stack = needs(program.expression());
            Arc::new(Compiled { program, stack })
        });
        cache.insert(condition.0.clone(), new.clone());
        new
    }
}

/// The functions and macros conditions have: CEL's own and the strings extension.
pub(super) fn environment() -> Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
        let mut env = Env::stdlib();
        // Invariant: the extension's names do not collide with the standard library's; a test evaluates `trim()`.
        env.add_extension(cel::extensions::strings).expect("the strings extension fits the standard library");
        Arc::new(env)
    });
    Arc::clone(&ENVIRONMENT)
}

/// Compiles on a stack that is always big enough: the parser recurses, and overflowing aborts the process.
pub(super) fn compile(env: &Env, source: &str) -> Result<Program, ConditionError> {
    let length = source.chars().count();
    if length > MAX_CONDITION {
        return Err(ConditionError::TooLong { length, limit: MAX_CONDITION });
    }
    stacker::grow(STACK, || env.compile(source)).map_err(|errors| ConditionError::Parse {
        why: errors.errors.first().map_or_else(|| "no reason given".to_owned(), |error| error.msg.clone()),
    })
}

/// Runs something that recurses over an expression where there is room for it.
pub(super) fn room<T>(expression: &cel::IdedExpr, run: impl FnOnce() -> T) -> T {
    grow(needs(expression), run)
}

fn grow<T>(stack: usize, run: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(stack, STACK.max(2 * stack), run)
}

/// Stack that recursing over an expression takes at most.
fn needs(expression: &cel::IdedExpr) -> usize {
    STACK_PER_LEVEL * (4 + depth(expression))
}

/// How deep an expression nests.
fn depth(expression: &cel::IdedExpr) -> usize {
    // Walked with a list of its own: a chain of 300 `+` is 300 levels deep.
    let mut deepest = 0;
    let mut open = vec![(expression, 1_usize)];
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        super::walk::children(&node.expr, |child| open.push((child, level + 1)));
    }
    deepest
}

fn value(value: Value) -> Result<ConditionValue, ConditionError> {
    Ok(match value {
        Value::Bool(b) => ConditionValue::Boolean(b),
        Value::Int(n) => ConditionValue::Integer(n),
        Value::UInt(n) => match i64::try_from(n) {
            Ok(n) => ConditionValue::Integer(n),
            Err(_) => return Err(ConditionError::Evaluate { why: format!("{n} is too large a number") }),
        },
        Value::Float(n) => ConditionValue::Double(n),
        Value::String(text) => ConditionValue::Text(Arc::unwrap_or_clone(text)),
        Value::Duration(d) => ConditionValue::Duration(d),
        Value::Timestamp(t) => ConditionValue::Time(t),
        Value::Null => ConditionValue::Null,
        Value::List(items) => {
            ConditionValue::List(Arc::unwrap_or_clone(items).into_iter().map(self::value).collect::<Result<_, _>>()?)
        }
        Value::Map(_) | Value::Function(..) | Value::Bytes(_) | Value::Opaque(_) | Value::Struct(_) => {
            return Err(ConditionError::NotText { kind: "a record" });
        }
    })
}

/// The evaluator's error in our words. What a host printed never becomes part of a message: only what kind it is.
fn explain(error: &ExecutionError) -> ConditionError {
    let why = match error {
        ExecutionError::NoSuchKey(name) | ExecutionError::UndeclaredReference(name) => {
            return ConditionError::NotSet { name: name.to_string() };
        }
        ExecutionError::FunctionError { function, message } => format!("`{function}`: {message}"),
        ExecutionError::NoSuchOverload(overload) => {
            let types: Vec<_> = overload.argument_types().iter().map(|name| article(name)).collect();
            format!("`{}` does not work on {}", operator(overload.function()), types.join(" and "))
        }
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            let kind = |v: &Value| value(v.clone()).map_or("a record", |v| v.kind());
            format!("cannot {operator} {} and {}", kind(left), kind(right))
        }
        ExecutionError::IndexOutOfBounds(Value::Int(index)) => format!("there is no item {index} in the list"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(operator, ..) => format!("the result of `{operator}` is too large a number"),
        ExecutionError::ValuesNotComparable(..) => "these values cannot be compared".to_owned(),
        ExecutionError::UnsupportedIndex(..) => "this value has no items".to_owned(),
        other => other.to_string(),
    };
    ConditionError::Evaluate { why }
}

/// `_<_` as a person writes it.
fn operator(function: &str) -> &str {
    if function == "_?_:_" { "?:" } else { function.trim_start_matches('@').trim_matches('_') }
}

fn article(name: &str) -> String {
    match name {
        "int" => "an integer".to_owned(),
        "bool" => "true or false".to_owned(),
        "double" => "a number".to_owned(),
        "string" => "a text".to_owned(),
        other => format!("a {other}"),
    }
}

/// Whether a whole text matches a regular expression; `None` if it is none. The engine is the one of `matches()`, so
/// that a parameter's `pattern:` and a condition read the same language, in linear time.
pub(crate) fn matches(pattern: &str, text: &str) -> Option<bool> {
    use cel::common::ast::{CallExpr, Expr, LiteralValue};
    let literal = |text: String| cel::IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::String(text.into())) };
    let call = CallExpr {
        func_name: "matches".to_owned(),
        target: Some(Box::new(literal(text.to_owned()))),
        args: vec![literal(format!("^(?:{pattern})$"))],
    };
    let call = cel::IdedExpr { id: 0, expr: Expr::Call(call) };
    match Value::resolve(&call, &Context::with_env(environment())) {
        Ok(Value::Bool(answer)) => Some(answer),
        _ => None,
    }
}
