//! Sixty bad runbooks, three for each class of mistakes, and exactly what is said about each.
//!
//! `tests/bad/NAME.yaml` is compiled for the inventory below with the arguments of its `# -p NAME=VALUE` lines;
//! `tests/bad/NAME.txt` is what people then read. `UPDATE_EXPECT=1 cargo test -p banister-core --test bad` writes the
//! second from the first: read the difference before committing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use banister_core::plan::{Inventory, check, compile};
use banister_core::source::{Diagnostic, Look, SourceFile, render_human};

/// The classes, three files each.
const CLASSES: [&str; 20] = [
    "anchor",
    "bad-condition",
    "bad-script",
    "bomb",
    "condition-name",
    "cycle",
    "destroy",
    "duplicate-key",
    "hidden",
    "many-hosts",
    "missing",
    "no-gate",
    "no-verify",
    "output-not-set",
    "placeholder",
    "targets",
    "undefined-name",
    "unknown-field",
    "wrong-param",
    "wrong-type",
];

const INVENTORY: &str = "\
environment: staging
hosts:
  web-1: { address: 192.0.2.11, groups: [web], vars: { weight: 3 } }
  web-2: { address: 192.0.2.12, groups: [web], vars: { weight: 1 } }
  web-3: { address: 192.0.2.13, groups: [web], vars: { weight: 1 } }
  db-1: { address: 192.0.2.21, groups: [db] }
";

#[expect(clippy::disallowed_methods, reason = "a test reads its data; the core itself does not")]
fn read(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "a test may write its own expectations when told to")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the expectation can be written");
}

fn names(extension: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory()).expect("the directory is there");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
        .collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

fn source(name: &str) -> SourceFile {
    let bytes = read(&directory().join(format!("{name}.yaml"))).expect("the runbook can be read");
    SourceFile::from_bytes(format!("{name}.yaml"), &bytes)
}

fn findings(source: &SourceFile) -> Vec<Diagnostic> {
    let arguments: BTreeMap<String, String> = source
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("# -p ")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    compile(source, &inventory(), &arguments).1
}

#[test]
fn every_bad_runbook_is_refused_in_exactly_these_words() {
    let update = std::env::vars().any(|(name, value)| name == "UPDATE_EXPECT" && value == "1");
    let mut wrong = Vec::new();
    for name in names("yaml") {
        let source = source(&name);
        let findings = findings(&source);
        if !findings.iter().any(Diagnostic::is_error) {
            wrong.push(format!("{name}.yaml compiles"));
        }
        let shown = render_human(&source, &findings, Look::Plain);
        let path = directory().join(format!("{name}.txt"));
        if update {
            write(&path, &shown);
        }
        let expected = read(&path).map(|bytes| String::from_utf8(bytes).expect("an expectation is text"));
        if expected.as_deref() != Some(shown.as_str()) {
            wrong.push(format!("{name}.txt says otherwise, or is missing. Now:\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_three_of_each_class_and_no_expectation_without_its_runbook() {
    let expected: BTreeSet<String> =
        CLASSES.iter().flat_map(|class| (1..=3).map(move |n| format!("{class}-{n}"))).collect();
    assert_eq!(names("yaml"), expected);
    assert_eq!(names("txt"), expected);
}

#[test]
fn what_is_known_without_values_is_said_without_them() {
    for name in names("yaml") {
        let source = source(&name);
        let (checked, compiled) = (check(&source), findings(&source));
        for finding in &checked {
            assert!(compiled.contains(finding), "{name}: only a check says: {finding:?}");
        }
    }
}

fn inventory() -> Inventory {
    let (inventory, findings) = Inventory::parse(&SourceFile::new("inventory.yaml", INVENTORY));
    assert_eq!(findings, []);
    inventory.expect("without findings there is an inventory")
}
