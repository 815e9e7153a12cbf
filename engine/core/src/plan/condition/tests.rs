//! What conditions evaluate to.

use std::collections::BTreeMap;

use super::*;
use crate::plan::{Condition, Host, ParamValue, SecretReference, Transport};
use crate::runbook::{HostAddress, HostName, ParamName};

struct Done;

impl Outputs for Done {
    fn output(&self, step: &str, output: &str) -> Option<&str> {
        (step == "build" && output == "version").then_some("1.2")
    }

    fn output_on(&self, step: &str, host: &str, output: &str) -> Option<&str> {
        (step == "build" && host == "web-2" && output == "version").then_some("1.3")
    }
}

fn host() -> Host {
    Host {
        name: HostName::new("web-1").unwrap(),
        transport: Transport::Ssh,
        address: HostAddress::new("192.0.2.1").unwrap(),
        port: None,
        user: None,
        groups: vec![],
        vars: BTreeMap::from([("weight".to_owned(), "3".to_owned())]),
        site: "local".to_owned(),
        ledger_dir: "/var/tmp".to_owned(),
    }
}

fn params() -> BTreeMap<ParamName, ParamValue> {
    let web = |n: u32| HostName::new(format!("web-{n}")).unwrap();
    [
        ("path", ParamValue::Text("/srv/a b".to_owned())),
        ("limit", ParamValue::Integer(3)),
        ("force", ParamValue::Boolean(true)),
        ("patience", ParamValue::Duration(90_000)),
        ("golden", ParamValue::Host(web(1))),
        ("victims", ParamValue::Hosts(vec![web(1), web(2)])),
        ("items", ParamValue::List(vec!["a".to_owned(), "b".to_owned()])),
        ("token", ParamValue::Secret(SecretReference::Prompt)),
    ]
    .into_iter()
    .map(|(name, value)| (ParamName::new(name).unwrap(), value))
    .collect()
}

fn with_scope<T>(stdout: StreamText<'_>, stderr: StreamText<'_>, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let (params, host) = (params(), host());
    run(&Scope {
        params: &params,
        run_id: "r-1",
        outputs: &Done,
        host: Some(&host),
        result: Some(StepResult { status: 0, stdout, stderr, took_ms: 1_500 }),
    })
}

fn text(source: &str) -> String {
    with_scope(StreamText::Text("3"), StreamText::Text(""), |scope| {
        match Conditions::new().text(&Condition(source.to_owned()), scope) {
            Ok(text) => text,
            Err(error) => format!("error: {error}"),
        }
    })
}

#[test]
fn names_have_their_values() {
    for (source, expect) in [
        ("path", "/srv/a b"),
        ("limit - 5", "-2"),
        ("limit > 1.5", "true"),
        ("force", "true"),
        ("patience", "90s"),
        ("patience < duration('2m')", "true"),
        ("golden", "web-1"),
        ("golden in victims", "true"),
        ("size(victims)", "2"),
        ("victims.all(v, v.startsWith('web-'))", "true"),
        ("items[1]", "b"),
        ("items.exists(i, i == 'c')", "false"),
        ("steps.build.version", "1.2"),
        ("steps.build.by_host['web-2'].version", "1.3"),
        ("host.name + '/' + host.vars.weight", "web-1/3"),
        ("int(host.vars.weight) + 1", "4"),
        ("run.id", "r-1"),
        ("result.status == 0 && int(result.stdout) == 3", "true"),
        ("result.took", "1.5s"),
        ("result.took < duration('2s')", "true"),
        ("' x '.trim()", "x"),
        ("1.0 + 1.5", "2.5"),
        ("2.0", "2"),
        ("timestamp('2026-01-01T02:00:00+02:00')", "2026-01-01T00:00:00Z"),
        ("duration('-250ms')", "-0.25s"),
        ("has(steps.build.version) && !has(steps.build.nope) && !has(host.vars.nope)", "true"),
    ] {
        assert_eq!(text(source), expect, "{source}");
    }
}

#[test]
fn what_has_no_answer_says_why() {
    for (source, expect) in [
        ("steps.build.nope", "error: `steps.build.nope` has no value"),
        ("steps.build.by_host['web-9'].version", "error: `steps.build.by_host[\"web-9\"].version` has no value"),
        ("host.vars.nope", "error: `host.vars.nope` has no value"),
        ("nope", "error: `nope` has no value"),
        ("token", "error: `token` has no value"),
        ("int('x')", "error: `int`: string parse error: invalid digit found in string"),
        ("items[7]", "error: there is no item 7 in the list"),
        ("1 / 0", "error: division by zero"),
        (
            "items",
            "error: the expression gave a list, which is not a text, a number, true or false, a duration or a time",
        ),
        ("null", "error: the expression gave null, which is not a text, a number, true or false, a duration or a time"),
        (
            "1 +",
            "error: the condition does not parse: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
        ),
    ] {
        assert_eq!(text(source), expect, "{source}");
    }
    assert_eq!(text(&"1+".repeat(600)), "error: the condition has 1200 characters, the limit is 1000");
}

#[test]
fn a_condition_is_true_or_false() {
    with_scope(StreamText::Text(""), StreamText::Text(""), |scope| {
        let holds = |source: &str| Conditions::new().holds(&Condition(source.to_owned()), scope);
        assert_eq!(holds("limit == 3"), Ok(true));
        assert_eq!(holds("limit == 4"), Ok(false));
        assert_eq!(holds("limit"), Err(ConditionError::NotBoolean { kind: "an integer" }));
    });
}

#[test]
fn a_stream_that_is_not_whole_is_an_error_only_where_it_is_read() {
    let cut = ConditionError::StreamCut { stream: "stdout" };
    let binary = ConditionError::StreamNotUtf8 { stream: "stderr" };
    with_scope(StreamText::Cut, StreamText::NotUtf8, |scope| {
        for (source, expect) in [
            ("result.status == 0", Ok(true)),
            ("result.stdout == ''", Err(cut.clone())),
            ("result.stdout == '' || true", Err(cut.clone())),
            ("has(result.stdout)", Err(cut.clone())),
            ("result.stderr.contains('x') || result.status == 0", Err(binary)),
            // The left side decides, the stream is never read.
            ("result.status == 0 || result.stdout == ''", Ok(true)),
        ] {
            assert_eq!(Conditions::new().holds(&Condition(source.to_owned()), scope), expect, "{source}");
        }
    });
}

#[test]
fn deep_conditions_do_not_overflow_a_small_stack() {
    std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(|| {
            assert_eq!(text(&format!("{}1{}", "(".repeat(90), ")".repeat(90))), "1");
            assert_eq!(text(&format!("1{}", "+1".repeat(499))), "500");
            assert_eq!(text(&format!("{}true", "!".repeat(80))), "true");
        })
        .unwrap()
        .join()
        .unwrap();
}
