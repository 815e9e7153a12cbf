//! What reading scripts, texts and conditions costs. `cargo bench -p banister-core --bench text`.

use std::collections::BTreeMap;

use banister_core::plan::{
    Condition, Conditions, NameTable, OutputState, ParamValue, Scope, Scripts, Shell, StepResult, StreamText,
    parse_template,
};
use banister_core::runbook::ParamType;

fn main() {
    divan::main();
}

/// One text parameter, `path`.
struct Table(ParamValue);

impl NameTable for Table {
    fn param(&self, name: &str) -> Option<ParamType> {
        (name == "path").then_some(ParamType::Text)
    }

    fn value(&self, _: &str) -> Option<&ParamValue> {
        Some(&self.0)
    }

    fn output(&self, _: &str, _: &str) -> OutputState {
        OutputState::NoStep
    }

    fn has_host(&self) -> bool {
        true
    }

    fn has_host_var(&self, _: &str) -> bool {
        true
    }

    fn has_result(&self) -> bool {
        false
    }

    fn params(&self) -> Vec<String> {
        vec!["path".to_owned()]
    }

    fn steps(&self) -> Vec<String> {
        Vec::new()
    }

    fn outputs(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn host_vars(&self) -> Vec<String> {
        Vec::new()
    }
}

fn table() -> Table {
    Table(ParamValue::Text("/srv/a b".to_owned()))
}

/// Ten thousand scripts, all different.
#[divan::bench(args = ["service nginx-N restart", "systemctl reload app-N && curl -fsS http://{{host.name}}/N", "test -d {{path}}/N || mkdir -p {{path}}/N"])]
fn scripts_10_000(bencher: divan::Bencher<'_, '_>, script: &str) {
    let texts: Vec<String> = (0..10_000).map(|n| script.replace('N', &n.to_string())).collect();
    let table = table();
    bencher.bench(|| {
        let mut scripts = Scripts::new();
        texts.iter().filter(|text| scripts.compile(text, Shell::Sh, &table).is_ok()).count()
    });
}

#[divan::bench(args = ["Restart nginx", "Restart {{host.name}} under {{path}}"])]
fn texts_10_000(bencher: divan::Bencher<'_, '_>, text: &str) {
    let table = table();
    bencher.bench(|| (0..10_000).filter(|_| parse_template(text, &table).is_ok()).count());
}

/// A gate's condition on ten thousand hosts.
#[divan::bench(args = ["result.status == 0", "int(result.stdout) == 0 && result.took < patience"])]
fn gate_10_000(bencher: divan::Bencher<'_, '_>, condition: &str) {
    let conditions = Conditions::new();
    let condition = Condition(condition.to_owned());
    let params = ["patience"]
        .into_iter()
        .filter_map(|name| Some((banister_core::runbook::ParamName::new(name).ok()?, ParamValue::Duration(5_000))))
        .collect::<BTreeMap<_, _>>();
    bencher.bench(|| {
        (0..10_000)
            .filter(|n| {
                let result =
                    StepResult { status: 0, stdout: StreamText::Text("0"), stderr: StreamText::Text(""), took_ms: *n };
                let scope = Scope { params: &params, run_id: "r", outputs: &(), host: None, result: Some(result) };
                conditions.holds(&condition, &scope) == Ok(true)
            })
            .count()
    });
}
