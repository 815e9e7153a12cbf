//! The runbook's tables.

use super::{Field, Shape, Value, field, required};
use crate::runbook::{EffectClass, GateTimeout, OnFailure, OnTimeout, ParamType, Shell};

/// Steps, outputs and parameters.
const NAME: &str = "^[a-z][a-z0-9_]{0,63}$";
/// Variables of a command.
const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

const HOSTS: Value = Value::AtLeastOne(&Value::Text);
const NAMES: Value = Value::OneOrMore(&Value::Form(NAME));

/// A whole file.
pub static RUNBOOK: Shape = Shape {
    name: "runbook",
    place: "a runbook",
    fields: &[&[
        required("runbook", Value::Form("^[a-z][a-z0-9_-]{0,63}$"), "Its name, under which runs are listed."),
        field("title", Value::Text, "What it does, for people; may hold {{ parameters }}."),
        required(
            "if_it_fails",
            Value::Text,
            "One sentence for whoever is on call: what is whole, what is not, whom to call.",
        ),
        field("params", Value::Named(NAME, &Value::Shape(&PARAM)), "What must be given before it can run."),
        field("hosts", HOSTS, "Where its steps run unless they say otherwise: names, groups, or \"{{ parameter }}\"."),
        field("timeout", Value::Duration, "How long a step may take that does not say so itself."),
        field("usual", Value::Duration, "How long it takes when all goes well."),
        field("lock", Value::Shape(&LOCK), "What only one run may touch at a time."),
        field("prompts", Value::Shape(&PROMPTS), "Why people are asked more often than three times."),
        field("preconditions", Value::List(&Value::Shape(&PRECONDITION)), "What must hold before the first step."),
        required(
            "steps",
            Value::Some(&Value::OneOf("step", &STEPS)),
            "What is done, in this order unless `needs` says otherwise.",
        ),
    ]],
    either: &[],
};

/// A parameter.
pub(in crate::runbook) static PARAM: Shape = Shape {
    name: "param",
    place: "a parameter",
    fields: &[&[
        field("type", Value::Word(ParamType::WORDS), "What kind of value it takes; a text if nothing is said."),
        field("prompt", Value::Text, "The question a person is asked for it."),
        field("example", Value::Any, "A value as people would give it."),
        field("default", Value::Any, "The value where none is given."),
        field("must_not_be", Value::OneOrMore(&Value::Any), "Values that are refused."),
        field("one_of", Value::List(&Value::Any), "The only values that are taken."),
        field("pattern", Value::Text, "A regular expression for the whole value."),
        field("min", Value::Integer, "The smallest number."),
        field("max", Value::Integer, "The largest number."),
    ]],
    either: &[],
};

/// A lock.
pub(in crate::runbook) static LOCK: Shape = Shape {
    name: "lock",
    place: "`lock`",
    fields: &[&[required("name", Value::Text, "What only one run may touch; may hold {{ parameters }}.")]],
    either: &[],
};

/// Why there are many asks.
pub(in crate::runbook) static PROMPTS: Shape = Shape {
    name: "prompts",
    place: "`prompts`",
    fields: &[&[
        required("most", Value::Count(1, 1000), "How many times a person is asked on the normal path."),
        required("reason", Value::Text, "Why a person must be asked so often."),
    ]],
    either: &[],
};

/// A precondition.
pub(in crate::runbook) static PRECONDITION: Shape = Shape {
    name: "precondition",
    place: "a precondition",
    fields: &[&[
        required("id", Value::Form(NAME), "A short name."),
        field("title", Value::Text, "What is asked, for people."),
        field("hosts", HOSTS, "Where it is asked."),
        field("expect", Value::Text, "What must hold, in CEL; exit status 0 if nothing is said."),
        field("timeout", Value::Duration, "How long the answer may take."),
        required("probe", Value::Shape(&PROBE), "What is looked at; it changes nothing."),
    ]],
    either: &[],
};

/// What can stand around any command.
const AROUND: &[Field] = &[
    field("as", Value::Text, "The account it runs under, by sudo or doas without a password."),
    field("env", Value::Named(VARIABLE, &Value::AnyText), "Variables, sent over standard input; a secret may be one."),
    field("stdin", Value::AnyText, "What it reads from standard input; a secret may be it."),
    field("cwd", Value::Text, "The directory it runs in."),
];

const SCRIPT: Field =
    field("run", Value::Text, "A POSIX shell script; every {{ value }} in it is quoted for the shell.");
const ARGV: Field = field("exec", Value::Argv, "A program and its arguments, without a shell.");
const SHELL: Field =
    field("shell", Value::Word(Shell::WORDS), "Which shell reads the script of `run`; sh if nothing is said.");
