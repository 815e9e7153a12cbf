//! The lab's first process, as its owner sees it: requests and answers over two pipes, and what it says over a third.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::LabError;
use crate::deadline::Deadline;
use crate::enter::PATH;

/// How long a lab may take to end once it was told to.
const END: Duration = Duration::from_secs(30);

/// Lines of its log that are kept.
const KEPT: usize = 30;

/// The running supervisor. Dropping it ends the lab.
#[derive(Debug)]
pub(crate) struct Supervisor {
    child: Child,
    /// The lab lives as long as this is open, in this process and in no other.
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
    log: Log,
}

impl Supervisor {
    /// Starts a lab without hosts; gives its first process's pid too.
    pub(crate) fn start(mount_point: &Path, layer: &Path, deadline: Deadline) -> Result<(Self, u32), LabError> {
        let mut child = Command::new("unshare")
            .args(["--net", "--mount", "--propagation", "slave", "--uts", "--ipc", "--pid", "--fork", "--kill-child"])
            .args(["bash", "-c", "eval \"$LAB_SUPERVISOR\"", "banister-lab"])
            .args([mount_point, layer])
            .current_dir("/")
            .env_clear()
            .env("PATH", PATH)
            .env("LAB_SUPERVISOR", include_str!("scripts/supervisor.sh"))
            .env("LAB_HOST", include_str!("scripts/host.sh"))
            .env("LAB_INIT", include_str!("scripts/init.sh"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(LabError::io("unshare"))?;
        let log = Log::default();
        let (send, answers) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|l| send.send(l)));
        }
        if let Some(stderr) = child.stderr.take() {
            let log = log.clone();
            thread::spawn(move || BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| log.add(line)));
        }
        let requests = child.stdin.take();
        let mut supervisor = Self { child, requests, answers, log };
        let answer = supervisor.answer("start", deadline)?;
        let pid = answer.parse().map_err(|_| LabError::Failed { what: "start".into(), log: answer })?;
        Ok((supervisor, pid))
    }

    /// Tells it to do something and waits until it is done.
    pub(crate) fn request(&mut self, words: &[&str], deadline: Deadline) -> Result<String, LabError> {
        let Some(requests) = &mut self.requests else { return Err(LabError::Down) };
        let line = words.join("\t") + "\n";
        if requests.write_all(line.as_bytes()).is_err() {
            self.end();
            return Err(LabError::Down);
        }
        self.answer(&words.join(" "), deadline)
    }

    fn answer(&mut self, what: &str, deadline: Deadline) -> Result<String, LabError> {
        let what = what.to_owned();
        match self.answers.recv_timeout(deadline.left()) {
            Ok(line) => match line.split_once('\t') {
                Some(("ok", answer)) => Ok(answer.to_owned()),
                _ => Err(LabError::Failed { what, log: self.log.text() }),
            },
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(LabError::Late { what, limit: deadline.limit, log: self.log.text() })
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.end();
                Err(LabError::Failed { what, log: self.log.text() })
            }
        }
    }

    /// Ends the lab. True if it ended by itself within its time.
    pub(crate) fn end(&mut self) -> bool {
        drop(self.requests.take());
        let deadline = Deadline::after(END);
        // It has no event to wait for but its own end, and that takes milliseconds.
        while !deadline.left().is_zero() {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                _ => return true,
            }
        }
        // `--kill-child`: what `unshare` started is killed with it.
        drop(self.child.kill());
        drop(self.child.wait());
        false
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.end();
    }
}

/// The last lines of what a lab said.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn text(&self) -> String {
        // What explains an error may still be on its way through the other pipe.
        thread::sleep(Duration::from_millis(20));
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
