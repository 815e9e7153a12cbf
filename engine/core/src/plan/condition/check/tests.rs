//! What the check takes and what it refuses.

use super::*;
use crate::plan::template::tests::{Table, show};

fn check(text: &str, purpose: ConditionUse, names: &Table) -> String {
    match ConditionChecker::new().check(text, purpose, names) {
        Ok(condition) => {
            assert_eq!(condition.0, text);
            "ok".to_owned()
        }
        Err(findings) => show(text, &findings),
    }
}

#[test]
fn conditions_that_mean_something() {
    for text in [
        "true",
        "force",
        "result.status == 0 && int(result.stdout) == 0",
        "result.took < duration('2m')",
        "result.took < patience",
        "result.stdout.contains('x') || result.stderr.matches('^a+$')",
        "result.stdout.split('\\n').all(line, line.startsWith('ok'))",
        "victims.exists(v, v == host.name)",
        "victims.filter(v, v != host.name).map(v, v + '!').size() > 1",
        "victims.all(v, victims.exists(w, w == v))",
        "host.name in victims",
        "int(host.vars.weight) > limit - 5",
        "host.vars['weight'] == '3'",
        "steps.build.version == '1.2'",
        "steps.build.by_host['web-1'].version == steps.build.version",
        "has(steps.maybe.x) && steps.maybe.x == '1'",
        "limit > 1.5",
        "limit in [1, 2, 3]",
        "(force ? 1 : 2) == limit",
        "run.id != ''",
        "timestamp('2026-01-01T00:00:00Z') + duration('1h') > timestamp('2026-01-01T00:00:00Z')",
        "size(items) == 0 || items[0] != ''",
        "items.exists_one(i, i == 'a')",
        "double(result.stdout) < 0.5",
        "limit == null || true",
    ] {
        assert_eq!(check(text, ConditionUse::Decides, &Table::bound()), "ok", "{text}");
    }
    for text in ["result.stdout.trim()", "limit + 1", "patience", "force", "string(limit) + 'x'", "items.join(',')"] {
        assert_eq!(check(text, ConditionUse::Computes, &Table::bound()), "ok", "{text}");
    }
}

#[test]
fn conditions_that_do_not() {
    let texts = [
        // They do not parse.
        "limit = 0",
        "force and force",
        "not force",
        "result.stdout contains 'x'",
        "path == 'x",
        "{{ limit }} == 0",
        "$x == 1",
        "",
        "limit ==",
        "limit == 0)",
        // Names.
        "true || lagg == 0",
        "limt == 0",
        "has(steps.build.nope)",
        "steps.nope.x == '1'",
        "steps.later.x == '1'",
        "steps.maybe.x == '1'",
        "steps.build == '1'",
        "steps.build.by_host.version == '1'",
        "steps.build.by_host['web-1'].nope == '1'",
        "steps.build.version.x == '1'",
        "host.vars.nope == '1'",
        "host.addr == '1'",
        "result.code == 0",
        "result == 0",
        "token == 'x'",
        "victims.all(v, w == 'x')",
        "path.x == '1'",
        // Functions.
        "nofun(limit) == 1",
        "path.startWith('a')",
        "type(limit) == int",
        "startsWith(path, 'a')",
        "path.contains()",
        "limit.startsWith('a')",
        "duration('2d') > patience",
        "timestamp('today') > timestamp('2026-01-01T00:00:00Z')",
        "path.matches('(')",
        // Kinds.
        "limit",
        "limit == '3'",
        "patience > 60",
        "limit && true",
        "!limit",
        "limit + '3' == '33'",
        "limit + 1.5 > 2.0",
        "items.exists(i, i == 3)",
        "limit in items",
        "'a' in path",
        "path[0] == 'a'",
        "items['a'] == 'a'",
        "b'x' == b'x'",
        "{'a': 1}.all(k, k == 'a')",
        "items.all(i, items.all(j, items.all(k, i == j && j == k)))",
        "result.stdout.split('').all(i, items.all(j, i == j))",
    ];
    let all: Vec<String> =
        texts.iter().map(|t| format!("{t}\n    {}", check(t, ConditionUse::Decides, &Table::bound()))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_a_place_does_not_have_cannot_be_named() {
    let bare = Table { host: false, result: false, ..Table::bound() };
    let all: Vec<String> = ["host.name == 'x'", "host.vars.weight == '3'", "result.status == 0"]
        .iter()
        .map(|t| format!("{t}\n    {}", check(t, ConditionUse::Decides, &bare)))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn an_output_has_a_text() {
    let check = |text: &str| check(text, ConditionUse::Computes, &Table::bound());
    assert!(check("items").starts_with("B0816 at `items`"), "{}", check("items"));
    assert!(check("null").starts_with("B0816"), "{}", check("null"));
}

#[test]
fn length_and_depth_are_bounded() {
    let check = |text: &str| check(text, ConditionUse::Decides, &Table::bound());
    assert!(check(&"1+".repeat(600)).starts_with("B0802"));
    let run = move || check(&format!("{}true{}", "(".repeat(90), ")".repeat(90)));
    assert_eq!(std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap(), "ok");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Nothing makes the check panic, spans lie in the text, and what it takes never fails for want of a name.
    #[test]
    fn what_is_taken_can_be_evaluated(
        text in r"(limit|path|force|items|result\.stdout|steps\.build\.version|host\.name|nope|'x'|1|2\.5| == | && | < | \+ |!|\(|\)|\[0\]|\.size\(\)|\.contains\('x'\)|int\(|duration\('1s'\)|é){0,7}"
    ) {
        check(&text, ConditionUse::Decides, &Table::bound());
    }
}