const EXPECT: Field =
    field("expect", Value::Text, "What must hold for success, in CEL; exit status 0 if nothing is said.");
const TIMEOUT: Field = field("timeout", Value::Duration, "How long it may take.");

/// The body of `probe:`, `verify:` and `preview:`.
pub(in crate::runbook) static PROBE: Shape = Shape {
    name: "probe",
    place: "`probe`",
    fields: &[&[SCRIPT, ARGV, SHELL, EXPECT, TIMEOUT], AROUND],
    either: &["run", "exec"],
};

/// A gate's probe: what must hold stands beside it.
pub(in crate::runbook) static GATE_PROBE: Shape = Shape {
    name: "gate_probe",
    place: "`probe`",
    fields: &[&[SCRIPT, ARGV, SHELL, TIMEOUT], AROUND],
    either: &["run", "exec"],
};

/// What every step may have.
const COMMON: &[Field] = &[
    required("id", Value::Form(NAME), "A short name that others refer to."),
    field("title", Value::Text, "What it does, for people; the id if nothing is said."),
    field("if_it_fails", Value::Text, "One sentence for the operator, where the runbook's does not fit."),
    field("needs", NAMES, "The steps it waits for; all above it if nothing is said."),
    field("when", Value::Text, "Whether it runs at all, in CEL."),
];

const PLACED: Field = field("hosts", HOSTS, "Where it runs, where that is not the runbook's.");

/// What every command has.
const COMMAND: &[Field] = &[
    EXPECT,
    field("outputs", Value::Named(NAME, &Value::Text), "What later steps may use: names and CEL."),
    field("timeout", Value::Duration, "How long it may take; of a changing step it asks, of a reading one it kills."),
    field("usual", Value::Duration, "How long it takes when all goes well."),
    field("retry", Value::Shape(&RETRY), "How often it is tried."),
    field(
        "on_failure",
        Value::Word(OnFailure::WORDS),
        "What a final failure does; a person is asked if nothing is said.",
    ),
];

/// What a command that may change something has besides.
static CHANGING: [Field; 6] = [
    field("all_at_once", Value::Text, "Why it may change several hosts outside a roll."),
    field(
        "effect",
        Value::Word(EffectClass::WORDS),
        "What running it a second time would mean; `once` if nothing is said.",
    ),
    field("on_timeout", Value::Word(OnTimeout::WORDS), "What a passed timeout does."),
    field("verify", Value::WordOr("person", &PROBE), "How to see whether it happened; needed by `once` and `destroy`."),
    field(
        "preview",
        Value::Shape(&PROBE),
        "What a `destroy` step will take away; shown for the approval and bound to it.",
    ),
    field("undo", Value::List(&Value::OneOf("step", &STEPS)), "What takes it back, newest first."),
];

static RUN: Shape = Shape {
    name: "run_step",
    place: "a `run` step",
    fields: &[COMMON, &[required("run", Value::Text, SCRIPT.doc), PLACED, SHELL], AROUND, COMMAND, &CHANGING],
    either: &[],
};

static EXEC: Shape = Shape {
    name: "exec_step",
    place: "an `exec` step",
    fields: &[COMMON, &[required("exec", Value::Argv, ARGV.doc), PLACED], AROUND, COMMAND, &CHANGING],
    either: &[],
};

static PROBE_STEP: Shape = Shape {
    name: "probe_step",
    place: "a `probe` step",
    fields: &[
        COMMON,
        &[required("probe", Value::Shape(&PROBE), "What is looked at; it changes nothing."), PLACED],
        COMMAND,
    ],
    either: &[],
};

static GATE_STEP: Shape = Shape {
    name: "gate_step",
    place: "a `gate` step",
    fields: &[COMMON, &[required("gate", Value::Shape(&GATE), "What must hold before the run goes on."), PLACED]],
    either: &[],
};

static PAUSE: Shape = Shape {
    name: "pause_step",
    place: "a `pause` step",
    fields: &[COMMON, &[required("pause", Value::Text, "What the operator looks at before they continue.")]],
    either: &[],
};

static APPROVE_STEP: Shape = Shape {
    name: "approve_step",
    place: "an `approve` step",
    fields: &[COMMON, &[required("approve", Value::Shape(&APPROVE), "Who must agree, to which steps.")]],
    either: &[],
};

static MANUAL_STEP: Shape = Shape {
    name: "manual_step",
    place: "a `manual` step",
    fields: &[
        COMMON,
        &[
            required("manual", Value::Shape(&MANUAL), "What a person does with their own hands."),
            PLACED,
            field("verify", Value::WordOr("person", &PROBE), "How to see that it was done."),
        ],
    ],
    either: &[],
};

