//! What the book and the README say must be so: links lead somewhere, tables are the program's own.

use std::collections::BTreeSet;

use crate::tree::{self, TextFile};

fn pages() -> Vec<TextFile> {
    let mut pages = tree::files("book/src", &[".md"]);
    pages.extend(tree::files(".", &["README.md"]).into_iter().filter(|file| file.path == "README.md"));
    assert!(pages.len() > 3, "only {} pages found", pages.len());
    pages
}

/// The lines of a page that are prose, not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Targets of `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    prose(text)
        .flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)))
        .collect()
}

/// The anchors of a page: its headings, as mdBook makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut looked = 0;
    for page in pages() {
        let here = tree::root().join(&page.path);
        for link in links(&page.text) {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            looked += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { here.clone() } else { here.with_file_name(file) };
            let text = if target.is_dir() { Ok(String::new()) } else { std::fs::read_to_string(&target) };
            let good = text.is_ok_and(|text| anchor.is_empty() || anchors(&text).contains(anchor));
            if !good {
                wrong.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert!(looked > 5, "only {looked} links seen: the search is broken");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = std::fs::read_to_string(tree::root().join("book/src/SUMMARY.md")).expect("the summary");
    let listed: BTreeSet<&str> = links(&summary).into_iter().collect();
    for page in tree::files("book/src", &[".md"]) {
        let name = page.path.trim_start_matches("book/src/");
        assert!(name == "SUMMARY.md" || listed.contains(name), "{} is not in SUMMARY.md", page.path);
    }
}

#[test]
fn the_exit_codes_are_the_programs() {
    let page = std::fs::read_to_string(tree::root().join("book/src/exit-codes.md")).expect("the page");
    let table = banister::exit_code::markdown();
    assert!(page.contains(&table), "book/src/exit-codes.md must hold this table:\n\n{table}");
}
