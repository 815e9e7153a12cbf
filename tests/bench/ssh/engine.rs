//! The same work as a run of Banister: the whole program, from its start to its end.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::field::{Field, name};
use crate::start::banister;

/// What a run cost.
pub(super) struct Cost {
    pub(super) ms: f64,
    /// The engine's largest resident size.
    pub(super) peak_mib: f64,
}

/// Whether the steps only read or go through the ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Read,
    Ledger,
}

impl Way {
    fn fields(self) -> &'static str {
        match self {
            Self::Read => "effect: read",
            Self::Ledger => "effect: repeatable, all_at_once: It is a measurement.",
        }
    }
}

fn runbook(way: Way, hosts: usize, steps: usize, script: &str) -> String {
    let names: Vec<String> = (0..hosts).map(name).collect();
    let mut text = format!(
        "runbook: steps\nif_it_fails: It is a measurement.\nhosts: [{}]\ntimeout: 5m\nsteps:\n",
        names.join(", ")
    );
    for n in 0..steps {
        writeln!(text, "  - {{ id: s{n}, run: \"{script}\", {} }}", way.fields()).unwrap();
    }
    text
}

/// Runs `steps` steps of a script on `hosts` hosts.
pub(super) fn run(field: &Field, way: Way, hosts: usize, steps: usize, script: &str) -> Cost {
    let file = field.path("steps.yaml");
    fs::write(&file, runbook(way, hosts, steps, script)).unwrap();
    let began = Instant::now();
    let mut child = Command::new(banister())
        .args(["run", "--foreground"])
        .arg("-F")
        .arg(field.config())
        .arg("-i")
        .arg(field.inventory())
        .arg("--state-dir")
        .arg(field.path("state"))
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(field.path("talk")).unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(crate::memory::peak_kib(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let ms = began.elapsed().as_secs_f64() * 1e3;
    let talk = fs::read_to_string(field.path("talk")).unwrap();
    assert!(status.success(), "the run ended with {}:\n{talk}", status);
    Cost { ms, peak_mib: peak as f64 / 1024.0 }
}
