//! 200 MB of output of one step, through the whole program.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::figure::{Figure, Judge, Unit};
use crate::start::banister;

const BYTES: usize = 200_000_000;
const RUNS: usize = 3;
const AIM_MIB: f64 = 32.0;

/// The largest resident size of a process so far, in KiB; `None` once it is gone.
pub(crate) fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Runs one step that prints so much. Returns the engine's peak in MiB and the seconds it took.
fn flood(dir: &Path, bytes: usize) -> (f64, f64) {
    let runbook = dir.join("flood.yaml");
    let text = format!(
        "runbook: flood\nif_it_fails: It is a measurement.\nhosts: localhost\ntimeout: 5m\nsteps:\n  - id: flood\n    \
         run: yes 0123456789012345678901234567890123456789 | head -c {bytes}\n    effect: repeatable\n"
    );
    std::fs::write(&runbook, text).unwrap();
    let began = Instant::now();
    let mut child = Command::new(banister())
        .args(["run", "--foreground"])
        .arg("--state-dir")
        .arg(dir.join("state"))
        .arg(&runbook)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        // The last look before the end misses little: the figure only grows.
        peak = peak.max(peak_kib(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "the run ended with {status}");
    (peak as f64 / 1024.0, began.elapsed().as_secs_f64())
}

pub(crate) fn measure() -> Vec<Figure> {
    let dir = tempfile::tempdir().unwrap();
    let (mut samples, mut speeds, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (small, _) = flood(dir.path(), 1_000);
        let (large, seconds) = flood(dir.path(), BYTES);
        samples.push(large - small);
        peaks.push(large);
        speeds.push(BYTES as f64 / 1e6 / seconds);
    }
    let (_, _, peak) = crate::figure::spread(&peaks);
    let how = format!(
        "The engine's largest resident size beside that of the same run with 1 kB of output; {peak:.1} MiB in all."
    );
    let aside = "The same runs, start of the program and the journal's syncs included; live lines go to /dev/null.";
    vec![
        Figure {
            name: "200 MB of output of one step: memory it adds".to_owned(),
            unit: Unit::Mebibytes,
            aim: Some(AIM_MIB),
            judge: Judge::Greatest,
            samples,
            cpu: Vec::new(),
            how,
        },
        Figure {
            name: "200 MB of output of one step: speed".to_owned(),
            unit: Unit::MegabytesASecond,
            aim: None,
            judge: Judge::Median,
            samples: speeds,
            cpu: Vec::new(),
            how: aside.to_owned(),
        },
    ]
}
