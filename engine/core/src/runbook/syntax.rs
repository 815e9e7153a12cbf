//! The syntax tree: what a person wrote, each part with its place. It may still refer to things that do not exist.

use super::tree::{Node, Text};
use super::{EffectClass, GateTimeout, OnFailure, OnTimeout, OutputName, ParamName, ParamType, Shell, StepId};
use crate::source::{Span, Spanned};

/// Milliseconds, written as `90s`, `5m` or `1h 30m`.
pub type Millis = Spanned<u64>;

/// One runbook, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runbook {
    /// `runbook:`, its name.
    pub name: Option<Text>,
    /// `title:`; by default the name.
    pub title: Option<Text>,
    /// `if_it_fails:`, one sentence for the operator; required.
    pub if_it_fails: Option<Text>,
    /// `params:`, in the order written.
    pub params: Vec<ParamDecl>,
    /// `hosts:`, where steps run that do not say it themselves.
    pub hosts: Option<Hosts>,
    /// `timeout:` of steps that have none of their own.
    pub timeout: Option<Millis>,
    /// `usual:` of steps that have none of their own.
    pub usual: Option<Millis>,
    /// `lock:`, the name that only one run may hold.
    pub lock: Option<Text>,
    /// `prompts:`, the answer to the warning about more than three.
    pub prompts: Option<Prompts>,
    /// `preconditions:`, checked first, all of them.
    pub preconditions: Vec<Precondition>,
    /// `steps:`, in the order written.
    pub steps: Vec<Step>,
}

/// `prompts: { most: 5, reason: … }`: more asks than three are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    /// How many are meant.
    pub most: Spanned<u32>,
    /// Why.
    pub reason: Text,
}

/// `hosts:`: names of hosts and groups, or placeholders of parameters that hold such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// The whole value.
    pub span: Span,
    /// Its names; each may hold several, separated by commas.
    pub names: Vec<Text>,
}

/// One parameter, as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamDecl {
    /// Its name.
    pub name: Spanned<ParamName>,
    /// `type:`; `text` if none is given.
    pub kind: Spanned<ParamType>,
    /// `prompt:`, the question to whoever starts the run.
    pub prompt: Option<Text>,
    /// `example:`, a value as it might be.
    pub example: Option<Node>,
    /// `default:`, the value without `-p`. A parameter without one must be given.
    pub default: Option<Node>,
    /// `must_not_be:`, values that are refused.
    pub must_not_be: Vec<Node>,
    /// `one_of:`, the only values that are taken.
    pub one_of: Option<Vec<Node>>,
    /// `pattern:`, a regular expression that the whole value must match.
    pub pattern: Option<Text>,
    /// `min:`, of an integer.
    pub min: Option<Spanned<i64>>,
    /// `max:`, of an integer.
    pub max: Option<Spanned<i64>>,
}

/// A check that must hold before the first step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// Its name; `None` if it was refused.
    pub id: Option<Spanned<StepId>>,
    /// `title:`; by default the id.
    pub title: Option<Text>,
    /// `hosts:`; by default the runbook's.
    pub hosts: Option<Hosts>,
    /// What is asked; `None` if it was refused.
    pub probe: Option<Probe>,
    /// All of it.
    pub span: Span,
}

/// One step, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name; `None` if it was refused.
    pub id: Option<Spanned<StepId>>,
    /// `title:`; by default the id.
    pub title: Option<Text>,
    /// `if_it_fails:`; by default the runbook's.
    pub if_it_fails: Option<Text>,
    /// `needs:`; `None`: all steps above it.
    pub needs: Option<Vec<Spanned<StepId>>>,
    /// `when:`, a condition.
    pub when: Option<Text>,
    /// `hosts:`; by default the runbook's.
    pub hosts: Option<Hosts>,
    /// `all_at_once:`, why a change may run on several hosts outside a roll.
    pub all_at_once: Option<Text>,
    /// What it does.
    pub kind: StepKind,
    /// The word that says what it does, `run:`; the whole step where there is none.
    pub kind_span: Span,
    /// All of it.
    pub span: Span,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// `run:`, `exec:`, `probe:`.
    Command(Box<CommandStep>),
    /// `gate:`.
    Gate(Box<Gate>),
    /// `pause:`, what the person reads.
    Pause(Text),
    /// `approve:`.
    Approve(Box<Approve>),
    /// `manual:`.
    Manual(Box<Manual>),
    /// `roll:`.
    Roll(Box<Roll>),
    /// `wait:`.
    Wait(Millis),
    /// `note:`, the line of the timeline.
    Note(Text),
    /// Refused and reported; the step still defines its id.
    Broken,
}

/// Which word began a [`CommandStep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandWord {
    /// `run:`, a script.
    Run,
    /// `exec:`, an argument vector.
    Exec,
    /// `probe:`, a reading command.
    Probe,
}