static ROLL_STEP: Shape = Shape {
    name: "roll_step",
    place: "a `roll` step",
    fields: &[
        COMMON,
        &[
            required("roll", Value::Shape(&ROLL), "Steps that go over the hosts in batches, with a gate between."),
            PLACED,
        ],
    ],
    either: &[],
};

static WAIT: Shape = Shape {
    name: "wait_step",
    place: "a `wait` step",
    fields: &[COMMON, &[required("wait", Value::Duration, "How long nothing is done.")]],
    either: &[],
};

static NOTE: Shape = Shape {
    name: "note_step",
    place: "a `note` step",
    fields: &[COMMON, &[required("note", Value::Text, "A line for the timeline.")]],
    either: &[],
};

/// The kinds of steps of this version, by the word that makes a step one of them.
static STEPS: [&Shape; 10] =
    [&RUN, &EXEC, &PROBE_STEP, &GATE_STEP, &PAUSE, &APPROVE_STEP, &MANUAL_STEP, &ROLL_STEP, &WAIT, &NOTE];

/// The words that make a step one of the kinds.
pub(in crate::runbook) fn step_words() -> impl Iterator<Item = &'static str> {
    STEPS.iter().filter_map(|shape| shape.name.strip_suffix("_step"))
}

/// The kind of step that a word makes.
pub(in crate::runbook) fn step_shape(word: &str) -> Option<&'static Shape> {
    STEPS.iter().copied().find(|shape| shape.name.strip_suffix("_step") == Some(word))
}

/// A step whose kind is not known yet.
pub(in crate::runbook) static STEP: Shape = Shape { name: "step", place: "a step", fields: &[COMMON], either: &[] };

/// A gate.
pub(in crate::runbook) static GATE: Shape = Shape {
    name: "gate",
    place: "`gate`",
    fields: &[&[
        required("probe", Value::Shape(&GATE_PROBE), "What is looked at; it changes nothing."),
        field("until", Value::Text, "What must hold, in CEL; exit status 0 if nothing is said."),
        field("every", Value::Duration, "How long between two samples."),
        field("samples", Value::Count(1, 10_000), "How many good samples in a row it takes."),
        field("timeout", Value::Duration, "When it is given up."),
        field("on_timeout", Value::Word(GateTimeout::WORDS), "What happens then."),
        field("hosts", HOSTS, "Where it looks, where that is not where its step runs."),
    ]],
    either: &[],
};

/// A roll.
pub(in crate::runbook) static ROLL: Shape = Shape {
    name: "roll",
    place: "`roll`",
    fields: &[&[
        field(
            "batch",
            Value::OneOrMore(&Value::Share(1)),
            "How many hosts at a time, the last number repeated: [1, 5, \"25%\"].",
        ),
        field("budget", Value::Share(0), "How many hosts may fail, over all batches."),
        field("gate", Value::Shape(&GATE), "What must hold between two batches."),
        required("steps", Value::Some(&Value::OneOf("step", &STEPS)), "What is done on each host of a batch."),
    ]],
    either: &[],
};

/// An approval.
pub(in crate::runbook) static APPROVE: Shape = Shape {
    name: "approve",
    place: "`approve`",
    fields: &[&[
        required("for", NAMES, "The steps it allows."),
        field("show", NAMES, "Steps whose outputs the approver sees."),
        field("by", Value::Count(1, 100), "How many people must agree."),
        field("of", Value::OneOrMore(&Value::Text), "Unix groups or people who may."),
        field("not", Value::Word(&["starter"]), "Who may not: the person who started the run."),
        field("ask", Value::Shape(&ASK), "A question whose answer shows that the approver has looked."),
    ]],
    either: &[],
};

/// An approval's question.
pub(in crate::runbook) static ASK: Shape = Shape {
    name: "ask",
    place: "`ask`",
    fields: &[&[
        required("question", Value::Text, "What the approver must have looked up."),
        required("answer", Value::Text, "The CEL expression that knows it."),
    ]],
    either: &[],
};

/// What a person does.
pub(in crate::runbook) static MANUAL: Shape = Shape {
    name: "manual",
    place: "`manual`",
    fields: &[&[required("do", Value::Text, "What the person does.")]],
    either: &[],
};

/// How often something is tried.
pub(in crate::runbook) static RETRY: Shape = Shape {
    name: "retry",
    place: "`retry`",
    fields: &[&[
        required("attempts", Value::Count(1, 100), "How many attempts in all."),
        field("delay", Value::Duration, "How long between two."),
    ]],
    either: &[],
};
