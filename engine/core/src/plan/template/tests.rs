//! Reading texts with placeholders.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::plan::{NameTable, OutputState, ParamValue};
use crate::runbook::{HostName, ParamType};
use crate::source::{Finding, Spanned};

/// A place of a runbook: a step on hosts, behind `build` and a skippable `maybe`, before `later`.
pub(crate) struct Table {
    pub(crate) values: BTreeMap<&'static str, ParamValue>,
    pub(crate) host: bool,
    pub(crate) result: bool,
}

impl Table {
    pub(crate) fn bound() -> Self {
        let values = [
            ("path", ParamValue::Text("/srv/a b".to_owned())),
            ("limit", ParamValue::Integer(3)),
            ("patience", ParamValue::Duration(90_000)),
            ("victims", ParamValue::Hosts(vec![HostName::new("web-1").unwrap(), HostName::new("web-2").unwrap()])),
        ];
        Self { values: values.into_iter().collect(), host: true, result: true }
    }
}

impl NameTable for Table {
    fn param(&self, name: &str) -> Option<ParamType> {
        Some(match name {
            "path" | "a" | "b" | "f" | "n" | "x" | "evil" | "pat" | "svc" => ParamType::Text,
            "limit" => ParamType::Integer,
            "force" => ParamType::Boolean,
            "patience" => ParamType::Duration,
            "victims" => ParamType::Hosts,
            "items" => ParamType::List,
            "token" => ParamType::Secret,
            _ => return None,
        })
    }

    fn value(&self, name: &str) -> Option<&ParamValue> {
        self.values.get(name)
    }

    fn output(&self, step: &str, output: &str) -> OutputState {
        match (step, output) {
            ("build", "version") => OutputState::Set,
            ("maybe", "x") => OutputState::Perhaps,
            ("later", "x") => OutputState::NotYet,
            ("build" | "maybe" | "later", _) => OutputState::NoOutput,
            _ => OutputState::NoStep,
        }
    }

    fn has_host(&self) -> bool {
        self.host
    }

    fn has_host_var(&self, name: &str) -> bool {
        name == "weight"
    }

    fn has_result(&self) -> bool {
        self.result
    }

    fn params(&self) -> Vec<String> {
        ["path", "limit", "victims", "token"].map(str::to_owned).to_vec()
    }

    fn steps(&self) -> Vec<String> {
        vec!["build".to_owned(), "maybe".to_owned()]
    }

    fn outputs(&self, _: &str) -> Vec<String> {
        vec!["version".to_owned()]
    }

    fn host_vars(&self) -> Vec<String> {
        vec!["weight".to_owned()]
    }
}

/// One line a finding: the bytes it is about, its code, message and help.
pub(crate) fn show(text: &str, findings: &[Spanned<Finding>]) -> String {
    let line = |f: &Spanned<Finding>| {
        let at = &text[f.span.start..f.span.end];
        format!("{} at `{at}`: {} -- {}", f.value.code(), f.value.message(), f.value.help())
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read(text: &str, names: &Table) -> String {
    match parse_template(text, names) {
        Ok(template) => template
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Hole(hole) => format!("<{}>", hole.source),
            })
            .collect(),
        Err(findings) => show(text, &findings),
    }
}

#[test]
fn placeholders_become_values_and_holes() {
    for (text, expect) in [
        ("", ""),
        ("plain { text } with } one { brace", "plain { text } with } one { brace"),
        ("{{path}} and {{ limit }}", "/srv/a b and 3"),
        ("wait {{patience}} for {{victims}}", "wait 90s for web-1, web-2"),
        (
            "{{steps.build.version}} on {{host.name}} ({{host.vars.weight}}) in {{run.id}}",
            "<steps.build.version> on <host.name> (<host.vars.weight>) in <run.id>",
        ),
        ("{{force}}", "<force>"),
        (r"docker ps --format '\{{.Names}}' {{limit}}", "docker ps --format '{{.Names}}' 3"),
        (r"a\b \\{{limit}}", r"a\b \3"),
        ("é {{limit}}\nß {{limit}}", "é 3\nß 3"),
    ] {
        assert_eq!(read(text, &Table::bound()), expect, "{text}");
    }
}

