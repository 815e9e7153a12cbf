//! The clients of a drill while it goes on.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use banister_core::drill::{ClientKind, Drill, Sample};
use chrono::{DateTime, Utc};

use super::stage::Stage;
use crate::exit_code;
use crate::failure::Failure;

/// How long the first look at every host may take, and the last.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether they came.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Processes in `ops` that look at all hosts, and what they saw.
pub(super) struct Clients {
    processes: Vec<(Child, JoinHandle<()>)>,
    seen: Arc<Mutex<Vec<Sample>>>,
    /// Looks that must come after a moment: one of each client at each host.
    expected: Vec<(String, String)>,
}

impl Clients {
    /// Starts all of them; each has looked at every host once when this returns.
    pub(super) fn start(drill: &Drill, stage: &Stage) -> Result<Self, Failure> {
        let mut clients = Self { processes: Vec::new(), seen: Arc::default(), expected: Vec::new() };
        for (name, client) in &drill.clients {
            let mut command = stage.banister();
            let ClientKind::Http { port, path } = &client.kind;
            command.args(["poll", "--client", name, "--port", &port.to_string(), "--path", path]);
            command.args(["--every", &client.every_ms.to_string(), "--patience", &client.patience_ms.to_string()]);
            for host in stage.lab.hosts() {
                command.arg(format!("{}={}", host.name(), host.address()));
                clients.expected.push((name.clone(), host.name().to_owned()));
            }
            let fail = |error| Failure::new(exit_code::IO, format!("cannot start the client `{name}`: {error}"));
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(fail)?;
            let output = child.stdout.take().ok_or_else(|| fail(std::io::ErrorKind::BrokenPipe.into()))?;
            let seen = Arc::clone(&clients.seen);
            let reader = std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // A line that was cut off by its end is no look.
                    if let Ok(sample) = serde_json::from_str(&line) {
                        seen.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                    }
                }
            });
            clients.processes.push((child, reader));
        }
        clients.wait(DateTime::<Utc>::MIN_UTC)?;
        Ok(clients)
    }

    /// Ends them when each has looked at every host once more; gives all that they saw.
    pub(super) fn finish(mut self) -> Result<Vec<Sample>, Failure> {
        self.wait(Utc::now())?;
        for (mut child, reader) in self.processes.drain(..) {
            drop(child.stdin.take());
            drop(child.wait());
            drop(reader.join());
        }
        Ok(std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Waits until every client has begun a look at every host after a moment and knows how it ended.
    fn wait(&self, after: DateTime<Utc>) -> Result<(), Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let missing = {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                let came = |(client, host): &&(String, String)| {
                    seen.iter().rev().any(|s| s.client == *client && s.host.as_str() == host && s.from > after)
                };
                self.expected.iter().find(|pair| !came(pair)).cloned()
            };
            match missing {
                None => return Ok(()),
                Some((client, host)) if Instant::now() > until => {
                    let message =
                        format!("the client `{client}` did not look at {host} within {} s", PATIENCE.as_secs());
                    return Err(Failure::new(exit_code::IO, message));
                }
                Some(_) => std::thread::sleep(LOOK_EVERY),
            }
        }
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        for (child, _) in &mut self.processes {
            // The lab takes with it what is left.
            drop(child.kill());
            drop(child.wait());
        }
    }
}
