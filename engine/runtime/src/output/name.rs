//! Names of output files.

use std::fmt;

use banister_core::run::{EffectKey, Purpose};

use super::StreamKind;

/// Names the files of one attempt at one command: `restart,@web-2,stop.main.1`. Injective, never begins with a dot or
/// a hyphen, needs no quoting in a shell but for `#` and `~`, and stays below the 255 bytes of a file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputName(String);

impl OutputName {
    /// Bytes of a path that are kept as they are; a longer one ends in its digest.
    const MAX: usize = 180;

    /// The name for a key. The run's id is not in it: the directory says that.
    #[must_use]
    pub fn new(key: &EffectKey) -> Self {
        let mut path = key.path.to_string();
        if key.path.host() != Some(&key.host) {
            path = format!("{path}/@{}", key.host);
        }
        // `,` and `=` cannot be part of a step's or host's name, so no two paths become one.
        let mut text = path.replace('/', ",").replace('?', "=");
        if text.len() > Self::MAX {
            let digest = crate::digest::sha256(path.as_bytes());
            text = format!("{}={}", text.chars().take(Self::MAX - 33).collect::<String>(), &digest[..32]);
        }
        let purpose = match key.purpose {
            Purpose::Main => "main",
            Purpose::Preview => "preview",
            Purpose::Verify => "verify",
            Purpose::Sample => "sample",
        };
        Self(format!("{text}.{purpose}.{}", key.attempt))
    }

    pub(crate) fn stream(&self, stream: StreamKind) -> String {
        format!("{}.{stream}", self.0)
    }

    pub(super) fn tail(&self, stream: StreamKind) -> String {
        format!("{}.{stream}.tail", self.0)
    }

    pub(super) fn index(&self) -> String {
        format!("{}.index", self.0)
    }
}

impl fmt::Display for OutputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use banister_core::plan::StepPath;
    use banister_core::runbook::HostName;

    use super::*;

    fn name(path: &str, host: &str) -> String {
        let (path, host) = (StepPath::parse(path).unwrap(), HostName::new(host).unwrap());
        let key = EffectKey { run: "r".into(), path, host, purpose: Purpose::Main, attempt: 2 };
        OutputName::new(&key).to_string()
    }

    #[test]
    fn follows_the_path() {
        assert_eq!(name("restart/@web-2/stop", "web-2"), "restart,@web-2,stop.main.2");
        assert_eq!(name("?tools/@web-1", "web-1"), "=tools,@web-1.main.2");
        assert_eq!(name("restart/#2/gate", "web-1"), "restart,#2,gate,@web-1.main.2");
        assert_eq!(name("a/@h/~back", "h"), "a,@h,~back.main.2");
    }

    #[test]
    fn stays_short_and_distinct() {
        let (a, b) = ("a".repeat(250), format!("{}b", "a".repeat(249)));
        let (a, b) = (name(&format!("step/@{a}"), &a), name(&format!("step/@{b}"), &b));
        assert_ne!(a, b);
        assert!(a.len() + ".stdout.tail".len() <= 255, "{} bytes", a.len());
    }
}
