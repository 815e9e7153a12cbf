//! This machine's account database.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The line of a number in an account database: the file first, then whatever else the system is set up to ask.
pub(crate) fn lookup(database: &str, id: u32) -> Option<String> {
    let text = std::fs::read_to_string(format!("/etc/{database}")).unwrap_or_default();
    let is_it = |line: &&str| line.split(':').nth(2).is_some_and(|field| field.parse() == Ok(id));
    if let Some(line) = text.lines().find(is_it) {
        return Some(line.to_owned());
    }
    let output = Command::new("getent").args([database, &id.to_string()]).stdin(Stdio::null()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| line.trim_end().to_owned()).filter(|line| !line.is_empty())
}

/// The home directory that ssh takes for its own files: the account's entry, whatever `HOME` says.
pub(crate) fn home() -> Option<PathBuf> {
    let entry = lookup("passwd", rustix::process::getuid().as_raw())?;
    entry.split(':').nth(5).filter(|home| home.starts_with('/')).map(PathBuf::from)
}
