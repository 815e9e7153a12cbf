//! One engine on this machine in a world of its own: state, ledger, home and `PATH` are the scenario's, the environment
//! is cleared, and nothing waits for a time: every wait is for something that can be seen, with a deadline.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use banister_runtime::state::StateDir;
use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before a test gives up. Long: a loaded machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Scenario {
    dir: tempfile::TempDir,
    state: PathBuf,
    /// Variables beside the usual.
    pub(crate) env: Vec<(String, String)>,
    /// Engines are processes of their own. Otherwise killing what was called is killing the engine.
    pub(crate) detached: bool,
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Says that a test needs what is not here; fails where nothing may be missing.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "must not be skipped: {why}");
    println!("skipped: {why}");
}

impl Scenario {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("banister-e2e").tempdir().expect("a directory");
        let scenario = Self { state: dir.path().join("state"), dir, env: Vec::new(), detached: false };
        for name in ["home", "ledger", "bin", "hook"] {
            fs::create_dir(scenario.path(name)).expect("a directory");
        }
        let ledger = scenario.path("ledger").display().to_string();
        scenario.write(
            "inventory.yaml",
            &format!("environment: test\nhosts:\n  localhost: {{ ledger: {{ dir: {ledger} }} }}\n"),
        );
        let made = Command::new("mkfifo").arg(scenario.gate()).status().expect("mkfifo");
        assert!(made.success());
        scenario
    }

    /// Where its runs and drills are kept.
    pub(crate) fn state(&self) -> StateDir {
        StateDir::open(&self.state).expect("a state directory")
    }

    /// The same with its runs elsewhere.
    pub(crate) fn with_state(mut self, state: PathBuf) -> Self {
        self.state = state;
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// A runbook of three steps; each adds its name to the log. `two` waits at the gate while `hook/block_two` is there.
    pub(crate) fn three_steps(&self) -> PathBuf {
        let (log, hook) = (self.log_path().display().to_string(), self.path("hook").display().to_string());
        self.write(
            "three.yaml",
            &format!(
                "runbook: three\nif_it_fails: Nothing happened.\nhosts: localhost\ntimeout: 5m\nsteps:\n\
                 \x20 - id: one\n    run: echo one >> {log}\n    effect: repeatable\n\
                 \x20 - id: two\n    run: |\n      if [ -e {hook}/block_two ]; then echo $$ > {hook}/arrived; read -r _ < {hook}/gate; fi\n      echo two >> {log}\n    effect: repeatable\n\
                 \x20 - id: three\n    run: echo three >> {log}\n    effect: repeatable\n"
            ),
        )
    }

    /// A program that stands before the real one of its name.
    pub(crate) fn stand_in(&self, name: &str, script: &str) {
        // Written by a process of its own: a program that another test is starting just now has a copy of every open file
        // of this one, and what is open to be written cannot be executed.
        let mut writer = Command::new("sh")
            .args(["-c", "cat >\"$0\" && chmod 755 \"$0\""])
            .arg(self.path("bin").join(name))
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh");
        let text = format!("#!/bin/sh\n{script}");
        writer.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("a program");
        assert!(writer.wait().expect("sh").success());
    }

    pub(crate) fn hook(&self, name: &str) -> PathBuf {
        let path = self.path("hook").join(name);
        fs::write(&path, "").expect("a hook");
        path
    }

    pub(crate) fn unhook(&self, name: &str) {
        fs::remove_file(self.path("hook").join(name)).expect("a hook");
    }

    fn gate(&self) -> PathBuf {
        self.path("hook/gate")
    }

    /// Waits until somebody stands at the gate; gives its process.
    pub(crate) fn arrived(&self) -> Pid {
        let path = self.path("hook/arrived");
        let mut pid = None;
        until("somebody stands at the gate", || {
            let text = fs::read_to_string(&path).unwrap_or_default();
            pid = text.strip_suffix('\n').and_then(|text| text.parse().ok()).and_then(Pid::from_raw);
            pid.is_some()
        });
        fs::remove_file(&path).expect("the mark");
        pid.expect("a process")
    }

    /// Opens the gate for one.
    pub(crate) fn open_gate(&self) {
        fs::OpenOptions::new().write(true).open(self.gate()).expect("the gate").write_all(b"\n").expect("a line");
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.path("log")
    }

    /// What the steps did, in order.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default().replace('\n', " ").trim_end().to_owned()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let real = std::env::var("PATH").expect("PATH");
        let mut command = Command::new(env!("CARGO_BIN_EXE_banister-twin"));
        command.args(args);
        if !self.detached && matches!(args.first(), Some(&"run" | &"resume")) {
            command.arg("--foreground");
        }
        command
            .env_clear()
            .env("PATH", format!("{}:{real}", self.path("bin").display()))
            .env("HOME", self.path("home"))
            .env("BANISTER_STATE_DIR", &self.state)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn banister(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("banister")
    }

    /// Runs a command and looks what it ends with.
    pub(crate) fn expect(&self, args: &[&str], exit: i32) -> String {
        let output = self.banister(args);
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{args:?}\n{stdout}\n{stderr}");
        format!("{stdout}{stderr}")
    }

    /// Starts an engine; its standard error goes to a file.
    pub(crate) fn spawn(&self, args: &[&str]) -> Engine {
        let stderr = self.path(&format!("stderr.{}", args.first().unwrap_or(&"")));
        let file = fs::File::create(&stderr).expect("a file");
        let child = self.command(args).stdout(Stdio::null()).stderr(file).spawn().expect("banister");
        Engine { child, stderr }
    }

    pub(crate) fn run(&self, runbook: &Path) -> Engine {
        self.spawn(&["run", &runbook.display().to_string(), "-i", "inventory.yaml"])
    }

    /// The directory of the only run.
    pub(crate) fn run_dir(&self) -> PathBuf {
        let mut runs: Vec<_> = fs::read_dir(self.state.join("runs")).expect("runs").flatten().collect();
        assert_eq!(runs.len(), 1, "there is one run");
        runs.remove(0).path()
    }

    pub(crate) fn journal(&self) -> String {
        whole_lines(fs::read_to_string(self.run_dir().join("journal.jsonl")).unwrap_or_default())
    }

    /// Records of a kind that speak of a step.
    pub(crate) fn count(&self, kind: &str, step: &str) -> usize {
        let (kind, path) = (format!("\"kind\":{{\"{kind}\":"), format!("\"path\":\"{step}/@localhost\""));
        self.journal().lines().filter(|line| line.contains(&kind) && (step.is_empty() || line.contains(&path))).count()
    }

    /// A file of the ledger for an attempt, by the end of its name.
    pub(crate) fn key(&self, step: &str, attempt: u32, file: &str) -> PathBuf {
        let uid = rustix::process::getuid().as_raw();
        let run = self.run_dir();
        self.path(&format!("ledger/banister-ledger-{uid}"))
            .join(run.file_name().expect("a name"))
            .join(format!("{step},@localhost:main#{attempt}.{file}"))
    }

    /// Every step once, in order, nothing lost, and a journal that verifies.
    pub(crate) fn is_whole(&self, log: &str) {
        assert_eq!(self.log(), log, "every step once, in order");
        let said = self.expect(&["verify", "last"], 0);
        assert!(said.contains("the run finished with exit code 0"), "{said}");
    }
}

