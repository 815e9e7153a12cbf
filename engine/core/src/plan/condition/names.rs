//! The bridge from a [`Scope`] to the evaluator's values: each name is resolved when it is read, and borrowed.

use std::sync::atomic::{AtomicU8, Ordering};

use cel::common::traits::Indexer;
use cel::common::types::{CelDuration, CelInt, CelList, CelString, DYN_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{ExecutionError, common::types::CelBool};
use chrono::TimeDelta;

use super::{ConditionError, Outputs, Scope, StepResult, StreamText};
use crate::plan::{Host, ParamValue};

/// A scope, and what was read of it that must not have been.
pub(super) struct Names<'a> {
    scope: Scope<'a>,
    /// Remembers a stream that was read though it is not whole. `||` absorbs errors of its sides, so an error of the
    /// evaluator alone would let `result.status == 0 || result.stdout == ''` be answered on a part.
    broken: AtomicU8,
}

const STDOUT_CUT: u8 = 1;
const STDOUT_NOT_UTF8: u8 = 2;
const STDERR_CUT: u8 = 3;
const STDERR_NOT_UTF8: u8 = 4;

impl<'a> Names<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Self {
        Self { scope: *scope, broken: AtomicU8::new(0) }
    }

    /// The stream that was read though it is not whole.
    pub(super) fn broken_stream(&self) -> Option<ConditionError> {
        match self.broken.load(Ordering::Relaxed) {
            STDOUT_CUT => Some(ConditionError::StreamCut { stream: "stdout" }),
            STDOUT_NOT_UTF8 => Some(ConditionError::StreamNotUtf8 { stream: "stdout" }),
            STDERR_CUT => Some(ConditionError::StreamCut { stream: "stderr" }),
            STDERR_NOT_UTF8 => Some(ConditionError::StreamNotUtf8 { stream: "stderr" }),
            _ => None,
        }
    }
}

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let scope = &self.scope;
        let record = match variable {
            "result" => Record::Result(scope.result?, &self.broken),
            "host" => Record::Host(scope.host?),
            "steps" => Record::Steps(scope.outputs),
            "run" => Record::Run(scope.run_id),
            _ => return scope.params.get(variable).and_then(param),
        };
        Some(CowVal::owned(record))
    }
}

fn param(value: &ParamValue) -> Option<CowVal<'_, '_>> {
    Some(match value {
        ParamValue::Text(text) => string(text),
        // Always a signed integer: numbers that came through serde would be unsigned, and `limit - 5` would fail.
        ParamValue::Integer(n) => CowVal::owned(CelInt::from(*n)),
        ParamValue::Boolean(b) => CowVal::owned(CelBool::from(*b)),
        ParamValue::Duration(ms) => duration(*ms),
        ParamValue::Host(host) => string(host.as_str()),
        ParamValue::Hosts(hosts) => list(hosts.iter().map(|host| host.as_str())),
        ParamValue::List(items) => list(items.iter().map(String::as_str)),
        ParamValue::Secret(_) => return None,
    })
}

fn string<'b, 'v>(text: &'v str) -> CowVal<'b, 'v> {
    CowVal::owned(CelString::from(text))
}

fn duration<'b, 'v>(ms: u64) -> CowVal<'b, 'v> {
    // Anything beyond the type's 292 million years is as good as the end of it.
    CowVal::owned(CelDuration::from(
        i64::try_from(ms).ok().and_then(TimeDelta::try_milliseconds).unwrap_or(TimeDelta::MAX),
    ))
}

fn list<'b, 'v>(items: impl Iterator<Item = &'v str>) -> CowVal<'b, 'v> {
    let items: Vec<Box<dyn Val + 'v>> = items.map(|i| Box::new(CelString::from(i)) as Box<dyn Val + 'v>).collect();
    CowVal::owned(CelList::from(items))
}

/// A name with fields, as the evaluator sees it.
#[derive(Clone)]
enum Record<'a> {
    Result(StepResult<'a>, &'a AtomicU8),
    Host(&'a Host),
    Vars(&'a Host),
    Steps(&'a dyn Outputs),
    Step(&'a dyn Outputs, String),
    ByHost(&'a dyn Outputs, String),
    OnHost(&'a dyn Outputs, String, String),
    Run(&'a str),
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

impl<'a> Record<'a> {
    fn name(&self) -> String {
        match self {
            Self::Result(..) => "result".to_owned(),
            Self::Host(_) => "host".to_owned(),
            Self::Vars(_) => "host.vars".to_owned(),
            Self::Steps(_) => "steps".to_owned(),
            Self::Step(_, step) => format!("steps.{step}"),
            Self::ByHost(_, step) => format!("steps.{step}.by_host"),
            Self::OnHost(_, step, host) => format!("steps.{step}.by_host[\"{host}\"]"),
            Self::Run(_) => "run".to_owned(),
        }
    }

    fn field<'b>(&self, field: &str) -> Option<CowVal<'b, 'a>> {
        Some(match (self, field) {
            (Self::Result(result, _), "status") => CowVal::owned(CelInt::from(i64::from(result.status))),
            (Self::Result(result, _), "took") => duration(result.took_ms),
            (Self::Result(result, broken), "stdout") => stream(result.stdout, broken, STDOUT_CUT, STDOUT_NOT_UTF8)?,
            (Self::Result(result, broken), "stderr") => stream(result.stderr, broken, STDERR_CUT, STDERR_NOT_UTF8)?,
            (Self::Host(host), "name") => string(host.name.as_str()),
            (Self::Host(host), "vars") => CowVal::owned(Record::Vars(host)),
            (Self::Vars(host), _) => string(host.vars.get(field)?),
            (Self::Run(id), "id") => string(id),
            (Self::Steps(outputs), _) => CowVal::owned(Record::Step(*outputs, field.to_owned())),
            (Self::Step(outputs, step), "by_host") => CowVal::owned(Record::ByHost(*outputs, step.clone())),
            (Self::Step(outputs, step), _) => string(outputs.output(step, field)?),
            (Self::ByHost(outputs, step), _) => CowVal::owned(Record::OnHost(*outputs, step.clone(), field.to_owned())),
            (Self::OnHost(outputs, step, host), _) => string(outputs.output_on(step, host, field)?),
            _ => return None,
        })
    }
}

fn stream<'b, 'a>(text: StreamText<'a>, broken: &AtomicU8, cut: u8, not_utf8: u8) -> Option<CowVal<'b, 'a>> {
    match text {
        StreamText::Text(text) => return Some(string(text)),
        StreamText::Cut => broken.store(cut, Ordering::Relaxed),
        StreamText::NotUtf8 => broken.store(not_utf8, Ordering::Relaxed),
    }
    None
}

impl Indexer for Record<'_> {
    fn get<'b, 'v>(&'b self, field: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let Some(field) = field.downcast_ref::<CelString>().map(CelString::inner) else {
            return Err(ExecutionError::UnexpectedType {
                got: field.get_type().name().to_owned(),
                want: "string".to_owned(),
            });
        };
        self.field(field).ok_or_else(|| ExecutionError::no_such_key(&format!("{}.{field}", self.name())))
    }

    fn steal<'v>(self: Box<Self>, field: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(field).map(CowVal::into_owned)
    }
}

impl Val for Record<'_> {
    fn get_type(&self) -> &Type {
        &DYN_TYPE
    }

    fn cel_type() -> &'static Type {
        &DYN_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}
