//! Whether the operator's configuration asks for less care with host keys than there will be.
//!
//! It is overridden whatever this finds; what is found here is only said.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::SshSettings;

/// Included files of included files that are looked at.
const MAX_DEPTH: usize = 8;

/// The first setting that is overridden: its file, its line, its words.
pub(super) fn overridden(settings: &SshSettings) -> Option<String> {
    let home = crate::accounts::home();
    settings.files().iter().find_map(|file| look(&expand(file, home.as_deref()), home.as_deref(), 0))
}

fn look(file: &Path, home: Option<&Path>, depth: usize) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().enumerate().find_map(|(index, line)| {
        let (word, value) = setting(line)?;
        let value = value.trim_matches('"');
        if word.eq_ignore_ascii_case("StrictHostKeyChecking") {
            let lax = ["no", "off", "accept-new"].iter().any(|lax| value.eq_ignore_ascii_case(lax));
            return lax.then(|| format!("`StrictHostKeyChecking {value}` in line {} of {}", index + 1, file.display()));
        }
        if word.eq_ignore_ascii_case("Include") && depth < MAX_DEPTH {
            let files = value.split_ascii_whitespace().flat_map(|word| included(word.trim_matches('"'), home));
            return files.into_iter().find_map(|file| look(&file, home, depth + 1));
        }
        None
    })
}

/// A line's word and what follows it; there may be one `=` between.
fn setting(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (word, rest) = line.split_once(|c: char| c.is_ascii_whitespace() || c == '=')?;
    let rest = rest.trim_start();
    Some((word, rest.strip_prefix('=').unwrap_or(rest).trim()))
}

/// The files that an `Include` means, as far as a pattern stands in the last part of its path.
fn included(word: &str, home: Option<&Path>) -> Vec<PathBuf> {
    let path = expand(Path::new(word), home);
    let path = match home {
        Some(home) if path.is_relative() => home.join(".ssh").join(path),
        _ => path,
    };
    let Some(pattern) = path.file_name().and_then(OsStr::to_str).filter(|name| name.contains('*')) else {
        return vec![path];
    };
    let (begin, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let Some(entries) = path.parent().and_then(|dir| std::fs::read_dir(dir).ok()) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(begin) && name.ends_with(end)))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

fn expand(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lax_setting_is_found_with_its_place() {
        let dir = tempfile::tempdir().expect("a directory");
        let check = |text: &str, expect: Option<&str>| {
            let file = dir.path().join("config");
            std::fs::write(&file, text).expect("a file");
            let found = overridden(&SshSettings { config: Some(file) });
            let shown = dir.path().display().to_string();
            assert_eq!(found.map(|found| found.replace(&shown, "DIR")).as_deref(), expect, "{text}");
        };
        check("Host *\n  StrictHostKeyChecking yes\n", None);
        check("# StrictHostKeyChecking no\nHost a\n User b\n", None);
        check("Host a\n\tstricthostkeychecking = no\n", Some("`StrictHostKeyChecking no` in line 2 of DIR/config"));
        check("StrictHostKeyChecking=accept-new", Some("`StrictHostKeyChecking accept-new` in line 1 of DIR/config"));
        std::fs::create_dir(dir.path().join("d")).expect("a directory");
        std::fs::write(dir.path().join("d/1.conf"), "Host x\nStrictHostKeyChecking \"off\"\n").expect("a file");
        let include = format!("Include {}/d/*.conf\n", dir.path().display());
        check(&include, Some("`StrictHostKeyChecking off` in line 2 of DIR/d/1.conf"));
        let itself = format!("Include {}/config\n", dir.path().display());
        check(&itself, None);
    }
}
