//! Every dependency stands once, with its reason.

use crate::tree;

#[test]
fn every_dependency_has_its_reason() {
    let text = std::fs::read_to_string(tree::root().join("Cargo.toml")).expect("the manifest");
    let (_, rest) = text.split_once("[workspace.dependencies]\n").expect("the table of dependencies");
    let mut looked = 0;
    for line in rest.lines().take_while(|line| !line.starts_with('[')) {
        if line.trim().is_empty() || line.starts_with('#') || line.contains("path = ") {
            continue;
        }
        looked += 1;
        let reason = line.rsplit_once(" # ").map_or("", |(_, reason)| reason.trim());
        assert!(reason.split(' ').count() >= 2, "no reason given in Cargo.toml: {line}");
    }
    assert!(looked > 20, "only {looked} dependencies seen: the search is broken");
}

#[test]
fn members_name_no_versions() {
    for file in tree::files(".", &["Cargo.toml"]).into_iter().filter(|file| file.path != "Cargo.toml") {
        let mut table = "";
        for line in file.text.lines() {
            if line.starts_with('[') {
                table = line;
            } else if table.ends_with("dependencies]") && !line.trim().is_empty() && !line.starts_with('#') {
                let from_workspace = line.contains(".workspace = true") || line.contains("workspace = true,");
                assert!(from_workspace, "{}: take it from the workspace: {line}", file.path);
            }
        }
    }
}

#[test]
fn every_crate_keeps_the_lints() {
    for file in tree::files(".", &["Cargo.toml"]).into_iter().filter(|file| file.path != "Cargo.toml") {
        assert!(file.text.contains("[lints]\nworkspace = true"), "{}", file.path);
    }
}
