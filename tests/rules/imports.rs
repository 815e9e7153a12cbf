//! Which way imports may go: inside the core by stages, between the crates by layers.

use std::collections::BTreeMap;
use std::fs;

use crate::tree::{self, crate_sources};

/// What each stage of the core may import; what stands in no list may be imported by nobody.
const STAGES: [(&str, &[&str]); 8] = [
    ("source", &[]),
    ("runbook", &["source"]),
    ("plan", &["source", "runbook"]),
    ("run", &["source", "runbook", "plan"]),
    ("view", &["source", "runbook", "plan", "run"]),
    ("timeline", &["source", "runbook", "plan", "run", "view"]),
    ("world", &["source", "runbook", "plan", "run", "view"]),
    ("drill", &["source", "runbook", "plan", "run"]),
];

/// What each crate may depend on, of ours.
const CRATES: [(&str, &[&str]); 5] = [
    ("engine/core", &[]),
    ("engine/lab", &[]),
    // The lab for its tests alone: nothing that reaches a real host may know how to break one.
    ("engine/runtime", &["banister-core", "banister-lab"]),
    ("tui", &["banister-core", "banister-runtime", "banister-lab"]),
    ("tests", &["banister-core", "banister-runtime", "banister-lab", "banister"]),
];

/// The names that follow `crate::` in a line.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, word)| {
        let rest = &line[at + word.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn a_stage_of_the_core_imports_only_earlier_ones() {
    let stages: BTreeMap<&str, &[&str]> = STAGES.into_iter().collect();
    let mut wrong = Vec::new();
    let mut looked = 0;
    for file in tree::files("engine/core/src", &[".rs"]) {
        let Some((stage, _)) = file.path["engine/core/src/".len()..].split_once('/') else { continue };
        let allowed = stages.get(stage).unwrap_or_else(|| panic!("stage `{stage}` is not in the table"));
        for (at, line) in file.text.lines().enumerate() {
            for name in imported(line) {
                looked += 1;
                // Upper case: an item of the crate's root, of which there are none but macros.
                if stages.contains_key(name) && name != stage && !allowed.contains(&name) {
                    wrong.push(format!("{}:{}: {stage} imports {name}", file.path, at + 1));
                }
            }
        }
    }
    assert!(looked > 20, "only {looked} imports seen: the search is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_depends_only_on_lower_ones() {
    let manifests: Vec<_> = tree::files(".", &["Cargo.toml"]).into_iter().filter(|f| f.path != "Cargo.toml").collect();
    assert_eq!(manifests.len(), CRATES.len(), "a crate is not in the table");
    for (dir, allowed) in CRATES {
        let text = fs::read_to_string(tree::root().join(dir).join("Cargo.toml")).expect("a manifest");
        let ours = text
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|name| name.starts_with("banister") && !text.contains(&format!("name = \"{name}\"")));
        for name in ours {
            assert!(allowed.contains(&name), "{dir} depends on {name}");
        }
    }
}

#[test]
fn the_command_line_reaches_no_transport() {
    let sources: Vec<_> = crate_sources().into_iter().filter(|file| file.path.starts_with("tui/")).collect();
    assert!(sources.len() > 10, "only {} sources found", sources.len());
    for file in sources {
        for word in ["banister_runtime::transport", "banister_runtime::ledger", "openssh"] {
            assert!(!file.text.contains(word), "{}: {word}", file.path);
        }
    }
}
