//! What a lab is to be.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::{LabError, OPS};

/// What a lab is to be. `LabSpec::default()` has no host; [`LabSpec::web`] is the usual one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabSpec {
    /// The names of its hosts: lower-case letters, digits and hyphens. At most 200, and none of them `ops`.
    pub hosts: Vec<String>,
    /// Debian packages that they have beside an ssh server.
    pub packages: Vec<String>,
    /// What of the machine `ops` sees, and only `ops`.
    pub binds: Vec<Bind>,
    /// Directories with a small file system of their own, which can be filled.
    pub small: Vec<Small>,
}

/// A file or directory of the machine that `ops` sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Where it is on the machine; absolute.
    pub source: PathBuf,
    /// Where `ops` sees it; absolute.
    pub target: PathBuf,
    /// Whether `ops` may write to it.
    pub writable: bool,
}

impl Bind {
    /// A file or directory that `ops` may read, at the path that it has on the machine.
    #[must_use]
    pub fn read_only(path: impl Into<PathBuf>) -> Self {
        let source: PathBuf = path.into();
        Self { target: source.clone(), source, writable: false }
    }

    /// A file or directory that `ops` may write, at the path that it has on the machine.
    #[must_use]
    pub fn writable(path: impl Into<PathBuf>) -> Self {
        Self { writable: true, ..Self::read_only(path) }
    }

    /// The same, seen at another path.
    #[must_use]
    pub fn at(mut self, target: impl Into<PathBuf>) -> Self {
        self.target = target.into();
        self
    }
}

/// A directory with a small file system of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Small {
    /// The host; `None`: all of them.
    pub host: Option<String>,
    /// The directory; absolute. Everybody may write to it, as to `/tmp`.
    pub dir: PathBuf,
    /// How much fits into it, in bytes.
    pub size: u64,
}

impl LabSpec {
    /// A lab of hosts `web-1`, `web-2`…
    #[must_use]
    pub fn web(count: usize) -> Self {
        Self { hosts: (1..=count).map(|n| format!("web-{n}")).collect(), ..Self::default() }
    }

    /// The small directories of one host.
    pub(crate) fn small_of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Small> {
        self.small.iter().filter(move |small| small.host.as_deref().is_none_or(|name| name == host) && host != OPS)
    }

    /// Says what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), LabError> {
        let wrong = |text: String| Err(LabError::Spec(text));
        if self.hosts.is_empty() || self.hosts.len() > MOST {
            return wrong(format!("a lab has 1 to {MOST} hosts, not {}", self.hosts.len()));
        }
        let mut seen = BTreeSet::new();
        for name in &self.hosts {
            if name == OPS || !is_name(name) {
                return wrong(format!(
                    "`{name}` cannot be a lab host's name: at most 32 lower-case letters, digits and hyphens, a letter \
                     first, and not `{OPS}`"
                ));
            }
            if !seen.insert(name) {
                return wrong(format!("two lab hosts are called `{name}`"));
            }
        }
        if let Some(package) = self.packages.iter().find(|package| !is_package(package)) {
            return wrong(format!("`{package}` is not the name of a Debian package"));
        }
        let binds = self.binds.iter().flat_map(|bind| [&bind.source, &bind.target]);
        for path in binds.chain(self.small.iter().map(|small| &small.dir)) {
            let fits = path.to_str().is_some_and(|text| text.starts_with('/') && !text.contains(['\t', '\n', '\0']));
            if !fits {
                return wrong(format!("{}: must be absolute, UTF-8, and without tabs and newlines", path.display()));
            }
        }
        if let Some(bind) = self.binds.iter().find(|bind| !bind.source.exists()) {
            return wrong(format!("{}: is not there, so the lab cannot show it to `{OPS}`", bind.source.display()));
        }
        let named = self.small.iter().filter_map(|small| small.host.as_ref());
        match named.into_iter().find(|name| !self.hosts.contains(name)) {
            Some(name) => Err(LabError::NoHost(name.clone())),
            None => Ok(()),
        }
    }
}

/// One network of addresses is for all.
const MOST: usize = 200;

fn is_name(name: &str) -> bool {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 32 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fit)
}

fn is_package(name: &str) -> bool {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.:".contains(c);
    name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut LabSpec)) -> String {
        let mut spec = LabSpec::web(2);
        change(&mut spec);
        spec.check().map_or_else(|error| error.to_string(), |()| "fits".to_owned())
    }

    #[test]
    fn only_what_can_be_is_taken() {
        assert_eq!(check(|_| ()), "fits");
        assert_eq!(check(|spec| spec.hosts.clear()), "a lab has 1 to 200 hosts, not 0");
        assert_eq!(check(|spec| spec.hosts[1] = "web-1".into()), "two lab hosts are called `web-1`");
        for name in ["ops", "", "-x", "a b", "a\tb", "Web", "1a"] {
            assert!(check(|spec| spec.hosts[0] = name.into()).contains("cannot be a lab host's name"), "{name}");
        }
        assert_eq!(check(|spec| spec.packages.push("libc6:amd64".into())), "fits");
        for package in ["-o", "a b", "x;y", ""] {
            assert!(check(|spec| spec.packages.push(package.into())).contains("not the name of a Debian package"));
        }
        assert!(check(|spec| spec.binds.push(Bind::read_only("relative"))).contains("must be absolute"));
        assert!(check(|spec| spec.binds.push(Bind::read_only("/no/such"))).contains("is not there"));
        let small = Small { host: Some("db-1".into()), dir: "/s".into(), size: 1 };
        assert_eq!(check(|spec| spec.small.push(small)), "no host `db-1` in this lab");
    }
}
