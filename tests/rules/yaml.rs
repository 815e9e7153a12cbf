//! Every YAML that people will copy must be accepted by what reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use banister_core::drill::{Drill, Fault};
use banister_core::plan::{Inventory, check, compile};
use banister_core::run::{Answers, Graph, Voices};
use banister_core::source::{Diagnostic, Look, SourceFile, render_human};
use banister_core::world::World;

use crate::tree::{self, TextFile};

/// What a text is, by its first key at the margin.
fn findings(source: &SourceFile) -> Option<Vec<Diagnostic>> {
    let has = |key: &str| source.text().lines().any(|line| line.starts_with(key));
    if has("drill:") {
        Some(Drill::parse(source).1)
    } else if has("runbook:") {
        Some(check(source))
    } else if has("world:") {
        Some(World::parse(source).1)
    } else if has("answers:") {
        Some(Answers::parse(source, Voices::Own).1)
    } else if has("environment:") {
        Some(Inventory::parse(source).1)
    } else {
        None
    }
}

/// The YAML blocks of a page, under the name `PAGE:LINE`.
fn blocks(page: &TextFile) -> Vec<SourceFile> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in page.text.lines().enumerate() {
        match &mut open {
            Some((from, text)) if line == "```" => {
                blocks.push(SourceFile::new(format!("{}:{from}", page.path), std::mem::take(text)));
                open = None;
            }
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == "```yaml" => open = Some((at + 2, String::new())),
            None => {}
        }
    }
    blocks
}

fn complaints<'a>(sources: impl Iterator<Item = &'a SourceFile>) -> (usize, String) {
    let mut looked = 0;
    let mut said = String::new();
    for source in sources {
        if let Some(findings) = findings(source) {
            looked += 1;
            said.push_str(&render_human(source, &findings, Look::Plain));
        }
    }
    (looked, said)
}

#[test]
fn every_shipped_runbook_compiles_without_a_warning() {
    let files: Vec<_> =
        tree::files("runbooks", &[".yaml"]).into_iter().map(|file| SourceFile::new(file.path, file.text)).collect();
    let (looked, said) = complaints(files.iter());
    assert!(looked >= 2, "only {looked} runbooks seen: the search is broken");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn every_example_of_the_book_and_the_readme_is_accepted() {
    let mut pages = tree::files("book/src", &[".md"]);
    pages.extend(tree::files(".", &["README.md"]).into_iter().filter(|file| file.path == "README.md"));
    let blocks: Vec<_> = pages.iter().flat_map(blocks).collect();
    let (looked, said) = complaints(blocks.iter());
    assert!(looked >= 3, "only {looked} examples seen: the search is broken");
    assert!(said.is_empty(), "{said}");
}

/// `worlds/first-bad.yaml` is a night of `first.yaml`, or of `first-bad.yaml` if there is one.
#[test]
fn every_shipped_world_is_one_of_its_runbook() {
    let files = tree::files("runbooks", &[".yaml"]);
    let (worlds, runbooks): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.path.starts_with("runbooks/worlds/"));
    assert!(worlds.len() >= 2, "only {} worlds seen: the search is broken", worlds.len());
    let stem = |file: &TextFile| file.path.rsplit('/').next().unwrap_or("").trim_end_matches(".yaml").to_owned();
    for world in worlds {
        let name = stem(&world);
        let runbook = runbooks
            .iter()
            .filter(|runbook| name == stem(runbook) || name.starts_with(&format!("{}-", stem(runbook))))
            .max_by_key(|runbook| runbook.path.len())
            .unwrap_or_else(|| panic!("{} begins with no runbook's name", world.path));
        fits(runbook, &SourceFile::new(world.path, world.text));
    }
}

/// With and without each of its faults a drill's plan compiles, has the steps that the drill names, and the worlds that
/// stand in for the lab are nights of it.
#[test]
fn every_shipped_drill_is_one_of_its_runbook() {
    let drills = tree::files("runbooks/drills", &[".yaml"]).into_iter().filter(|file| !file.path.contains("/worlds/"));
    let mut looked = 0;
    for file in drills {
        looked += 1;
        let source = SourceFile::new(file.path.clone(), file.text);
        let (drill, findings) = Drill::parse(&source);
        let drill = drill.unwrap_or_else(|| panic!("{}", render_human(&source, &findings, Look::Plain)));
        let near = |name: &str| {
            let path = tree::root().join(&file.path).with_file_name("").join(name);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            SourceFile::new(name, text)
        };
        let runbook = near(&drill.runbook);
        let inventory = drill.stand_in().expect("an inventory");
        let looks = |fault: Option<&Fault>| {
            let (plan, findings) = compile(&runbook, &inventory, &drill.params(fault));
            assert!(findings.is_empty(), "{}", render_human(&runbook, &findings, Look::Plain));
            let graph = Graph::new(Arc::new(plan.expect("a plan")));
            let findings = drill.check(&graph);
            assert!(findings.is_empty(), "{}", render_human(&source, &findings, Look::Plain));
            let world = fault.map_or(drill.world.as_ref(), |fault| fault.world.as_ref());
            let Some(world) = world.map(|name| near(name)) else { return };
            let (read, mut findings) = World::parse(&world);
            findings.extend(read.into_iter().flat_map(|world| world.check(&graph)));
            assert!(findings.is_empty(), "{}", render_human(&world, &findings, Look::Plain));
        };
        looks(None);
        drill.faults.values().for_each(|fault| looks(Some(fault)));
    }
    assert!(looked >= 1, "no drill seen: the search is broken");
}

#[test]
fn every_world_of_the_book_is_one_of_the_first_runbook() {
    let pages = tree::files("book/src", &[".md"]);
    let runbook = tree::files("runbooks", &[".yaml"]).into_iter().find(|file| file.path == "runbooks/first.yaml");
    let worlds: Vec<_> = pages
        .iter()
        .flat_map(blocks)
        .filter(|block| block.text().lines().any(|line| line.starts_with("world:")))
        .collect();
    assert!(!worlds.is_empty(), "no world seen: the search is broken");
    worlds.iter().for_each(|world| fits(runbook.as_ref().expect("the first runbook"), world));
}

/// A world file is read without a finding, and says only what its runbook's plan asks for.
fn fits(runbook: &TextFile, source: &SourceFile) {
    let runbook = SourceFile::new(runbook.path.clone(), runbook.text.clone());
    let (plan, _) = compile(&runbook, &Inventory::local(), &BTreeMap::new());
    let graph = Graph::new(Arc::new(plan.unwrap_or_else(|| panic!("{} does not compile", runbook.name()))));
    let (world, mut findings) = World::parse(source);
    findings.extend(world.into_iter().flat_map(|world| world.check(&graph)));
    assert!(findings.is_empty(), "{}", render_human(source, &findings, Look::Plain));
}