/// The lines of a journal that are whole: its engine may be in the middle of the next.
pub(crate) fn whole_lines(mut journal: String) -> String {
    journal.truncate(journal.rfind('\n').map_or(0, |end| end + 1));
    journal
}

/// Whether a process has ended. One that nobody has waited for yet has, and still takes signals.
pub(crate) fn has_ended(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// The process that held a run last.
pub(crate) fn holder(run: &Path) -> Option<Pid> {
    let text = fs::read_to_string(run.join("holder.json")).ok()?;
    let holder: serde_json::Value = serde_json::from_str(&text).ok()?;
    Pid::from_raw(i32::try_from(holder.get("pid")?.as_i64()?).ok()?)
}

impl Drop for Scenario {
    /// An engine is a process of its own: none outlives its test.
    fn drop(&mut self) {
        for run in fs::read_dir(self.state.join("runs")).into_iter().flatten().flatten() {
            // Only a lock that is held says that the process in the file is the engine.
            let is_held = fs::File::open(run.path()).is_ok_and(|dir| dir.try_lock_shared().is_err());
            if let Some(pid) = holder(&run.path()).filter(|_| is_held) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// A running engine; killed if a test fails.
pub(crate) struct Engine {
    child: Child,
    stderr: PathBuf,
}

impl Engine {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a signal");
    }

    /// Lets it stand still, every thread of it: on a loaded machine some go on for a while after the signal.
    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
        let tasks = format!("/proc/{}/task", self.child.id());
        until("it stands still", || {
            fs::read_dir(&tasks).expect("its threads").flatten().all(|task| {
                let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
                stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
            })
        });
    }

    /// Kills it, and makes sure that it was there to be killed.
    pub(crate) fn kill(mut self) {
        assert!(
            self.child.try_wait().expect("a status").is_none(),
            "it had ended before it was killed: {}",
            self.said()
        );
        self.child.kill().expect("a kill");
        let status = self.child.wait().expect("a status");
        assert_eq!(status.code(), None, "it died of the signal");
    }

    /// Kills it if it still runs; whether it did. One that has ended by itself has ended well.
    pub(crate) fn kill_if_alive(mut self) -> bool {
        self.child.kill().expect("a kill");
        let status: ExitStatus = self.child.wait().expect("a status");
        assert!(matches!(status.code(), None | Some(0)), "it ended with {status}: {}", self.said());
        status.code().is_none()
    }

    /// Waits for its end, which is a good one.
    pub(crate) fn ends_well(mut self) {
        until("the engine ends", || self.child.try_wait().expect("a status").is_some());
        let status = self.child.wait().expect("a status");
        assert_eq!(status.code(), Some(0), "{}", self.said());
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits for its end.
    pub(crate) fn exit(mut self) -> i32 {
        let mut status = None;
        until("the engine ends", || {
            status = self.child.try_wait().expect("a status");
            status.is_some()
        });
        status.and_then(|status| status.code()).unwrap_or_else(|| panic!("it died: {}", self.said()))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