/// `run:`, `exec:` or `probe:` with everything around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandStep {
    /// Which of the three.
    pub word: CommandWord,
    /// What is run.
    pub command: Command,
    /// `effect:`; by default `once`, of a probe `read`.
    pub effect: Option<Spanned<EffectClass>>,
    /// `expect:`, a condition in place of exit status 0.
    pub expect: Option<Text>,
    /// `outputs:`, names and the expressions that give their values.
    pub outputs: Vec<(Spanned<OutputName>, Text)>,
    /// `timeout:`.
    pub timeout: Option<Millis>,
    /// `usual:`.
    pub usual: Option<Millis>,
    /// `retry:`.
    pub retry: Option<Retry>,
    /// `on_timeout:`.
    pub on_timeout: Option<Spanned<OnTimeout>>,
    /// `on_failure:`.
    pub on_failure: Option<Spanned<OnFailure>>,
    /// `verify:`.
    pub verify: Option<Verify>,
    /// `preview:`.
    pub preview: Option<Probe>,
    /// `undo:`, steps that compensate this one.
    pub undo: Vec<Step>,
}

/// `retry: { attempts: 3, delay: 5s }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all.
    pub attempts: Spanned<u32>,
    /// Between two attempts; by default one second.
    pub delay: Option<Millis>,
}

/// What is run, as whom, where and with what around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The script or the argument vector.
    pub what: CommandText,
    /// `as:`, the account.
    pub account: Option<Text>,
    /// `env:`, names and values in the order written.
    pub env: Vec<(Spanned<String>, Text)>,
    /// `stdin:`.
    pub stdin: Option<Text>,
    /// `cwd:`.
    pub cwd: Option<Text>,
    /// `shell:`; by default `sh`. Only with `run:`.
    pub shell: Option<Spanned<Shell>>,
}

/// A script or an argument vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandText {
    /// `run:`.
    Script(Text),
    /// `exec:`, at least the program.
    Argv(Vec<Text>),
}

/// A reading command and what must come back: the body of `probe:`, `verify:` and `preview:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What is run.
    pub command: Command,
    /// `expect:`, a condition in place of exit status 0.
    pub expect: Option<Text>,
    /// `timeout:`.
    pub timeout: Option<Millis>,
    /// All of it.
    pub span: Span,
}

/// `verify:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verify {
    /// A machine looks.
    Probe(Box<Probe>),
    /// `verify: person`.
    Person(Span),
}

/// `gate:`, of a step or of a roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What is asked each time.
    pub probe: Probe,
    /// `until:`, a condition in place of exit status 0.
    pub until: Option<Text>,
    /// `every:`; by default five seconds.
    pub every: Option<Millis>,
    /// `samples:`, consecutive good ones; by default one.
    pub samples: Option<Spanned<u32>>,
    /// `timeout:`; by default the runbook's.
    pub timeout: Option<Millis>,
    /// `on_timeout:`; by default `ask`.
    pub on_timeout: Option<Spanned<GateTimeout>>,
    /// `hosts:`; of a step by default the step's, of a roll the batch's remaining ones.
    pub hosts: Option<Hosts>,
    /// All of it.
    pub span: Span,
}

/// `approve:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approve {
    /// `for:`, the steps it allows.
    pub allows: Vec<Spanned<StepId>>,
    /// `show:`, steps whose output the approver sees.
    pub show: Vec<Spanned<StepId>>,
    /// `by:`, how many must agree; by default one.
    pub by: Option<Spanned<u32>>,
    /// `of:`, groups or users they must belong to.
    pub of: Vec<Text>,
    /// `not: starter`.
    pub not_starter: bool,
    /// `ask:`.
    pub ask: Option<Ask>,
}

/// `ask: { question: …, answer: … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What is asked.
    pub question: Text,
    /// The expression that knows the answer.
    pub answer: Text,
}

/// `manual: { do: … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// What the person is told.
    pub text: Text,
    /// `verify:` of the step; required.
    pub verify: Option<Verify>,
}

/// `roll:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// `batch:`; empty: one host at a time.
    pub batch: Vec<Spanned<Share>>,
    /// `budget:`; by default none may fail.
    pub budget: Option<Spanned<Share>>,
    /// `steps:`, done on each host.
    pub steps: Vec<Step>,
    /// `gate:`, which must hold after each batch.
    pub gate: Option<Gate>,
}

/// A number of hosts or a part of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Hosts(u32),
    /// So many of a hundred, rounded up.
    Percent(u32),
}

impl Share {
    /// How many of `total` hosts it is; percentages rounded up.
    #[must_use]
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Hosts(hosts) => hosts as usize,
            Self::Percent(percent) => (total * percent as usize).div_ceil(100),
        }
    }
}
