//! The runs that the screen is measured with. Each has an engine of its own, as every run has.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use banister_runtime::control::{Body, Client, Verb};
use banister_runtime::state::{RunDir, RunRef, StateDir};

use rustix::process::{Pid, Signal, kill_process};

use super::desk::Desk;
use crate::start::banister;

/// Requests that may wait for their answers: few enough that neither end waits for the other to read.
const AHEAD: usize = 100;

pub(super) struct Runs {
    dir: tempfile::TempDir,
}

impl Runs {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn args<'a>(&self, state: &'a str, args: &[&'a str]) -> Vec<&'a str> {
        args.iter().copied().chain(["--state-dir", state]).collect()
    }

    /// The last run of the directory.
    fn last(&self) -> RunDir {
        StateDir::open(self.state()).unwrap().find(&"last".parse::<RunRef>().unwrap()).unwrap()
    }

    fn start(&self, name: &str, steps: &str) -> Desk {
        let file = self.dir.path().join(name);
        let head = "runbook: screen\nif_it_fails: It is a measurement.\nhosts: localhost\ntimeout: 30m\nsteps:\n";
        std::fs::write(&file, format!("{head}{steps}")).unwrap();
        let (file, state) = (file.display().to_string(), self.state().display().to_string());
        Desk::start(&self.args(&state, &["run", &file]))
    }

    /// A run that waits at a pause, without anybody who looks.
    pub(super) fn pause(&self) -> RunDir {
        let mut desk = self.start("pause.yaml", "  - id: look\n    pause: Look.\n");
        desk.until("the pause", |screen| screen.contains("ASK"));
        desk.leave();
        self.last()
    }

    /// A run whose commands print so much in a second, all of them together, and a screen that looks at it.
    pub(super) fn loud(&self, commands: usize, bytes: usize) -> (RunDir, Desk) {
        let part = self.dir.path().join("part");
        let line = "0123456789 the quick brown fox jumps over the lazy dog and prints what it did to everybody\n";
        std::fs::write(&part, line.repeat(bytes / commands / line.len())).unwrap();
        let mut steps = String::new();
        for n in 0..commands {
            // One after another, so that they do not all print in one moment.
            let wait = n as f64 / commands as f64;
            let script = format!("sleep {wait}; while cat {}; do sleep 1; done", part.display());
            steps += &format!("  - {{ id: c{n}, needs: [], probe: {{ run: \"{script}\" }}, timeout: 20m }}\n");
        }
        let mut desk = self.start("loud.yaml", &steps);
        desk.until("the output", |screen| screen.contains("quick brown fox"));
        (self.last(), desk)
    }

    /// Looks at a run.
    pub(super) fn attach(&self, run: &RunDir) -> Desk {
        let state = self.state().display().to_string();
        Desk::start(&self.args(&state, &["attach", run.id().as_str()]))
    }

    /// Writes so many notes into a run.
    pub(super) fn write_notes(&self, run: &RunDir, many: usize) {
        let mut client = Client::connect(run).unwrap();
        let mut waiting = 0;
        let answer = |client: &mut Client, waiting: &mut usize| {
            let body = client.next().unwrap().unwrap().body;
            assert!(matches!(body, Body::Done { .. }), "{body:?}");
            *waiting -= 1;
        };
        for n in 1..=many {
            client.send(Verb::Note { text: format!("note {n}"), at: None }).unwrap();
            waiting += 1;
            while waiting > AHEAD {
                answer(&mut client, &mut waiting);
            }
        }
        while waiting > 0 {
            answer(&mut client, &mut waiting);
        }
    }

    /// Kills a run's engine.
    pub(super) fn kill_engine(&self, run: &RunDir) {
        let holder = std::fs::read(run.path().join("holder.json")).unwrap();
        let holder: serde_json::Value = serde_json::from_slice(&holder).unwrap();
        let pid = i32::try_from(holder["pid"].as_i64().unwrap()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        while run.is_running().unwrap() {
            std::thread::yield_now();
        }
    }

    /// Ends a run and what it runs.
    pub(super) fn abort(&self, run: &RunDir) {
        let state = self.state().display().to_string();
        let mut command = Command::new(banister());
        command.args(self.args(&state, &["abort", run.id().as_str(), "--running", "kill"]));
        assert!(command.stderr(Stdio::null()).status().unwrap().success());
    }
}

/// Processor time of a process so far, milliseconds.
pub(super) fn cpu_ms(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    // The kernel counts a hundred a second for everybody who asks.
    ticks * 10.0
}
