//! For tests that need hosts, and for tests that need an ssh client among them.

use std::env;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::{Bind, Lab, LabHost, LabSpec, OPS, available, inventory, serve};

/// Set inside `ops`, where the body of a test runs.
const INSIDE: &str = "BANISTER_LAB_INSIDE";

/// Where `ops` sees the test's own binary.
const BINARY: &str = "/run/lab/test";

/// How long the body of a test may take. Long: a loaded machine is no failure.
const LIMIT: Duration = Duration::from_secs(900);

/// The lab around a process that runs in `ops`.
#[derive(Debug)]
pub struct Inside {
    hosts: Vec<LabHost>,
}

impl Inside {
    /// The lab whose `ops` this process runs in, if it runs in one whose owner serves it.
    #[must_use]
    pub fn here() -> Option<Self> {
        Some(Self { hosts: serve::hosts(Path::new(serve::SOCKET)).ok()? })
    }

    /// One of the hosts; `ops` too.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&LabHost> {
        self.hosts.iter().find(|host| host.name() == name)
    }

    /// The hosts, without `ops`, in the order of the spec.
    pub fn hosts(&self) -> impl Iterator<Item = &LabHost> {
        self.hosts.iter().filter(|host| host.name() != OPS)
    }

    /// The inventory, as the engine reads it.
    #[must_use]
    pub fn inventory(&self) -> String {
        inventory::inventory(self.hosts().map(|host| (host.name(), host.address())))
    }
}

/// Whether a test that needs a lab may go on. Otherwise it says `skipped: why`; where `BANISTER_LAB=required` nothing may
/// be skipped.
///
/// # Panics
/// If labs cannot be made here and `BANISTER_LAB` is `required`.
#[must_use]
pub fn ready() -> bool {
    match available() {
        Ok(()) => true,
        Err(why) => {
            // Invariant: a test that must not be skipped has to fail, and this is how a test fails.
            assert!(env::var_os("BANISTER_LAB").is_none_or(|value| value != "required"), "{why}");
            println!("skipped: {why}");
            false
        }
    }
}

/// Runs the body of a test inside `ops` of a lab.
///
/// The test is run twice. The first time it makes the lab, runs its own binary with its own name inside `ops`, and
/// asserts that it passed; that second time runs the body. `test_name` is the test's full name as `cargo test` prints it.
/// Of the environment only what begins with `BANISTER_`, `CARGO_`, `INSTA_` or `RUST_` goes with it, of the machine's
/// files only the test's own binary and the spec's binds.
///
/// # Panics
/// If the lab cannot be made or the body failed.
pub fn inside(spec: &LabSpec, test_name: &str, body: impl FnOnce(&Inside)) {
    if env::var_os(INSIDE).is_some() {
        // Invariant: this is a test, and the process around it serves the lab until the body has ended.
        let inside = Inside::here().expect("the lab around this test is not served");
        return body(&inside);
    }
    if ready() {
        // Invariant: this is a test, and this is how it fails.
        outside(spec, test_name).unwrap_or_else(|why| panic!("{test_name}: {why}"));
    }
}

fn outside(spec: &LabSpec, test_name: &str) -> Result<(), String> {
    let binary = env::current_exe().map_err(|error| format!("the test's own binary: {error}"))?;
    let mut spec = spec.clone();
    spec.binds.push(Bind::read_only(binary).at(BINARY));
    let lab = Lab::up_saying(&spec, &mut |line| println!("{line}")).map_err(|error| error.to_string())?;
    let served = lab.serve().map_err(|error| error.to_string())?;
    let kept = env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        ["BANISTER_", "CARGO_", "INSTA_", "RUST_"].iter().any(|start| name.starts_with(start))
    });
    let mut child = lab
        .command(OPS, Path::new(BINARY))
        .args([test_name, "--exact", "--nocapture", "--include-ignored", "--test-threads=1"])
        .envs(kept)
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run it in {OPS}: {error}"))?;
    let (send, end) = channel();
    let out = child.stdout.take();
    let err = child.stderr.take();
    let err = thread::spawn(move || {
        let mut text = Vec::new();
        drop(err.map(|mut err| err.read_to_end(&mut text)));
        text
    });
    thread::spawn(move || {
        let mut text = Vec::new();
        drop(out.map(|mut out| out.read_to_end(&mut text)));
        // Nobody waits any more where the time was over.
        drop(send.send(text));
    });
    let text = match end.recv_timeout(LIMIT) {
        Ok(text) => text,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            drop(child.kill());
            drop(child.wait());
            return Err(format!("its body took more than {} s and was killed", LIMIT.as_secs()));
        }
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let said = String::from_utf8_lossy(&err.join().unwrap_or_default()).into_owned();
    print!("{text}");
    eprint!("{said}");
    drop(served);
    lab.down().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("failed inside the lab: {status}"));
    }
    // A name that is not exactly a test's runs none, and that would pass.
    if !text.contains("test result: ok. 1 passed") {
        return Err("no test of this name ran inside the lab: is it the full name?".to_owned());
    }
    Ok(())
}
