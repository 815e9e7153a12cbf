//! What it was measured on.

use std::process::Command;

pub(crate) struct Machine {
    pub(crate) when: String,
    pub(crate) commit: String,
    pub(crate) compiler: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) load_before: String,
    pub(crate) load_after: String,
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success());
    output.map_or_else(String::new, |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

impl Machine {
    pub(crate) fn look() -> Self {
        // The page itself is always about to change.
        let dirty = !said("git", &["status", "--porcelain", "--", ".", ":!book/src/performance.md"]).is_empty();
        let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
        let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            when: chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
            commit: format!("{commit}{}", if dirty { ", changed" } else { "" }),
            compiler: said("rustc", &["--version"]),
            processor: model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: said("uname", &["-sr"]),
            load_before: load(),
            load_after: String::new(),
        }
    }

    pub(crate) fn look_again(&mut self) {
        self.load_after = load();
    }

    /// Name and value of each fact.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("measured", self.when.clone()),
            ("banister", format!("{} ({})", env!("CARGO_PKG_VERSION"), self.commit)),
            ("compiler", format!("{}, release profile", self.compiler)),
            ("machine", format!("{}, {} cores, {}", self.processor, self.cores, self.kernel)),
            ("load average", format!("{} before, {} after", self.load_before, self.load_after)),
        ]
    }
}
