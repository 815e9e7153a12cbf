//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the repository")
}

/// One text file: its path below the root, and what it holds.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The text files below a directory of the repository whose names end in one of `endings`, sorted by path.
pub(crate) fn files(below: &str, endings: &[&str]) -> Vec<TextFile> {
    let mut found = Vec::new();
    let mut todo = vec![root().join(below)];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
            let path: PathBuf = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() {
                if !matches!(name.as_str(), "target" | ".git") && path != root().join("book/book") {
                    todo.push(path);
                }
            } else if endings.iter().any(|end| name.ends_with(end)) {
                let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let path = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push(TextFile { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Rust files of the crates' libraries and binaries, without what is built for tests only.
pub(crate) fn crate_sources() -> Vec<TextFile> {
    let all = files(".", &[".rs"]);
    let tests: Vec<String> = all.iter().flat_map(test_modules).collect();
    let is_declared = |f: &TextFile| {
        tests
            .iter()
            .any(|module| f.path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
    };
    let is_source = |f: &TextFile| f.path.contains("src/") && !is_test(&f.path) && !is_declared(f);
    let all: Vec<_> = all.into_iter().filter(is_source).collect();
    assert!(all.len() > 20, "only {} sources found: the search is broken", all.len());
    all
}

/// The modules that a file declares under `#[cfg(test)]`, as paths without `.rs`: a file of that name, or a folder.
fn test_modules(file: &TextFile) -> Vec<String> {
    let path = Path::new(&file.path);
    let is_root = matches!(path.file_name().and_then(|n| n.to_str()), Some("mod.rs" | "lib.rs" | "main.rs"));
    let dir = if is_root { path.parent().map(Path::to_owned) } else { Some(path.with_extension("")) };
    let lines: Vec<&str> = file.text.lines().collect();
    let declared = lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]").filter_map(|pair| {
        let (_, name) = pair[1].split_once("mod ")?;
        Some(format!("{}/{}", dir.as_ref()?.display(), name.strip_suffix(';')?))
    });
    declared.collect()
}

/// Whether a path holds tests and nothing else.
pub(crate) fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.split('/').any(|part| part == "tests" || part == "benches")
        || path.ends_with("tests.rs")
}

impl TextFile {
    /// The lines before the test module at the file's end, with their numbers from 1.
    pub(crate) fn lines_without_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let end = lines
            .windows(2)
            .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_start().starts_with("mod "))
            .unwrap_or(lines.len());
        lines.into_iter().take(end).enumerate().map(|(at, line)| (at + 1, line))
    }
}
