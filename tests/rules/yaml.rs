//! Every YAML that people will copy must be accepted by what reads it.

use banister_core::plan::{Inventory, check};
use banister_core::run::{Answers, Voices};
use banister_core::source::{Diagnostic, Look, SourceFile, render_human};

use crate::tree::{self, TextFile};

/// What a text is, by its first key at the margin.
fn findings(source: &SourceFile) -> Option<Vec<Diagnostic>> {
    let has = |key: &str| source.text().lines().any(|line| line.starts_with(key));
    if has("runbook:") {
        Some(check(source))
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
