//! Declaring and binding parameters.

use std::collections::BTreeMap;

use super::*;
use crate::plan::Inventory;
use crate::runbook::parse_runbook;
use crate::source::{Diagnostic, SourceFile};

fn inventory() -> Inventory {
    let text = "environment: lab\nhosts:\n  web-2: { groups: [web] }\n  web-1: { groups: [web] }\n  db: {}\n";
    Inventory::parse(&SourceFile::new("i.yaml", text)).0.unwrap()
}

fn runbook(params: &str) -> SourceFile {
    let text = format!(
        "runbook: r\nif_it_fails: Nothing.\nhosts: localhost\nparams:\n{params}\nsteps:\n  - {{ id: a, note: hi }}\n"
    );
    SourceFile::new("r.yaml", text)
}

fn show(source: &SourceFile, findings: &[Diagnostic]) -> String {
    let line = |f: &Diagnostic| format!("{} `{}` {} -- {}", f.code, source.slice(f.span), f.message, f.help);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn bind_text(params: &str, arguments: &[(&str, &str)]) -> String {
    let source = runbook(params);
    let (runbook, mut findings) = parse_runbook(&source);
    assert_eq!(findings, [], "{params}");
    let arguments: BTreeMap<String, String> =
        arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let values = bind(&runbook.unwrap(), &inventory(), &arguments, &mut findings);
    if findings.is_empty() { serde_json::to_string(&values).unwrap() } else { show(&source, &findings) }
}

#[test]
fn values_get_their_types() {
    for (declaration, value, expect) in [
        ("{ type: text }", "a b", r#"{"x":{"text":"a b"}}"#),
        ("{ type: text }", "", r#"{"x":{"text":""}}"#),
        ("{ type: text, pattern: \"[a-z]+\" }", "abc", r#"{"x":{"text":"abc"}}"#),
        ("{ type: text, one_of: [eu, us] }", "eu", r#"{"x":{"text":"eu"}}"#),
        ("{ type: path }", "/srv/a b", r#"{"x":{"text":"/srv/a b"}}"#),
        ("{ type: integer, min: 1, max: 5 }", "5", r#"{"x":{"integer":5}}"#),
        ("{ type: boolean }", "false", r#"{"x":{"boolean":false}}"#),
        ("{ type: duration }", "1h 30m", r#"{"x":{"duration":5400000}}"#),
        ("{ type: host }", "db", r#"{"x":{"host":"db"}}"#),
        ("{ type: hosts }", "db, web", r#"{"x":{"hosts":["web-2","web-1","db"]}}"#),
        ("{ type: hosts }", "web-1,web", r#"{"x":{"hosts":["web-2","web-1"]}}"#),
        ("{ type: list }", "[a, \"b c\", 3]", r#"{"x":{"list":["a","b c","3"]}}"#),
        ("{ type: list }", "[]", r#"{"x":{"list":[]}}"#),
        ("{ type: secret }", "env:TOKEN", r#"{"x":{"secret":{"env":"TOKEN"}}}"#),
        ("{ type: secret }", "file:/run/token", r#"{"x":{"secret":{"file":"/run/token"}}}"#),
        ("{ type: secret }", "cmd:pass show x", r#"{"x":{"secret":{"cmd":"pass show x"}}}"#),
    ] {
        assert_eq!(bind_text(&format!("  x: {declaration}"), &[("x", value)]), expect, "{declaration} {value}");
    }
}

#[test]
fn defaults_stand_in() {
    let params = "  a: { type: integer, default: 3 }\n  b: { type: list, default: [x, y] }\n  c: { type: hosts, \
                  default: web }\n  d: { type: secret }\n  e: { type: duration, default: 5m }";
    assert_eq!(
        bind_text(params, &[]),
        r#"{"a":{"integer":3},"b":{"list":["x","y"]},"c":{"hosts":["web-2","web-1"]},"d":{"secret":"prompt"},"e":{"duration":300000}}"#
    );
}

#[test]
fn what_cannot_be_bound_is_said_all_at_once() {
    let mut all = Vec::new();
    for (declaration, value) in [
        ("{ type: text }", "a\0b"),
        ("{ type: text, pattern: \"[a-z]+\" }", "abc1"),
        ("{ type: text, one_of: [eu, us] }", "uss"),
        ("{ type: path }", "srv"),
        ("{ type: path }", "/srv/../etc"),
        ("{ type: path }", "/srv//a/"),
        ("{ type: path, must_not_be: [/, /usr] }", "/usr"),
        ("{ type: path, must_not_be: [/, /usr] }", "/usr/"),
        ("{ type: integer, min: 1, max: 5 }", "6"),
        ("{ type: integer }", "six"),
        ("{ type: boolean }", "yes"),
        ("{ type: duration }", "5"),
        ("{ type: host }", "web"),
        ("{ type: host }", "wbe-1"),
        ("{ type: hosts }", " , "),
        ("{ type: hosts }", "web,nope"),
        ("{ type: list }", "a, b"),
        ("{ type: list }", "[a, [b]]"),
        ("{ type: secret }", "hunter22"),
        ("{ type: secret }", "env:"),
    ] {
        all.push(format!("{declaration} {value:?}\n{}", bind_text(&format!("  x: {declaration}"), &[("x", value)])));
    }
    let params = "  hosts_to_fix: { type: hosts }\n  limit: { type: integer, min: 3 }\n  name: { type: text }";
    all.push(bind_text(params, &[("limits", "3"), ("limit", "1")]));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn declarations_are_checked_without_values() {
    let mut all = Vec::new();
    for params in [
        "  item: { type: text }",
        "  size: { type: text }",
        "  x: { type: integer, pattern: a }",
        "  x: { type: text, min: 1 }",
        "  x: { type: text, pattern: \"(\" }",
        "  x: { type: integer, min: 5, max: 1 }",
        "  x: { type: integer, max: 5, default: 6 }",
        "  x: { type: path, example: usr }",
        "  x: { type: secret, default: \"env:X\" }",
        "  x: { type: hosts, default: [a, b] }",
        "  x: { type: text, one_of: [a, b], default: c }",
    ] {
        let source = runbook(params);
        let (runbook, mut findings) = parse_runbook(&source);
        assert_eq!(findings, [], "{params}");
        check_declarations(&runbook.unwrap(), &mut findings);
        assert!(!findings.is_empty(), "{params}");
        all.push(format!("{params}\n{}", show(&source, &findings)));
    }
    insta::assert_snapshot!(all.join("\n"));
    let source =
        runbook("  x: { type: path, must_not_be: [/], example: /usr/share }\n  y: { type: list, default: [] }");
    let mut findings = Vec::new();
    check_declarations(&parse_runbook(&source).0.unwrap(), &mut findings);
    assert_eq!(findings, []);
}

#[test]
fn one_value_is_judged_as_the_compiler_judges_it() {
    let source = runbook("  x: { type: integer, max: 5, default: 3 }");
    let declared = parse_runbook(&source).0.unwrap().params.remove(0);
    assert_eq!(value_of(&declared, &inventory(), "4"), Ok(ParamValue::Integer(4)));
    let refused = value_of(&declared, &inventory(), "6").unwrap_err();
    assert!(bind_text("  x: { type: integer, max: 5, default: 3 }", &[("x", "6")]).contains(&refused.message));
    assert_eq!(declared.default.as_ref().and_then(as_typed).as_deref(), Some("3"));
}
