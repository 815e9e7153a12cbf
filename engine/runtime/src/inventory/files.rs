//! The files that an `Include` means.

use std::path::{Path, PathBuf};

use super::line::matches;

/// What the path of an `Include` leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Files {
    /// These, sorted; none is no mistake.
    These(Vec<PathBuf>),
    /// Only ssh can tell, and why.
    Unclear(&'static str),
}

/// The files of one path. `home` stands for `~`; a relative path lies in `~/.ssh`.
pub(super) fn files(path: &str, home: &Path) -> Files {
    if path.contains('%') || path.contains("${") {
        return Files::Unclear("what its `%` or `${}` stands for depends on the connection");
    }
    let path = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        Some(_) => return Files::Unclear("it lies in the home directory of somebody else"),
        None => home.join(".ssh").join(path),
    };
    let mut found = vec![PathBuf::from("/")];
    for part in path.iter().skip(1) {
        let part = part.to_string_lossy();
        if part.contains(['*', '?', '[']) {
            found = found.iter().flat_map(|dir| children(dir, &part)).collect();
        } else {
            found.iter_mut().for_each(|dir| dir.push(&*part));
        }
    }
    found.retain(|path| path.exists());
    Files::These(found)
}

/// What in a directory fits a pattern, sorted. Names that begin with a dot must be asked for with one.
fn children(dir: &Path, pattern: &str) -> Vec<PathBuf> {
    // A directory that cannot be read holds nothing for ssh either.
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| (pattern.starts_with('.') || !name.starts_with('.')) && matches(pattern, name, true))
        .collect();
    names.sort_unstable();
    names.into_iter().map(|name| dir.join(name)).collect()
}
