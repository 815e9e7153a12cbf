//! From the ssh configuration's files to the names of its hosts.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use banister_core::plan::Inventory;
use banister_core::runbook::HostName;
use banister_core::source::{SourceFile, visible};

use super::SshHostsError;
use super::files::{Files, files};
use super::line::{self, Line, is_literal, matches};

/// How deep files may include each other; ssh's own number.
const MAX_DEPTH: usize = 16;
/// Files of one configuration.
const MAX_FILES: usize = 1_000;
/// Bytes of one file.
const MAX_BYTES: u64 = 4 << 20;

/// The word that stands where nobody said what the hosts are. Nothing is made easier for it than for production.
const ENVIRONMENT: &str = "unknown";

/// The hosts that an ssh configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshHosts {
    /// The configuration's first file.
    pub file: PathBuf,
    /// Literal names, in the order written.
    pub names: Vec<HostName>,
    /// What could have named more hosts and was not taken: where, and why. Sentences without a full stop.
    pub left_out: Vec<String>,
}

/// Reads the literal `Host` names of `file` (`-F`), else of the account's `~/.ssh/config`, which is `default`.
/// `home` is what `~` means in an `Include`; ssh takes `$HOME` there, and the account's entry for the file itself.
///
/// # Errors
/// A [`SshHostsError`] that says where it was looked and what ssh would refuse.
pub fn ssh_hosts(file: Option<&Path>, default: Option<&Path>, home: &Path) -> Result<SshHosts, SshHostsError> {
    let file = file.or(default).ok_or(SshHostsError::NoHome)?;
    let mut walk = Walk { home, names: Vec::new(), seen: BTreeSet::new(), left_out: Vec::new(), files: 0 };
    if !walk.file(file, &mut Vec::new())? {
        return Err(SshHostsError::NoFile(file.to_owned()));
    }
    if walk.names.is_empty() {
        return Err(SshHostsError::NoHosts(file.to_owned()));
    }
    Ok(SshHosts { file: file.to_owned(), names: walk.names, left_out: walk.left_out })
}

impl SshHosts {
    /// The same hosts as an inventory file: what is compiled, and what the run's first record holds the digest of.
    #[must_use]
    pub fn source(&self) -> SourceFile {
        let mut text = format!("environment: {ENVIRONMENT}\nhosts:\n");
        for name in &self.names {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  \"{name}\":");
        }
        SourceFile::new(format!("hosts of {}", self.file.display()), text)
    }
}

/// Under which condition lines stand.
enum Scope {
    /// None.
    Always,
    /// `Host` and its patterns.
    Host(Vec<String>),
    /// Only ssh can tell.
    Perhaps,
}

impl Scope {
    fn may_hold(&self, name: &str) -> bool {
        match self {
            Self::Always | Self::Perhaps => true,
            Self::Host(patterns) => {
                let hit = |pattern: &str| matches(pattern, name, false);
                !patterns.iter().any(|p| p.strip_prefix('!').is_some_and(hit))
                    && patterns.iter().any(|p| !p.starts_with('!') && hit(p))
            }
        }
    }
}

struct Walk<'a> {
    home: &'a Path,
    names: Vec<HostName>,
    seen: BTreeSet<String>,
    left_out: Vec<String>,
    files: usize,
}

impl Walk<'_> {
    /// Reads one file under the conditions of those that include it; `false`: there is none.
    fn file(&mut self, path: &Path, around: &mut Vec<Scope>) -> Result<bool, SshHostsError> {
        self.files += 1;
        if around.len() > MAX_DEPTH || self.files > MAX_FILES {
            return Err(SshHostsError::Endless { path: path.to_owned() });
        }
        let Some(text) = text(path)? else { return Ok(false) };
        let mut here = Scope::Always;
        for (number, line) in text.lines().enumerate() {
            let place = number + 1;
            let line =
                line::read(line).map_err(|why| SshHostsError::Line { path: path.to_owned(), line: place, why })?;
            match line {
                Line::Host(patterns) => {
                    here = Scope::Host(patterns);
                    self.names(&here, around, path, place);
                }
                Line::Match(true) => here = Scope::Always,
                Line::Match(false) => here = Scope::Perhaps,
                Line::Include(paths) => {
                    around.push(std::mem::replace(&mut here, Scope::Always));
                    for written in &paths {
                        self.include(written, around, (path, place))?;
                    }
                    here = around.pop().unwrap_or(Scope::Always);
                }
                Line::Other => {}
            }
        }
        Ok(true)
    }

    fn include(
        &mut self,
        written: &str,
        around: &mut Vec<Scope>,
        (path, line): (&Path, usize),
    ) -> Result<(), SshHostsError> {
        match files(written, self.home) {
            Files::These(files) => {
                for file in files {
                    self.file(&file, around)?;
                }
            }
            Files::Unclear(why) => {
                let written = visible(written);
                self.left_out.push(format!("{}:{line}: `Include {written}` is left out: {why}", path.display()));
            }
        }
        Ok(())
    }

    /// Takes the literal names of a `Host` line that ssh could ever find there.
    fn names(&mut self, here: &Scope, around: &[Scope], path: &Path, line: usize) {
        let Scope::Host(patterns) = here else { return };
        for name in patterns.iter().filter(|pattern| is_literal(pattern)) {
            if !here.may_hold(name) || !around.iter().all(|scope| scope.may_hold(name)) || self.seen.contains(name) {
                continue;
            }
            self.seen.insert(name.clone());
            let why = match HostName::new(name.as_str()) {
                Ok(host) if host.as_str() != Inventory::LOCALHOST => {
                    self.names.push(host);
                    continue;
                }
                Ok(_) => "`localhost` is left out: it is this machine, reached without ssh".to_owned(),
                Err(error) => format!("left out: {}", visible(&error.to_string())),
            };
            self.left_out.push(format!("{}:{line}: {why}", path.display()));
        }
    }
}

/// The text of a file; `None` if it is not there. A directory is empty, as it is for ssh.
fn text(path: &Path) -> Result<Option<String>, SshHostsError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        // A part of it would leave hosts out without a word.
        Ok(read) if read as u64 > MAX_BYTES => {
            let source = io::Error::other("it is larger than 4 MiB");
            Err(SshHostsError::Read { path: path.to_owned(), source })
        }
        Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(Some(String::new())),
        Err(source) => Err(SshHostsError::Read { path: path.to_owned(), source }),
    }
}