#[test]
fn what_is_no_placeholder_is_shown_how_to_write() {
    let all: Vec<String> = [
        "docker ps --format '{{.Names}}'",
        "{{{path}}} {{&path}} {{& path }}",
        "{{#if path}}a{{else}}b{{/if}}",
        "{{#each items}}x",
        "{{> part}}",
        "{{! note }}",
        "{{upper path}}",
        "{{~path~}} {{ path ~}}",
        "é {{ path",
        "{{}}",
        "{{ 'path' }}",
        "{{../path}}",
        "{{nope}} {{pth}}",
        "{{steps.build.nope}} {{steps.nope.x}} {{steps.later.x}} {{steps.maybe.x}} {{steps.build.by_host.web}}",
        "{{host.vars.nope}} {{host.addr}} {{result.stdout}}",
        "x {{token}}",
        "{{token}}",
        "{{this}} {{@root.path}} {{path.[0]}} {{len}}",
    ]
    .into_iter()
    .map(|text| format!("{text}\n{}\n", read(text, &Table::bound())))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_step_without_host_has_no_host() {
    let names = Table { host: false, ..Table::bound() };
    assert_eq!(
        read("{{host.name}}", &names),
        "B0615 at `{{host.name}}`: `host.name` means nothing here: this runs on no host -- give the step `hosts:`, or \
         leave it out"
    );
}

#[test]
fn a_secret_stands_alone_in_env_and_stdin() {
    let read = |text: &str| parse_text_or_secret(text, &Table::bound());
    assert_eq!(read("{{ token }}"), Ok(TextOrSecret::Secret(ParamName::new("token").unwrap())));
    assert_eq!(read("{{ limit }}"), Ok(TextOrSecret::Text(Template::text("3"))));
    let text = "Bearer {{ token }}";
    assert!(show(text, &read(text).unwrap_err()).starts_with("B0619 at `{{ token }}`"));
}

#[test]
fn one_placeholder_alone_keeps_its_type() {
    let read = |text: &str| parse_only_param(text).map(|name| name.to_string());
    assert_eq!(read("{{ victims }}").as_deref(), Some("victims"));
    assert_eq!(read("{{victims}}").as_deref(), Some("victims"));
    for text in ["victims", "{{ victims }},web-9", "{{ host.name }}", "{{{victims}}}", ""] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    /// The short way around the parser for texts without `{{` gives what the parser gives.
    #[test]
    fn a_text_without_placeholders_is_itself(text in r"([a-z \\\n{}'~]|\{ ?\{?){0,40}") {
        if !text.contains("{{") {
            let tree = handlebars::template::Template::compile(&text).unwrap();
            let whole: String = tree.elements.iter().map(|e| match e {
                handlebars::template::TemplateElement::RawString(s) => s.clone(),
                other => panic!("{other:?}"),
            }).collect();
            prop_assert_eq!(&whole, &text);
        }
        // Nothing makes the reader panic, and every span lies in the text.
        if let Err(findings) = parse_template(&text, &Table::bound()) {
            show(&text, &findings);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in r"(\{\{|\}\}|\{|\}|path| |~|\\|é|#if|/|\.|&|!|\n){0,14}") {
        if let Err(findings) = parse_template(&text, &Table::bound()) {
            show(&text, &findings);
        }
    }

    /// The short way gives what the engine's parser gives, down to the spans.
    #[test]
    fn the_short_way_is_the_engines(
        text in r"(\{\{ ?(path|a\.b|steps\.a\.b-c|this|this\.a|else|as|true|null|1|1\.2|-|a b|a\.\.b|\.a)[ \n]?\}\}|\{|\}| |\n|\\|é|x){0,9}"
    ) {
        if let (Ok(ours), Ok(theirs)) = (Draft::parse(&text), Draft::parse_with_engine(&text)) {
            prop_assert_eq!(ours, theirs);
        } else {
            prop_assert!(Draft::parse(&text).is_err() || Draft::parse_with_engine(&text).is_ok(), "{}", text);
        }
    }
}
